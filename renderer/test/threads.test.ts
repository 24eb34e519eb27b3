import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RenderInput, RenderJob } from '../src/job.ts';
import { makeJob, makePicture, openWorkshop, renderJob, type Workshop } from './harness.ts';

let workshop: Workshop;
let picture: RenderInput;

beforeAll(async () => {
  workshop = await openWorkshop();
  picture = await makePicture(workshop.path('picture.png'), 320, 180);
});
afterAll(() => workshop.close());

const size = { width: 192, height: 108 };
const clips: readonly (readonly [RenderJob['operation'], string])[] = [
  ['text-to-video', 'a lake in the rain, vintage film, the camera pans right'],
  ['image-to-video', 'wind in the grass, push in and pan right'],
  ['reference-to-video', '@Image2 and then @Image1'],
];

function inputsOf(operation: RenderJob['operation']): readonly RenderInput[] {
  if (operation === 'text-to-video') return [];
  if (operation === 'image-to-video') return [picture];
  return [picture, picture].map((input) => ({ ...input, role: 'reference' }));
}

describe('painting threads', () => {
  test.each(clips)('%s has the same bytes with 1, 2 and 3 threads', async (operation, prompt) => {
    const hashes = new Set<string>();
    for (const threads of [1, 2, 3]) {
      const job = makeJob(workshop, `${operation}-${threads}`, {
        ...{ operation, prompt, size, threads, quality: 'full', resolution: 'auto', durationSeconds: 0.5 },
        inputs: inputsOf(operation),
      });
      const { last, stderr } = await renderJob(workshop, job);
      expect(last, stderr).toMatchObject({ type: 'done', frames: 12, ...size });
      hashes.add(
        createHash('sha256')
          .update(await readFile(job.outputPath))
          .digest('hex'),
      );
    }
    expect(hashes.size).toBe(1);
  });

  test("a thread's fault keeps its code", async () => {
    const path = workshop.path('broken.png');
    await writeFile(path, 'no picture');
    const inputs = [{ ...picture, path }];
    const job = makeJob(workshop, 'broken', {
      ...{ operation: 'image-to-video', inputs, size, threads: 2, quality: 'full', resolution: 'auto' },
    });
    const { last, exitCode } = await renderJob(workshop, job);
    expect(last).toMatchObject({ type: 'error', code: 'unreadable_input' });
    expect(exitCode).toBe(1);
  });
});
