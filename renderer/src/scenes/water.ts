/** Water mirrors what stands above it, broken by ripples that grow towards the viewer. */
import type { Size } from '../geometry.ts';
import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import type { SkyPalette } from '../pixels/palette.ts';
import type { SceneMoment } from './draw-layer.ts';
import type { Water } from './scene.ts';

/** How far the camera's sideways move carries the ripples. */
const DRIFT = 0.9;

/** Heights of one row's ripples at every second pixel: they are smooth enough, and it halves the cost. */
function rippleRow(
  heights: Float32Array,
  near: number,
  size: Size,
  { seconds, pose }: SceneMoment,
  waves: number,
): void {
  const soft = softNoise();
  const fine = fineNoise();
  const reach = 1 / (near + 0.035);
  const aspect = size.width / size.height / (16 / 9);
  const pan = pose.x * DRIFT;
  // High waves travel faster.
  const t = seconds * (waves > 1 ? 1 + (waves - 1) * 3 : 1);
  for (let i = 0; i < heights.length; i += 1) {
    const across = ((i * 2) / size.width - 0.5) * reach * 0.55 * aspect + pan * 0.55;
    const swell = sampleNoise(soft, across + t * 0.01, reach * 0.42 - t * 0.035) - 0.5;
    const wave = sampleNoise(fine, across * 2.7 - t * 0.016, reach * 1.15 - t * 0.06) - 0.5;
    const ripple = sampleNoise(fine, across * 7 + t * 0.03, reach * 3.1 - t * 0.1) - 0.5;
    heights[i] = swell * waves + wave * 0.6 + ripple * 0.35 * Math.min(1, near * 3);
  }
}

export interface WaterView {
  readonly size: Size;
  readonly palette: SkyPalette;
  readonly water: Water;
  readonly moment: SceneMoment;
  /** How many rows the camera has moved everything down. */
  readonly lift: number;
  /** Rows from here on are hidden. */
  readonly end: number;
}

/** Where the water begins, between two rows. */
export function waterLine(water: Water, { height }: Size, lift: number): number {
  return clamp(water.top + lift, 2, height - 1);
}

/** First row of the water. */
export function waterRow(water: Water, size: Size, lift: number): number {
  return Math.round(waterLine(water, size, lift));
}

/** Paints the rows from the water's top down, from what `frame` holds above them. */
export function paintWater(frame: Float32Array, { size, palette, water, moment, lift, end }: WaterView): void {
  const { width, height } = size;
  const top = waterRow(water, size, lift);
  // What is mirrored moves with the line itself: whole rows would make it jump.
  const line = waterLine(water, size, lift);
  const ripples = new Float32Array((width >> 1) + 2);
  const { sun, exposure, haze } = palette;
  const deepOf = (index: 0 | 1 | 2) => water.colour[index] * exposure + haze[index] * 0.07;
  const [deepRed, deepGreen, deepBlue] = [deepOf(0), deepOf(1), deepOf(2)];
  const [sunRed, sunGreen, sunBlue] =
    sun === undefined ? [0, 0, 0] : [sun.colour[0], sun.colour[1] * 0.86, sun.colour[2] * 0.62];
  const sunX = sun === undefined ? 0 : sun.x * width - moment.pose.x * width * 0.06;
  const roughness = mix(0.35, 1, water.waves);
  const inverseSky = 2 / Math.max(12, palette.gradient[1]?.[2] ?? 128);
  const rough = clamp((water.waves - 1) * 2, 0, 1);
  for (let y = top; y < end; y += 1) {
    const near = (y - line + 1) / Math.max(1, height - water.top);
    rippleRow(ripples, near, size, moment, water.waves);
    const reach = (near * 34 + 1.2) * (height / 480) * roughness;
    const inversePath = 1 / ((0.035 + near * 0.13) * width);
    // A sea in a storm breaks early and has deep troughs.
    const crest = mix(0.56, 0.5, rough);
    const whiteness = mix(near * 0.35, 0.2 + near * 0.3, rough) * water.waves * exposure;
    const relief = Math.min(1, near * 2.5) * mix(0.35 * water.waves, 1.25, rough);
    const glow = sun === undefined ? 0 : sun.strength * (sun.height < 0.3 ? 1.25 : 0.35);
    const level = line - (y - line) * mix(1.3, 0.92, water.waves) - 2;
    const clear = 0.9 - near * mix(0.3, 0.5, water.waves);
    for (let x = 0, o = y * width * 3; x < width; x += 1, o += 3) {
      const half = x >> 1;
      const left = ripples[half] as number;
      const wave = x & 1 ? (left + (ripples[half + 1] as number)) * 0.5 : left;
      const sourceY = clamp(level - (wave < 0 ? -wave : wave) * reach * 1.6, 0, top - 1) | 0;
      const sourceX = clamp(x + wave * reach * 0.9, 0, width - 1) | 0;
      const s = (sourceY * width + sourceX) * 3;
      const mirrored = clamp(clear + wave * 0.55 * roughness, 0.1, 0.95);
      const own = 1 - mirrored;
      let r = deepRed * own + (frame[s] as number) * 0.92 * mirrored;
      let g = deepGreen * own + (frame[s + 1] as number) * 0.92 * mirrored;
      let b = deepBlue * own + (frame[s + 2] as number) * 0.95 * mirrored;
      const aside = (x - sunX) * inversePath;
      // Beyond three widths of the path there is no glitter worth a power of e.
      if (glow > 0 && wave > -0.04 && aside > -3.2 && aside < 3.2) {
        // Where the water shows a shore or houses, the sun is behind them.
        const open = clamp((frame[s + 1] as number) * inverseSky - 0.9, 0, 1);
        const glitter = Math.exp(-aside * aside * 0.5) * smoothstep(0.06, 0.34, wave + 0.1) * glow * open;
        r += glitter * (sunRed - r * 0.3);
        g += glitter * (sunGreen - g * 0.3);
        b += glitter * (sunBlue - b * 0.3);
      }
      const foam = wave + 0.3 > crest ? smoothstep(crest, crest + 0.16, wave + 0.3) * whiteness : 0;
      const shade = 1 + wave * relief;
      frame[o] = r * shade + foam * 120;
      frame[o + 1] = g * shade + foam * 116;
      frame[o + 2] = b * shade + foam * 118;
    }
  }
}
