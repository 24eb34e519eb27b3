/** A fixed slice of `npm run bench:render`: small clips whose sky is known. */
import { expect, test } from 'vitest';
import { TEST_CLIPS } from '../../bench/render/clips.ts';
import { measureClip } from '../../bench/render/measure.ts';

const size = { width: 480, height: 270 };

test.each(TEST_CLIPS.filter(({ hasSky }) => hasSky))('finds the sky of $name, frame after frame', async (clip) => {
  const figures = await measureClip(clip, { size, frames: 6 });
  expect(figures.fellBack).toBe(false);
  expect(figures.worstIou).toBeGreaterThan(0.97);
  expect(figures.flicker).toBeLessThan(2);
  expect(figures.halo).toBeLessThan(8);
});

test.each(TEST_CLIPS.filter(({ hasSky }) => !hasSky))('distrusts its mask of $name', async (clip) => {
  const figures = await measureClip(clip, { size, frames: 2 });
  expect(figures.fellBack).toBe(true);
});
