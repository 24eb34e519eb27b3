import { expect, it } from 'vitest';
import { changePicture, copyIn, kernels } from './kernels.ts';

it('leaves every level of a picture that it adds nothing to', () => {
  const [width, height] = [256, 8];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => Math.floor(i / 3) % 256);
  const before = rgb.slice();
  const glow = new Float32Array((width / 2) * (height / 2)).fill(1);
  changePicture(rgb, [glow.byteLength, width * 4], ([source = 0, target = 0, glowAt = 0, room = 0]) => {
    copyIn(glow, glowAt);
    kernels.glowPicture(source, target, glowAt, room, 0.5, 0, 0, 0, width, height);
  });
  expect(rgb).toEqual(before);
});
