import { chmod, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleClipJob } from '@reelay/renderer';
import { expect, it, onTestFinished } from 'vitest';
import { findMediaTools } from '../../media/ffmpeg.ts';
import { findConfinement } from '../../media/find-confinement.ts';
import { render } from './render-child.ts';

it.runIf(process.platform === 'linux')(
  'the FFmpeg of a render stands in every bound that this machine has',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reelay-render-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    // FFmpeg may be another user here.
    await chmod(folder, 0o777);
    const program = join(folder, 'ffmpeg');
    await writeFile(
      program,
      `#!/bin/sh\n{ readlink /proc/self/ns/net; cat /proc/self/status /proc/self/limits; } > ${folder}/seen\nexit 1\n`,
    );
    await chmod(program, 0o755);
    const tools = await findMediaTools();
    if ('missing' in tools) throw new Error(tools.missing);
    const { confinement, held } = await findConfinement(tools);
    const result = await render({
      job: { ...sampleClipJob(join(folder, 'out.mp4'), join(folder, 'work')), quality: 'draft' },
      ffmpegPath: program,
      confinement,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    expect(result).toMatchObject({ type: 'error', code: 'render_failed' });
    const seen = await readFile(join(folder, 'seen'), 'utf8');
    if (held.includes('no network')) expect(seen.split('\n')[0]).not.toBe(await readlink('/proc/self/ns/net'));
    if (held.includes('no new privileges')) expect(seen).toMatch(/^NoNewPrivs:\s+1$/m);
    if (confinement.limits) {
      for (const limit of ['cpu time', 'address space', 'file size'])
        expect(seen).toMatch(new RegExp(`^Max ${limit}\\s+\\d+`, 'm'));
    }
    if (confinement.user !== undefined) expect(seen).toMatch(new RegExp(`^Uid:\\s+${confinement.user}\\s`, 'm'));
  },
);
