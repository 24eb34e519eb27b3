import { describe, expect, test } from 'vitest';
import { checkAspectRatio, editPaintSize, nearestSize, outputFrames, outputSize, paintSize } from './geometry.ts';
import type { RenderInput, RenderJob } from './job.ts';

function video(width: number, height: number, durationSeconds = 5): RenderInput {
  return { role: 'video', path: '/v.mp4', demuxer: 'mov', width, height, durationSeconds };
}

function picture(width: number, height: number): RenderInput {
  return { role: 'image', path: '/p.png', demuxer: 'png_pipe', width, height };
}

function job(changes: Partial<RenderJob>): RenderJob {
  return {
    ...{ operation: 'text-to-video', prompt: '', seed: 1, quality: 'full', inputs: [] },
    ...{ resolution: '480p', aspectRatio: 'auto', durationSeconds: 6, audio: true, outputPath: '/o', workFolder: '/w' },
    ...changes,
  } as RenderJob;
}

describe('pictures', () => {
  test.each([
    ['16:9', '480p', 854, 480],
    ['9:16', '480p', 480, 854],
    ['1:1', '480p', 480, 480],
    ['4:3', '480p', 640, 480],
    ['3:4', '480p', 480, 640],
    ['3:2', '480p', 720, 480],
    ['2:3', '480p', 480, 720],
    ['16:9', '720p', 1280, 720],
    ['9:16', '720p', 720, 1280],
    ['4:3', '720p', 960, 720],
    ['16:9', '1080p', 1920, 1080],
    ['1:1', '1080p', 1080, 1080],
    ['16:9', '4k', 3840, 2160],
    ['9:16', '4k', 2160, 3840],
    ['1:1', '4k', 2160, 2160],
  ] as const)('%s at %s is %ix%i', (aspectRatio, resolution, width, height) => {
    const made = job({ operation: 'image-to-video', inputs: [picture(500, 500)], aspectRatio, resolution });
    expect(outputSize(made)).toEqual({ width, height });
  });

  test.each([
    [1000, 500, '480p', 960, 480],
    [500, 1000, '480p', 480, 960],
    [4000, 1000, '480p', 1120, 480],
    [1, 1, 'auto', 240, 240],
    [1023, 767, 'auto', 960, 720],
    [4000, 1000, '1080p', 1920, 822],
    [4000, 1000, '4k', 3840, 1646],
  ] as const)('auto follows a picture of %ix%i at %s: %ix%i', (w, h, resolution, width, height) => {
    const made = job({ operation: 'image-to-video', inputs: [picture(w, h)], resolution });
    expect(outputSize(made)).toEqual({ width, height });
  });
});

test.each([
  ['text-to-video', '1080p', '16:9', 1920, 1080],
  ['text-to-video', '4k', '16:9', 1920, 1080],
  ['text-to-video', '4k', '9:16', 1080, 1920],
  ['text-to-video', '4k', '1:1', 1440, 1440],
] as const)('%s at %s in %s is painted at %ix%i', (operation, resolution, aspectRatio, width, height) => {
  expect(paintSize(job({ operation, resolution, aspectRatio }))).toEqual({ width, height });
});

test('an exact size counts, and its frames at their own rate', () => {
  const made = job({ size: { width: 832, height: 480 }, framesPerSecond: 16, durationSeconds: 81 / 16 });
  expect(outputSize(made)).toEqual({ width: 832, height: 480 });
  expect(outputFrames(made)).toBe(81);
});

test.each([
  [832, 480, 832, 480],
  [833, 479, 834, 480],
  [1, 1, 16, 16],
  [4096, 4096, 2880, 2880],
  [100_000, 16, 3840, 16],
])('the nearest size to %ix%i is %ix%i', (w, h, width, height) => {
  expect(nearestSize({ width: w, height: h })).toEqual({ width, height });
});

describe('videos', () => {
  test.each([
    [1920, 1080, 854, 480],
    [1080, 1920, 480, 854],
    [640, 360, 640, 360],
    [1000, 1000, 480, 480],
    [641, 361, 642, 362],
    [3000, 500, 854, 142],
    [853, 480, 854, 480],
  ])('a source of %ix%i is edited at %ix%i', (w, h, width, height) => {
    expect(editPaintSize({ width: w, height: h })).toEqual({ width, height });
  });

  test.each([
    ['edit', 640, 360, '720p', 1280, 720],
    ['edit', 1080, 1920, '480p', 480, 854],
    ['edit', 320, 180, 'auto', 320, 180],
    ['extend', 1920, 1080, 'auto', 1280, 720],
    ['extend', 1080, 1920, 'auto', 720, 1280],
    ['extend', 640, 480, 'auto', 640, 480],
    ['extend', 640, 480, '1080p', 1440, 1080],
    ['extend', 3000, 500, '1080p', 1920, 320],
  ] as const)('%s of %ix%i at %s is %ix%i', (operation, w, h, resolution, width, height) => {
    expect(outputSize(job({ operation, inputs: [video(w, h)], resolution }))).toEqual({ width, height });
  });
});

test.each([
  ['text-to-video', 6, 0, 144],
  ['edit', 6, 5, 120],
  ['edit', 6, 30, 192],
  ['edit', 6, 1.02, 24],
  ['extend', 7, 8, 360],
] as const)('%s of %d s from %d s has %i frames', (operation, durationSeconds, source, frames) => {
  const inputs = source === 0 ? [] : [video(640, 360, source)];
  expect(outputFrames(job({ operation, durationSeconds, inputs }))).toBe(frames);
});

test.each([
  ['16:9', 1920, 1080, true],
  ['16:9', 854, 480, true],
  ['16:9', 640, 480, false],
  ['9:16', 1920, 1080, false],
  ['auto', 123, 456, true],
] as const)('an extension in %s of %ix%i passes: %s', (aspectRatio, width, height, passes) => {
  const check = () => checkAspectRatio(job({ operation: 'extend', aspectRatio, inputs: [video(width, height)] }));
  if (passes) expect(check).not.toThrow();
  else expect(check).toThrow(new RegExp(`${width}x${height}.*leave the aspect ratio out`));
});
