import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findMediaTools, readVersion } from './ffmpeg.ts';
import { testFolder } from './media.fixture.ts';
import { runTool } from './run-tool.ts';

const node = (script: string, options: Partial<Parameters<typeof runTool>[0]> = {}) =>
  runTool({ program: process.execPath, args: ['-e', script], timeLimitMs: 20_000, ...options });

async function fakeTool(folder: string, name: string, firstLine: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho "${firstLine}"\n`);
  await chmod(path, 0o755);
  return path;
}

describe('runTool', () => {
  it('returns code, output and errors', async () => {
    const outcome = await node('console.log("out"); console.error("err"); process.exit(3)');
    expect(outcome).toEqual({ kind: 'exited', code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('shows the child neither our environment nor our folder', async () => {
    process.env['REELAY_TEST_SECRET'] = 'secret';
    try {
      const outcome = await node('console.log(JSON.stringify(Object.keys(process.env))); console.log(process.cwd())');
      const [names = '', folder] = outcome.kind === 'exited' ? outcome.stdout.split('\n') : [];
      expect(JSON.parse(names)).not.toContain('REELAY_TEST_SECRET');
      expect(folder).not.toBe(process.cwd());
    } finally {
      delete process.env['REELAY_TEST_SECRET'];
    }
  });

  it('ends the child and its own children at the time limit', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      setInterval(() => {}, 1000)`;
    // The grandchild holds the pipes: without its end the run would not end either.
    expect(await node(script, { timeLimitMs: 300 })).toEqual({ kind: 'timed-out' });
  });

  it('ends what a child left behind when it went', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();`;
    expect(await node(script, { timeLimitMs: 500 })).toEqual({ kind: 'timed-out' });
  });

  it('ends what writes too much', async () => {
    const outcome = await node('for (;;) process.stdout.write("x".repeat(65536))', { maxOutputBytes: 100_000 });
    expect(outcome).toEqual({ kind: 'too-much-output' });
  });

  it('tells a crash and a missing program', async () => {
    expect(await node('process.kill(process.pid, "SIGSEGV")')).toMatchObject({ kind: 'crashed', signal: 'SIGSEGV' });
    expect(await runTool({ program: '/nowhere/tool', args: [], timeLimitMs: 1_000 })).toMatchObject({
      kind: 'not-started',
    });
  });

  it('ends with the reason of the caller', async () => {
    const abort = new AbortController();
    const running = node('setInterval(() => {}, 1000)', { signal: abort.signal });
    const reason = new Error('cancelled');
    setTimeout(() => abort.abort(reason), 50);
    await expect(running).rejects.toBe(reason);
  });
});

describe('findMediaTools', () => {
  it('finds both on the PATH', async () => {
    expect(await findMediaTools()).toMatchObject({ version: expect.stringMatching(/\d/) });
  });

  it.each([
    ['ffmpeg version 5.1.9-0+deb12u1 Copyright', true],
    ['ffmpeg version n7.1 Copyright', true],
    ['ffmpeg version 8.0 Copyright', true],
    ['ffmpeg version 5.0.3 Copyright', false],
    ['ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright', false],
    ['ffmpeg version N-109542-g62f24bb6f1\nlibavutil      57. 44.100 / 57. 44.100', true],
    ['ffmpeg version git-2019-01-01\nlibavutil      56. 25.100 / 56. 25.100', false],
  ])('%s: %s', (text, supported) => expect(readVersion(text)?.supported).toBe(supported));

  it('says what is missing', async () => {
    const folder = await testFolder();
    expect(await findMediaTools({ searchPath: folder })).toEqual({ missing: 'ffmpeg is not on the PATH' });
    expect(await findMediaTools({ ffmpegPath: folder })).toEqual({
      missing: `FFMPEG_PATH: there is no ffmpeg at ${folder}`,
    });
    const ffmpeg = await fakeTool(folder, 'ffmpeg', 'ffmpeg version 4.4 Copyright');
    expect(await findMediaTools({ searchPath: folder })).toEqual({
      missing: 'ffprobe is neither beside ffmpeg nor on the PATH',
    });
    const ffprobe = await fakeTool(folder, 'ffprobe', 'ffprobe version 6.0 Copyright');
    for (const ffmpegPath of [folder, ffmpeg]) {
      expect(await findMediaTools({ ffmpegPath })).toEqual({
        missing: `${ffmpeg} is version 4.4; 5.1 or newer is needed`,
      });
    }
    await fakeTool(folder, 'ffmpeg', 'ffmpeg version 6.0 Copyright');
    expect(await findMediaTools({ ffmpegPath: folder })).toEqual({ ffmpeg, ffprobe, version: '6.0' });
    await fakeTool(folder, 'ffmpeg', 'something else');
    expect(await findMediaTools({ ffmpegPath: folder })).toEqual({ missing: `${ffmpeg} does not run (exited)` });
  });
});
