import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MediaTools } from './ffmpeg.ts';
import { type FoundConfinement, findConfinement } from './find-confinement.ts';
import { failure, ffmpeg, h264, serve, testFolder, testPattern, testTools, tone } from './media.fixture.ts';
import { normaliseVideo } from './normalise.ts';
import { probeFile } from './probe.ts';
import { runTool, type ToolOutcome } from './run-tool.ts';

const isRoot = process.geteuid?.() === 0;
const onLinux = process.platform === 'linux';
const ample = { cpuSeconds: 20, memoryBytes: 4e9, fileBytes: 1e9 };

let tools: MediaTools;
let found: FoundConfinement;

beforeAll(async () => {
  tools = await testTools();
  found = await findConfinement(tools);
});

const run = (program: string, args: readonly string[], limits: Partial<typeof ample> = {}) =>
  runTool({
    ...{ program, args, timeLimitMs: 30_000 },
    bounds: { confinement: found.confinement, limits: { ...ample, ...limits } },
  });

const holds = (word: RegExp) => found.held.some((bound) => word.test(bound));
const output = (outcome: ToolOutcome) => (outcome.kind === 'exited' ? outcome.stdout.trim() : outcome.kind);

describe.runIf(onLinux)('a tool in every bound that this machine has', () => {
  it('has no network', async ({ skip }) => {
    if (!holds(/network/)) skip('namespaces are forbidden here');
    const server = await serve((_request, response) => void response.end('x'));
    const script = `require('node:net').connect(${server.port}, '127.0.0.1').on('error', ({ code }) => console.log(code))`;
    const { isolation } = found.confinement;
    const outcome = await runTool({
      ...{ program: process.execPath, args: ['-e', script], timeLimitMs: 30_000 },
      bounds: { confinement: { isolation, limits: false }, limits: ample },
    });
    expect(output(outcome)).toBe('ENETUNREACH');
    expect(server.connections()).toBe(0);
  });

  it('gains no privileges, and gives way to the server', async ({ skip }) => {
    if (!holds(/privileges/)) skip('there is no setpriv');
    expect(output(await run('cat', ['/proc/self/status']))).toMatch(/^NoNewPrivs:\s+1$/m);
    // Its priority is lowered a moment after it was started.
    expect(Number(output(await run('sh', ['-c', 'until [ "$(nice)" -gt 0 ]; do :; done; nice'])))).toBeGreaterThan(0);
  });

  it('sees neither our environment nor our memory', async ({ skip }) => {
    if (!isRoot && !holds(/network/)) skip('nothing parts two processes of one user');
    for (const name of ['environ', 'mem', 'fd/0']) {
      const outcome = await run('head', ['-c', '1', `/proc/${process.pid}/${name}`]);
      expect(outcome, name).toMatchObject({ kind: 'exited', code: 1, stdout: '' });
    }
  });

  it('ends at its limits with their names', async ({ skip }) => {
    if (!holds(/memory/)) skip('there is no prlimit');
    const spin = await run('sh', ['-c', 'while :; do :; done'], { cpuSeconds: 1 });
    expect(spin).toEqual({ kind: 'over-limit', limit: 'processor time' });
    const frame = [
      '-v',
      'error',
      '-xerror',
      '-f',
      'lavfi',
      '-i',
      'color=size=9000x9000',
      '-frames:v',
      '1',
      '-f',
      'null',
      '-',
    ];
    expect(await run(tools.ffmpeg, frame, { memoryBytes: 500e6 })).toEqual({ kind: 'over-limit', limit: 'memory' });
    const path = join(await testFolder(), 'long.wav');
    const long = ['-v', 'error', '-y', ...tone(60), '-f', 'wav', `file:${path}`];
    expect(await run(tools.ffmpeg, long, { fileBytes: 100_000 })).toEqual({ kind: 'over-limit', limit: 'disk space' });
    expect((await readFile(path)).length).toBeLessThanOrEqual(100_000);
  });

  it('is another user where we are root, and still reads and writes what it is handed', async () => {
    const folder = await testFolder();
    const inputPath = await ffmpeg(...testPattern('128x96', 1), ...h264, join(folder, 'in.mp4'));
    await chmod(inputPath, 0o600);
    const confined = { ...tools, confinement: found.confinement };
    const options = { ffprobePath: tools.ffprobe, confinement: found.confinement };
    const probe = await probeFile(inputPath, options);
    expect(probe).toMatchObject({ width: 128, height: 96 });
    const outputPath = join(folder, 'out.mp4');
    await normaliseVideo({
      inputPath,
      probe,
      outputPath,
      tools: confined,
      normalisation: { width: 64, height: 48, seconds: 1 },
    });
    expect(await probeFile(outputPath, options)).toMatchObject({ width: 64, height: 48 });
    if (!isRoot) return;
    expect(output(await run('id', ['-u']))).toBe(String(found.confinement.user));
    expect(await run('cat', [outputPath])).toMatchObject({ kind: 'exited', code: 1 });
  });

  it('tells the client that a file takes too much', async () => {
    const folder = await testFolder();
    const fake = join(folder, 'ffprobe');
    const path = await ffmpeg(...tone(1), join(folder, 'in.mp3'));
    for (const [script, message] of [
      ['kill -XCPU $$', 'needs more processor time than one file may'],
      ['echo "Cannot allocate memory" >&2; exit 1', 'needs more memory than one file may'],
      ['yes', 'holds more streams or frames than one file may'],
    ]) {
      await writeFile(fake, `#!/bin/sh\n${script}\n`);
      await chmod(fake, 0o755);
      expect(await failure(probeFile(path, { ffprobePath: fake }))).toEqual({ code: 'input_too_complex', message });
    }
  });
});

describe.runIf(onLinux)('what holds', () => {
  it('has a name and, where it does not, a reason and a remedy', () => {
    expect(found.held.length + found.missing.length).toBe(isRoot ? 4 : 3);
    for (const { reason, remedy } of found.missing) expect([reason, remedy]).not.toContain('');
  });

  it('is told where the programs are missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = await testFolder();
    try {
      const { confinement, held, missing } = await findConfinement(tools);
      expect({ confinement, held }).toEqual({ confinement: { isolation: [], limits: false }, held: [] });
      expect(missing.map(({ bound }) => bound)).toContain('no network');
    } finally {
      process.env['PATH'] = path;
    }
  });

  it.runIf(isRoot)('has no user of its own for files that cannot be given away', async () => {
    // Nothing can be made in there, by root neither.
    const { confinement, missing } = await findConfinement(tools, '/proc/self/fd');
    expect(confinement.user).toBeUndefined();
    expect(missing.map(({ bound }) => bound)).toContain('a user of its own');
    expect((await findConfinement(tools, await testFolder())).confinement).toEqual(found.confinement);
  });

  it.runIf(isRoot)('is found by a user who is not root, without one of its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reelay-user-'));
    await chmod(folder, 0o777);
    const script = `const { findConfinement } = await import(${JSON.stringify(import.meta.resolve('./find-confinement.ts'))});
      console.log(JSON.stringify(await findConfinement(${JSON.stringify(tools)})));`;
    const user = [
      '--reuid=1000',
      '--regid=1000',
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ];
    try {
      const { stdout } = await promisify(execFile)('setpriv', user, {
        env: { PATH: process.env['PATH'], TMPDIR: folder },
      });
      const { confinement, held, missing } = JSON.parse(stdout) as FoundConfinement;
      expect(confinement.user).toBeUndefined();
      expect(held.length + missing.length).toBe(3);
      if (held.includes('no network')) expect(confinement.isolation).toContain('--user');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
