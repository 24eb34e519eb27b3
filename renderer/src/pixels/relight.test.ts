/** The kernels' rows are held against the same sums, pixel by pixel. */
import { expect, test } from 'vitest';
import { createEnlarger } from './enlarge.ts';
import { createRandom } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { SKY_PALETTES } from './palette.ts';
import { createRelight } from './relight.ts';
import { createSkyBuffer } from './sky.ts';

const HEIGHT = 40;
const VIEW = { seconds: 0, horizon: 20, offsetX: 0, offsetY: 0, seed: 0 };

/** Without the moon's glow. */
const { sun: _moon, ...NIGHT } = SKY_PALETTES.night;

/** One channel of a pixel. */
function lit(value: number, luma: number, y: number, channel: 0 | 1 | 2, strength: number): number {
  const { tint, exposure, haze } = NIGHT;
  const far = 0.13 * smoothstep(VIEW.horizon + HEIGHT * 0.38, VIEW.horizon - HEIGHT * 0.1, y);
  const toned = mix(luma, value, 0.85) * tint[channel] * exposure;
  const bright = mix(toned, haze[channel], smoothstep(150, 240, luma) * 0.18);
  return mix(value, mix(bright, haze[channel], far), strength);
}

test.each([
  [854, 1],
  [38, 1],
  [38, 0.4],
  [6, 0.7],
])('lights and covers a row of %i pixels by %f', (width, strength) => {
  const size = { width, height: HEIGHT };
  const random = createRandom(3);
  const row = Uint8Array.from({ length: width * 3 }, () => random() * 256);
  const share = Float32Array.from({ length: width }, () => clamp(random() * 3 - 1, 0, 1));
  const sky = createSkyBuffer(width, HEIGHT);
  for (let i = 0; i < sky.rgb.length; i += 1) sky.rgb[i] = random() * 300;
  const full = { fullWidth: width, fullHeight: HEIGHT };
  const enlarged = createEnlarger({ values: sky.rgb, width: sky.width, height: sky.height, channels: 3, ...full });
  const relight = createRelight(NIGHT, size);
  const out = new Uint8Array(width * HEIGHT * 3);
  for (const y of [0, 17, HEIGHT - 1]) {
    relight({ y, row, cover: { share, sky } }, { view: VIEW, strength }, out);
    const above = enlarged.row(y);
    for (let i = 0; i < row.length; i += 1) {
      const x = Math.floor(i / 3);
      const [r = 0, g = 0, b = 0] = row.subarray(x * 3, x * 3 + 3);
      const ground = clamp(lit(row[i] ?? 0, 0.3 * r + 0.59 * g + 0.11 * b, y, (i % 3) as 0 | 1 | 2, strength), 0, 255);
      const wanted = clamp(mix(ground, above[i] ?? 0, (share[x] ?? 0) * strength), 0, 255);
      expect(Math.abs((out[y * width * 3 + i] ?? 0) - wanted)).toBeLessThan(1.6);
    }
  }
});
