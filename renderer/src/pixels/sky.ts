/**
 * Paints a sky at half size: its gradient, sun or moon, two decks of clouds on a plane in perspective, aurora. Everything in
 * it is soft, so half size costs a quarter and shows no difference; stars are points and are drawn at full size by
 * `stars.ts`. All lengths are in pixels of the full frame unless they say otherwise.
 */

import { copyIn, copyOut, kernels, roomsOf } from '../kernels.ts';
import { fineNoise, noiseRows, sampleNoise, softNoise, TILE } from './noise.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { SkyPalette } from './palette.ts';

/** Half-size packed RGB, 0 to 255 and above where the sun is. */
export interface SkyBuffer {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}

export interface SkyView {
  readonly seconds: number;
  /** The row where sky meets ground, before the camera moved: the height of the whole sky. */
  readonly horizon: number;
  /** How far the camera has moved the sky. */
  readonly offsetX: number;
  readonly offsetY: number;
  /** How far it has enlarged the sky about the frame's middle; 1 where nothing is said. */
  readonly zoom?: number;
  /** Where the sun stands instead of where its palette has it, as a share of the width. */
  readonly sunAt?: number | undefined;
  /** Moves the clouds to another part of the noise. */
  readonly seed: number;
}

/** How high above the horizon row `y` is, as a share of the sky's height. */
function heightAt({ horizon, offsetY, zoom = 1 }: SkyView, y: number): number {
  return (horizon + offsetY - y) / (horizon * zoom);
}

/** Where column `x` of the frame was before the camera moved. */
function columnAt({ offsetX, zoom = 1 }: SkyView, x: number, width: number): number {
  return width / 2 + (x - offsetX - width / 2) / zoom;
}

const LUT_STEPS = 256;
/** The detail of clouds' edges is so much smaller than their shapes. */
const DETAIL_SCALE = 2.9;
const lookups = new WeakMap<SkyPalette, Float32Array>();

export function createSkyBuffer(fullWidth: number, fullHeight: number): SkyBuffer {
  const width = fullWidth >> 1;
  const height = fullHeight >> 1;
  return { width, height, rgb: new Float32Array(width * height * 3) };
}

function gradientLookup(palette: SkyPalette): Float32Array {
  const known = lookups.get(palette);
  if (known !== undefined) return known;
  const lookup = new Float32Array((LUT_STEPS + 1) * 3);
  for (let step = 0; step <= LUT_STEPS; step += 1) {
    const height = step / LUT_STEPS;
    const above = Math.max(
      1,
      palette.gradient.findIndex(([stop]) => stop >= height),
    );
    const low = palette.gradient[above - 1] ?? [0, 0, 0, 0];
    const high = palette.gradient[above] ?? low;
    const linear = clamp((height - low[0]) / Math.max(1e-6, high[0] - low[0]), 0, 1);
    const share = (linear + smoothstep(0, 1, linear)) / 2;
    lookup[step * 3] = mix(low[1], high[1], share);
    lookup[step * 3 + 1] = mix(low[2], high[2], share);
    lookup[step * 3 + 2] = mix(low[3], high[3], share);
  }
  lookups.set(palette, lookup);
  return lookup;
}

function paintGradient(sky: SkyBuffer, palette: SkyPalette, view: SkyView, { from, to, rows }: Part): void {
  const lookup = gradientLookup(palette);
  for (let y = 0; y < rows; y += 1) {
    const height = clamp(heightAt(view, y * 2), 0, 1);
    const exact = height * LUT_STEPS;
    const step = Math.min(LUT_STEPS - 1, exact | 0);
    const share = exact - step;
    for (let channel = 0; channel < 3; channel += 1) {
      const low = lookup[step * 3 + channel] as number;
      const value = low + ((lookup[step * 3 + 3 + channel] as number) - low) * share;
      const start = y * sky.width * 3 + channel;
      for (let i = start + from * 3, end = start + to * 3; i < end; i += 3) sky.rgb[i] = value;
    }
  }
}

