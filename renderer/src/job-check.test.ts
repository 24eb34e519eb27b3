import { expect, test } from 'vitest';
import type { RenderInput } from './job.ts';
import { checkJob } from './job-check.ts';

function input(role: RenderInput['role']): RenderInput {
  return { role, path: '/in', demuxer: 'mov', width: 64, height: 36, ...(role === 'video' && { durationSeconds: 1 }) };
}

function job(changes: object): object {
  return {
    ...{ operation: 'text-to-video', prompt: '', seed: 1, quality: 'full', inputs: [], resolution: 'auto' },
    ...{ aspectRatio: 'auto', durationSeconds: 1, audio: true, outputPath: '/o', workFolder: '/w' },
    ...changes,
  };
}

const animation = (...roles: RenderInput['role'][]) => ({ operation: 'image-to-video', inputs: roles.map(input) });
const edit = { operation: 'edit', inputs: [input('video')] };

test.each([
  ['a first picture', animation('image')],
  ['a first and a last picture', animation('image', 'last-image')],
  ['a last and a first picture', animation('last-image', 'image')],
  ['4k', { resolution: '4k' }],
  ['an exact size', { size: { width: 832, height: 480 }, framesPerSecond: 16 }],
  ['an exact size of an animation', { ...animation('image', 'last-image'), size: { width: 16, height: 3840 } }],
  ['4k to the pixel', { size: { width: 3840, height: 2160 } }],
])('takes %s', (_name, changes) => {
  expect(checkJob(job(changes))).toEqual(job(changes));
});

test.each([
  [animation(), /^inputs must be exactly one picture for image-to-video, and at most one of role last-image/],
  [animation('image', 'image'), /^inputs must be exactly one picture for image-to-video/],
  [animation('image', 'video'), /^inputs must be exactly one picture for image-to-video/],
  [animation('last-image'), /^inputs must be exactly one picture of role image beside the last-image/],
  [animation('reference', 'last-image'), /^inputs must be exactly one picture of role image beside the last-image/],
  [animation('image', 'last-image', 'last-image'), /^inputs must be at most one picture of role last-image/],
  [{ inputs: [input('last-image')] }, /^operation must be image-to-video .* last-image, not text-to-video/],
  [
    { operation: 'reference-to-video', inputs: [input('reference'), input('last-image')] },
    /^operation must be image-to-video .* last-image, not reference-to-video/,
  ],
  [{ size: { width: 833, height: 480 } }, /^size.width must be an even whole number/],
  [{ size: { width: 832, height: 480.5 } }, /^size.height must be an even whole number/],
  [{ size: { width: 8, height: 480 } }, /^size.width must be a number from 16 to 3840/],
  [{ size: { width: 832 } }, /^size.height must be a number from 16 to 3840/],
  [{ size: { width: 3840, height: 3840 } }, /^size must be at most 8294400 pixels in all, not 3840x3840/],
  [{ size: '832x480' }, /^size must be an object/],
  [{ size: { width: 832, height: 480 }, resolution: '480p' }, /^resolution must be auto where size is given/],
  [{ size: { width: 832, height: 480 }, aspectRatio: '16:9' }, /^aspectRatio must be auto where size is given/],
  [{ framesPerSecond: 0 }, /^framesPerSecond must be a number from 1 to 60/],
  [{ framesPerSecond: 23.976 }, /^framesPerSecond must be a whole number/],
  [{ ...edit, size: { width: 832, height: 480 } }, /^size must be absent for edit, which keeps its source's shape/],
  [{ ...edit, framesPerSecond: 16 }, /^framesPerSecond must be absent for edit/],
])('refuses %j', (changes, message) => {
  expect(() => checkJob(job(changes))).toThrow(message);
});
