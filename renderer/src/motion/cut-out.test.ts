import { expect, test } from 'vitest';
import { cutOut } from './cut-out.ts';

test('a thing narrower than its own way is left in the picture', () => {
  const size = { width: 320, height: 180 };
  const small = { width: 160, height: 90 };
  const last = new Uint8Array(size.width * size.height * 3).fill(90);
  const pixels = Array.from({ length: 20 }, (_, row) => (30 + row) * small.width + 80);
  const source = { last, size, small, gap: 6, ground: last, groundGap: 32, crops: [] };
  const camera = { mx: 1, my: 0, dx: 0, dy: 0 };
  expect(cutOut([{ pixels, dx: 12, dy: 0 }], { ...source, camera })).toEqual({ ground: last, movers: [] });
});