/** The part of a sky that is painted: its first rows between two columns of the buffer. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

interface SunPlace {
  readonly x: number;
  readonly y: number;
}

export function sunPlace(palette: SkyPalette, view: SkyView, width: number): SunPlace | undefined {
  const { sun } = palette;
  if (sun === undefined) return undefined;
  const zoom = view.zoom ?? 1;
  return {
    x: width / 2 + ((view.sunAt ?? sun.x) - 0.5) * width * zoom + view.offsetX,
    y: view.horizon * (1 - sun.height * zoom) + view.offsetY,
  };
}

/** The glow by the squared distance from the sun, in steps that are finer near it: so many up to `GLOW_REACH`. */
const GLOW_STEPS = 1024;
const GLOW_REACH = 8;
/** Squared distances at which its disc begins to fade and has faded. */
const DISC = [0.0014, 0.0024] as const;
const GLOW = Float32Array.from({ length: GLOW_STEPS + 2 }, (_, step) => {
  const distance = (step / GLOW_STEPS) ** 2 * GLOW_REACH;
  return 0.62 / (1 + distance * 22) + 0.32 / (1 + distance * 3.2);
});

function paintSun(sky: SkyBuffer, palette: SkyPalette, view: SkyView, { from, to, rows }: Part): void {
  const sun = sunPlace(palette, view, sky.width * 2);
  if (sun === undefined || palette.sun === undefined) return;
  const { colour, strength } = palette.sun;
  const [red, green, blue] = colour;
  const inverse = 1 / (sky.height * (view.zoom ?? 1));
  const { rgb } = sky;
  for (let y = 0; y < rows; y += 1) {
    const dy = (y - sun.y / 2) * inverse;
    for (let x = from, i = (y * sky.width + from) * 3; x < to; x += 1, i += 3) {
      const dx = (x - sun.x / 2) * inverse;
      const distance = dx * dx + dy * dy;
      const place = Math.min(GLOW_STEPS, Math.sqrt(distance * (1 / GLOW_REACH)) * GLOW_STEPS);
      const low = GLOW[place | 0] as number;
      const glow = strength * (low + ((GLOW[(place | 0) + 1] as number) - low) * (place - (place | 0)));
      const r = rgb[i] as number;
      const g = rgb[i + 1] as number;
      const b = rgb[i + 2] as number;
      rgb[i] = r + (red - r) * glow;
      rgb[i + 1] = g + (green - g) * glow;
      rgb[i + 2] = b + (blue - b) * glow * 0.85;
      if (distance >= DISC[1]) continue;
      const disc = strength * (1 - smoothstep(DISC[0], DISC[1], distance));
      rgb[i] = mix(rgb[i] as number, 255, disc);
      rgb[i + 1] = mix(rgb[i + 1] as number, 248, disc);
      rgb[i + 2] = mix(rgb[i + 2] as number, 226, disc);
    }
  }
}

function paintAurora(sky: SkyBuffer, view: SkyView, { from, to, rows }: Part): void {
  const soft = softNoise();
  const fine = fineNoise();
  const { rgb, width } = sky;
  const t = view.seconds;
  for (let x = from; x < to; x += 1) {
    const u = (columnAt(view, x * 2, width * 2) / (width * 2) - 0.5) * 1.4 + view.seed;
    for (let band = 0; band < 2; band += 1) {
      const shift = band * 0.37;
      const wave =
        0.09 * Math.sin(u * 4 + t * 0.25 + shift * 9) +
        0.22 * (sampleNoise(soft, u * 0.35 + t * 0.012, 0.3 + shift) - 0.5);
      const foot = 0.36 + band * 0.2 + wave;
      const ray = 0.3 + 0.7 * sampleNoise(fine, u * 2.2 + t * 0.02 + shift, 0.7 + t * 0.004);
      const strength =
        ray * (band === 0 ? 1.35 : 0.7) * (0.55 + 0.45 * sampleNoise(soft, u * 0.6 - t * 0.02, 0.6 + shift));
      for (let y = 0; y < rows; y += 1) {
        const rise = heightAt(view, y * 2) - foot;
        if (rise <= 0 || rise > 0.75) continue;
        const light = strength * Math.exp(-rise * 5.4) * smoothstep(0, 0.06, rise);
        const i = (y * width + x) * 3;
        rgb[i] = (rgb[i] as number) + light * (24 + 190 * smoothstep(0.12, 0.5, rise));
        rgb[i + 1] = (rgb[i + 1] as number) + light * 232 * (1 - 0.55 * smoothstep(0.15, 0.55, rise));
        rgb[i + 2] = (rgb[i + 2] as number) + light * (140 + 90 * smoothstep(0.1, 0.5, rise));
      }
    }
  }
}

