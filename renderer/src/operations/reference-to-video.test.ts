import { expect, test } from 'vitest';
import { planShots } from './reference-to-video.ts';

test.each([
  [1, 24],
  [2, 48],
  [7, 24],
  [7, 360],
])('%i pictures fill %i frames without a gap and at most two at a time', (count, frames) => {
  const shots = planShots(count, frames, 24);
  for (let frame = 0; frame < frames; frame += 1) {
    const seen = shots.filter((shot) => frame >= shot.start && frame < shot.end).length;
    expect(seen).toBeGreaterThanOrEqual(1);
    expect(seen).toBeLessThanOrEqual(2);
  }
});
