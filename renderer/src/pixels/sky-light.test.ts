/** What a new sky takes over from the old one: where the light comes from, and how the camera moves. */
import { expect, test } from 'vitest';
import { createSkyTrack } from '../motion/sky-track.ts';
import { createRandom } from './noise.ts';
import { SKY_PALETTES } from './palette.ts';
import { lightFrom } from './sky-light.ts';
import { createSkyMask } from './sky-mask.ts';
import { createSkyMatte } from './sky-matte.ts';
import { createSkyPainter } from './sky-replacement.ts';

const size = { width: 480, height: 270 };
const GROUND = 0.6;

interface Look {
  /** Where the sun stands, as a share of the width; none without it. */
  readonly sun?: number;
  /** How much brighter the sky's right end is than its left one, in levels. */
  readonly side?: number;
  readonly zoom?: number;
  readonly shift?: number;
}

const random = createRandom(3);
const patches = Float32Array.from({ length: 64 * 64 }, random);

/** A blue sky over rough ground whose edge is a wave, seen by a camera that shifts and zooms about the frame's middle. */
function landscape({ sun, side = 0, zoom = 1, shift = 0 }: Look): Uint8Array {
  const rgb = new Uint8Array(size.width * size.height * 3);
  for (let y = 0, o = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1, o += 3) {
      const across = (x - size.width / 2) / zoom + size.width / 2 - shift;
      const down = (y - size.height / 2) / zoom + size.height / 2;
      const crest = size.height * (GROUND + 0.06 * Math.sin(across / 23) + 0.02 * Math.sin(across / 7));
      const patch = patches[((down >> 2) & 63) * 64 + ((across >> 2) & 63)] as number;
      const light = side * (x / size.width - 0.5);
      const disc = sun !== undefined && Math.hypot(x - sun * size.width, y - 60) < 9;
      const sky = disc ? [255, 255, 250] : [90 + light, 150 + light, 210 + light];
      rgb.set(down < crest ? sky : [60 + 60 * patch, 80 + 60 * patch, 40 + 30 * patch], o);
    }
  }
  return rgb;
}

function maskOf(look: Look) {
  const mask = createSkyMask(size.width, size.height, { factor: 2, halved: true });
  mask.read(landscape(look));
  return mask;
}

test.each([0.2, 0.5, 0.83])('light comes from the sun that is seen at %d', (sun) => {
  expect(lightFrom(maskOf({ sun }))).toBeCloseTo(sun, 1);
});

test('light comes from the sky’s brighter side, and from nowhere under an even sky', () => {
  expect(lightFrom(maskOf({ side: 60 }))).toBeGreaterThan(0.6);
  expect(lightFrom(maskOf({ side: -60 }))).toBeLessThan(0.4);
  expect(lightFrom(maskOf({}))).toBeUndefined();
});

/** Red over blue of the ground in a band of columns. */
function warmth(frame: Uint8Array, from: number, to: number): number {
  let red = 0;
  let blue = 0;
  for (let y = Math.round(size.height * 0.75); y < size.height; y += 1) {
    for (let x = Math.round(from * size.width); x < to * size.width; x += 1) {
      red += frame[(y * size.width + x) * 3] as number;
      blue += frame[(y * size.width + x) * 3 + 2] as number;
    }
  }
  return red / blue;
}

test.each([
  ['left', 0.2, 1],
  ['right', 0.8, -1],
] as const)('the ground is warmer on the %s under a sun that stands there', (_, sun, sign) => {
  const frame = new Uint8Array(size.width * size.height * 3);
  const source = landscape({ sun });
  const paint = createSkyPainter({ palette: SKY_PALETTES.sunset, size, seed: 7, matte: createSkyMatte(size) });
  paint({ source, seconds: 0, strength: 1 }, frame);
  const before = warmth(source, 0, 0.3) - warmth(source, 0.7, 1);
  expect((warmth(frame, 0, 0.3) - warmth(frame, 0.7, 1) - before) * sign).toBeGreaterThan(0.05);
});

test('a sky is enlarged and moved as the camera zooms and pans', () => {
  const mask = createSkyMask(size.width, size.height, { factor: 2, halved: true });
  const track = createSkyTrack(mask, size);
  let place = track();
  for (let frame = 0; frame < 7; frame += 1) {
    mask.read(landscape({ zoom: 1.02 ** frame, shift: frame * 2 }));
    place = track();
  }
  expect(place.zoom).toBeGreaterThan(1.1);
  expect(place.zoom).toBeLessThan(1.15);
  expect(place.offsetX).toBeGreaterThan(10);
  expect(place.offsetX).toBeLessThan(16);
});