/** Floats of a row of noise in the kernels' memory, which goes on with its first value. */
const NOISE_ROW = TILE + 4;
/** What a kernel is told of a row of clouds: twelve numbers, and three colours for four pixels each. */
const CLOUD_SETTINGS = 12;
const COLOUR_REPEATS = [0, 1, 2, 3] as const;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** The rows of both tiles around `v`, one after the other, and how far it is between them. */
function copyNoiseRows(v: number, address: number): readonly [soft: number, fine: number] {
  const rows = [softNoise(), fineNoise()].map((tile, place) => {
    const { top, bottom, down } = noiseRows(place === 0 ? v : v * DETAIL_SCALE);
    const at = address + place * 2 * NOISE_ROW * FLOAT_BYTES;
    copyIn(tile.subarray(top, top + TILE), at);
    copyIn(tile.subarray(bottom, bottom + TILE), at + NOISE_ROW * FLOAT_BYTES);
    return down;
  });
  return [rows[0] as number, rows[1] as number];
}

function paintClouds(sky: SkyBuffer, palette: SkyPalette, view: SkyView, { from, to, rows }: Part): void {
  const { width, rgb } = sky;
  const count = to - from;
  const { lit, shadow, rim } = palette.clouds;
  const settings = new Float32Array(CLOUD_SETTINGS + 9 * COLOUR_REPEATS.length);
  settings.set(
    [lit, shadow, rim].flatMap((colour) => COLOUR_REPEATS.flatMap(() => colour)),
    CLOUD_SETTINGS,
  );
  const rowBytes = (count * 3 + 12) * FLOAT_BYTES;
  const sizes = [rowBytes, 8 * NOISE_ROW * FLOAT_BYTES, settings.byteLength, (count + 16) * FLOAT_BYTES];
  const [row = 0, noise = 0, settingsAt = 0, room = 0] = roomsOf(sizes);
  const t = view.seconds;
  const aspect = width / sky.height;
  const sunX = sunPlace(palette, view, width * 2)?.x ?? width;
  const lean = palette.sun === undefined ? 0.006 : 0.018;
  // The light changes sides over a stretch: a hard change shows as a line down the clouds.
  const turn = 1 / (width * 0.3);
  for (let y = 0; y < rows; y += 1) {
    const height = clamp(heightAt(view, y * 2), 0, 1.6);
    const reach = 1 / (height * 1.35 + 0.16);
    const v = reach * 0.62 + t * 0.006 + view.seed;
    const fade = smoothstep(0.015, 0.2, height);
    if (fade === 0) continue;
    const uOf = (x: number) => (columnAt(view, x, width * 2) / (width * 2) - 0.5) * aspect * reach * 0.42;
    const first = uOf(from * 2);
    const drifted = 0.37 + t * 0.0045 + view.seed * 1.7;
    settings.set([first + drifted, uOf(from * 2 + 4) - first, (sunX - from * 2) * turn, -4 * turn, lean, t * 0.004]);
    settings.set(copyNoiseRows(v, noise), 6);
    settings.set(copyNoiseRows(v + 0.02, noise + 4 * NOISE_ROW * FLOAT_BYTES), 8);
    settings.set([palette.cloudThreshold, fade], 10);
    copyIn(settings, settingsAt);
    const pixels = rgb.subarray((y * width + from) * 3, (y * width + to) * 3);
    copyIn(pixels, row);
    kernels.cloudRow(row, noise, settingsAt, room, count);
    copyOut(row, pixels);
  }
}

/** Paints the first `fullRows` rows of the full frame, between two of its columns where they are given. */
export function paintSky(
  sky: SkyBuffer,
  palette: SkyPalette,
  view: SkyView,
  fullRows: number,
  columns = { from: 0, to: sky.width * 2 },
): void {
  const part: Part = {
    // Clouds are worked out at every second column.
    from: Math.max(0, (columns.from >> 1) - 2) & ~1,
    to: Math.min(sky.width, (columns.to >> 1) + 8),
    rows: Math.min(sky.height, Math.ceil(fullRows / 2) + 1),
  };
  paintGradient(sky, palette, view, part);
  paintSun(sky, palette, view, part);
  if (palette.aurora) paintAurora(sky, view, part);
  paintClouds(sky, palette, view, part);
}
