import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleClipJob } from '@reelay/renderer';
import { expect, it, onTestFinished } from 'vitest';
import { findMediaTools } from '../../media/ffmpeg.ts';
import { findConfinement } from '../../media/find-confinement.ts';
import { readDirectives } from './directives.ts';
import { render } from './render-child.ts';
import { RenderPool } from './render-pool.ts';

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

it('a render whose FFmpeg somebody kills is begun once more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-render-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const tools = await findMediaTools();
  if ('missing' in tools) throw new Error(tools.missing);
  const program = join(folder, 'ffmpeg');
  const script = `[ -e ${program}.killed ] && exec ${tools.ffmpeg} "$@"\n: > ${program}.killed\nkill -KILL $$`;
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const ended = Promise.withResolvers<void>();
  const pool = new RenderPool({
    ...{ places: 1, ffmpegPath: program, confinement: undefined, onRendered: () => ended.resolve() },
    onNews: () => undefined,
  });
  const job = { ...sampleClipJob(join(folder, 'out.mp4'), join(folder, 'work')), quality: 'draft' } as const;
  pool.add('job', job, readDirectives(''));
  await ended.promise;
  await expect.poll(() => pool.status('job')).toMatchObject({ kind: 'done' });
  expect(existsSync(`${program}.killed`)).toBe(true);
});

it('a job that only pretends to work ends when it is cancelled', () => {
  const pool = new RenderPool({
    ...{ places: 1, ffmpegPath: '/nowhere', confinement: undefined, onRendered: undefined },
    onNews: () => undefined,
  });
  for (const directives of ['[reelay:stuck]', '[reelay:slow=3600]']) {
    pool.add(directives, sampleClipJob('/nowhere/out.mp4', '/nowhere'), readDirectives(directives));
    expect(pool.status(directives).kind).toBe('running');
    pool.cancel(directives);
    expect(pool.status(directives)).toMatchObject({ kind: 'failed', failure: { code: 'request_cancelled' } });
  }
});
