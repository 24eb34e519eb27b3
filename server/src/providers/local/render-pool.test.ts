import type { RenderJob } from '@reelay/renderer';
import { expect, test } from 'vitest';
import { readDirectives } from './directives.ts';
import { failureOfRender } from './errors.ts';
import { RenderPool } from './render-pool.ts';

const job: RenderJob = {
  operation: 'text-to-video',
  prompt: 'a sea',
  inputs: [],
  resolution: '480p',
  aspectRatio: '16:9',
  durationSeconds: 1,
  seed: 1,
  quality: 'draft',
  audio: false,
  workFolder: '/dev/null/work',
  outputPath: '/dev/null/work/result.mp4',
};

test('a render that has no place to work fails with a reason that tells of no folder', async () => {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const pool = new RenderPool({
    places: 1,
    ffmpegPath: 'ffmpeg',
    confinement: undefined,
    onNews: (id) => pool.status(id).kind === 'failed' && resolve(),
    onRendered: undefined,
  });
  pool.add('a', job, readDirectives(job.prompt));
  await ended;
  const failure = { code: 'generation_failed', message: "Error: ENOTDIR: not a directory, mkdir 'work'" };
  expect(pool.status('a')).toEqual({ kind: 'failed', failure, costMicros: 0 });
});

test.each([
  ["ENOENT, open '/var/lib/reelay/work/1/job.json'", "ENOENT, open 'job.json'"],
  ['/data/files/objects/3b/a.mp4: moov atom not found', 'a.mp4: moov atom not found'],
  ['24/1 fps and/or 25; see https://example.com/a/b', '24/1 fps and/or 25; see https://example.com/a/b'],
])('of %s a client is told %s', (said, told) => {
  expect(failureOfRender('render_failed', said).message).toBe(told);
});
