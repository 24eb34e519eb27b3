/**
 * What moves in a still picture by itself: grass, leaves and hair in the wind, ripples on water, drifting clouds, and light that
 * is never quite steady. Movements are waves around where a thing is, so that nothing is carried away, but for the clouds,
 * which drift no farther than the soft edge of the sky lets them.
 */
import { boxBlur } from '../pixels/box-blur.ts';
import type { PictureDepth } from '../pixels/depth.ts';
import { createMirrorWater } from '../pixels/mirror-water.ts';
import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, smoothstep } from '../pixels/numbers.ts';
import { NODE, type WarpMesh } from '../pixels/warp.ts';
import type { DrawnPace } from '../prompt/pace.ts';

export interface LifeOptions {
  readonly wind: boolean;
  /** The prompt speaks of water: what lies smooth and flat below the horizon may be some. */
  readonly water: boolean;
  /** The picture's lamps twinkle. */
  readonly lights: boolean;
  readonly pace: DrawnPace;
  readonly clipSeconds: number;
  readonly seed: number;
}

export interface Life {
  /** Moves the mesh's places, in shares of the picture from its middle, to where what is seen there was, and sets their gain. */
  readonly stir: (mesh: WarpMesh, seconds: number) => void;
}

/** In shares of the width; per second and in all. */
const CLOUD_SPEED = 0.0045;
const CLOUD_REACH = 0.03;
/** The sky's edge is as soft as this, wider than clouds ever drift. */
const CLOUD_EDGE = 0.02;
/** Brightness of a sun or a moon and what is around it. */
const GLARE = [0.86, 0.95] as const;
const WIND_REACH = 0.0085;
const STIFF_RADIUS = 0.025;
const RIPPLE_REACH = 0.0055;
const LIGHT_CHANGE = 0.05;
const GUSTY_LIGHT_CHANGE = 0.09;
/** The shadows of clouds that race over the land: stronger, and smaller. */
const HURRIED_LIGHT_CHANGE = 0.28;
const LIGHT_SPREAD = 0.16;
const HURRIED_SPREAD = 0.4;
const TWINKLE = 0.5;

/** What may move, for each place of a small picture; it can be handed to another thread. */
export interface LifeMaps {
  readonly width: number;
  readonly height: number;
  readonly pliant: Float32Array;
  readonly water: Float32Array;
  readonly clouds: Float32Array;
  readonly lamps: Float32Array;
  /** Where the water begins, in shares of the height from the middle. */
  readonly waterTop: number;
}

/**
 * How much the outlines around each place run one way, 0 to 1: slats, walls and masts do and stand stiff, leaves, hair and
 * grass do not.
 */
function stiffness({ mask, width, height }: PictureDepth): Float32Array {
  const { luma } = mask.features;
  const across = new Float32Array(luma.length);
  const down = new Float32Array(luma.length);
  const slant = new Float32Array(luma.length);
  for (let y = 0, i = 0; y < height - 1; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const dx = (luma[x < width - 1 ? i + 1 : i] as number) - (luma[i] as number);
      const dy = (luma[i + width] as number) - (luma[i] as number);
      across[i] = dx * dx;
      down[i] = dy * dy;
      slant[i] = dx * dy;
    }
  }
  const options = { plane: { width, height }, radius: Math.round(width * STIFF_RADIUS) };
  for (const values of [across, down, slant]) boxBlur(values, values, options);
  return across.map((dx, i) => {
    const dy = down[i] as number;
    return Math.hypot(dx - dy, 2 * (slant[i] as number)) / (dx + dy + 1e-6);
  });
}

/** Fine texture that is neither stiff nor sky nor water gives way to the wind, the nearer the more. */
function pliantMap(depth: PictureDepth, water: Float32Array): Float32Array {
  const { mask, sky, values } = depth;
  const { texture } = mask.features;
  const stiff = stiffness(depth);
  const pliant = new Float32Array(values.length);
  for (let i = 0; i < pliant.length; i += 1) {
    const loose = smoothstep(0.012, 0.06, texture[i] as number) * smoothstep(0.7, 0.45, stiff[i] as number);
    const free = (1 - (sky[i] as number)) * (1 - (water[i] as number));
    pliant[i] = loose * free * (0.25 + 0.75 * (values[i] as number));
  }
  boxBlur(pliant, pliant, { plane: depth, radius: Math.round(depth.width * 0.012) });
  return pliant;
}

/** Water that mirrors a blue sky is known by its colour; other water by lying flat, and only where the prompt tells of it. */
function waterMap({ mask, sky, width, height }: PictureDepth, isNamed: boolean): Float32Array {
  const mirror = createMirrorWater(mask);
  mirror.read();
  const water = Float32Array.from(mirror.share);
  if (!isNamed || water.reduce((sum, value) => sum + value, 0) > water.length * 0.04) return water;
  const { luma } = mask.features;
  const across = new Float32Array(luma.length);
  const down = new Float32Array(luma.length);
  for (let y = 0, i = 0; y < height - 1; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const here = luma[i] as number;
      across[i] = Math.abs((luma[x < width - 1 ? i + 1 : i] as number) - here);
      down[i] = Math.abs((luma[i + width] as number) - here);
    }
  }
  const options = { plane: { width, height }, radius: Math.round(width * 0.03) };
  boxBlur(across, across, options);
  boxBlur(down, down, options);
  const horizon = (mask.boundary.toSorted()[width >> 1] ?? 0) / height;
  const top = horizon > 0.1 && horizon < 0.8 ? horizon : 0.45;
  for (let i = 0; i < water.length; i += 1) {
    const y = ((i / width) | 0) / height;
    const flat = smoothstep(0.75, 1.25, ((down[i] as number) + 0.004) / ((across[i] as number) + 0.004));
    water[i] = flat * smoothstep(top + 0.01, top + 0.06, y) * (1 - (sky[i] as number));
  }
  boxBlur(water, water, options);
  return water;
}

/** Small and much brighter than what is around: lamps, lit windows. */
function lampMap({ mask, width, height }: PictureDepth): Float32Array {
  const { luma } = mask.features;
  const around = new Float32Array(luma.length);
  const plane = { width, height };
  boxBlur(luma, around, { plane, radius: Math.max(4, Math.round(width * 0.02)) });
  const lamps = luma.map(
    (value, i) => smoothstep(0.1, 0.28, value - (around[i] as number)) * smoothstep(0.3, 0.6, value),
  );
  boxBlur(lamps, lamps, { plane, radius: 1 });
  return lamps;
}

export function readLifeMaps(depth: PictureDepth, options: LifeOptions): LifeMaps {
  const { width, height, sky } = depth;
  const water = waterMap(depth, options.water);
  const first = water.findIndex((value) => value > 0.3);
  const clouds = Float32Array.from(sky);
  const edge = { plane: depth, radius: Math.round(width * CLOUD_EDGE) };
  for (let pass = 0; pass < 2; pass += 1) boxBlur(clouds, clouds, edge);
  const glare = depth.mask.features.luma.map((light, i) => smoothstep(...GLARE, light) * (sky[i] as number));
  for (let pass = 0; pass < 2; pass += 1) boxBlur(glare, glare, edge);
  for (let i = 0; i < clouds.length; i += 1) {
    // A sun that drifts with the clouds would bend where it meets the horizon.
    clouds[i] = smoothstep(0.55, 1, clouds[i] as number) * smoothstep(0.16, 0.01, glare[i] as number);
  }
  return {
    ...{ width, height, water, clouds },
    pliant: options.wind ? pliantMap(depth, water) : new Float32Array(0),
    lamps: options.lights ? lampMap(depth) : new Float32Array(0),
    waterTop: (first < 0 ? 1 : ((first / width) | 0) / height) - 0.5,
  };
}

interface Sway {
  x: number;
  y: number;
}

function addWind(pliant: number, u: number, v: number, seconds: number, target: Sway): void {
  const noise = softNoise();
  const gust = smoothstep(0.25, 0.75, sampleNoise(noise, u * 0.55 - seconds * 0.11, v * 0.4 + seconds * 0.015));
  const grain = sampleNoise(noise, u * 0.7, v * 0.7);
  const wave = Math.sin(seconds * (2.6 + 1.4 * grain) - u * 34 + grain * 9);
  const flutter = Math.sin(seconds * 6.3 + u * 90 + v * 60 + grain * 17) * 0.22;
  const sway = pliant * WIND_REACH * (0.25 + 0.75 * gust) * (0.35 + 0.65 * wave + flutter);
  target.x -= sway;
  target.y += Math.abs(sway) * 0.25 + flutter * pliant * WIND_REACH * 0.3;
}

function addRipples(water: number, near: number, u: number, v: number, seconds: number, target: Sway): void {
  const grain = sampleNoise(fineNoise(), u * 0.9 + seconds * 0.012, v * 1.9 - seconds * 0.02);
  const length = 0.04 + 0.1 * near;
  const phase = ((v * 6.28) / length) * (1 - 0.35 * near) - seconds * (2.2 - 0.7 * near) + grain * 11;
  const lift = water * RIPPLE_REACH * (0.3 + near);
  target.y += Math.sin(phase + Math.sin(u * 9 + seconds * 0.7)) * lift;
  target.x += Math.sin(phase * 0.7 + u * 14) * lift * 0.6;
}

export function createLife(maps: LifeMaps, options: LifeOptions): Life {
  const { width, height, waterTop } = maps;
  const { pace } = options;
  const isHurried = pace.sky > 1;
  const spread = isHurried ? HURRIED_SPREAD : LIGHT_SPREAD;
  const speed = Math.min(CLOUD_SPEED * pace.sky, CLOUD_REACH / options.clipSeconds);
  const phase = (options.seed % 61) / 61;
  const change = isHurried ? HURRIED_LIGHT_CHANGE : options.wind ? GUSTY_LIGHT_CHANGE : LIGHT_CHANGE;
  const sway: Sway = { x: 0, y: 0 };
  return {
    stir({ nodes }, ownSeconds) {
      const seconds = ownSeconds * pace.world;
      const skySeconds = ownSeconds * pace.sky;
      const drift = speed * ownSeconds;
      // Nothing has changed yet at the first moment: a clip begins with its picture.
      const shine = 2 * change * smoothstep(0, 1.5, ownSeconds);
      const twinkle = TWINKLE * smoothstep(0, 1, ownSeconds);
      for (let o = 0; o < nodes.length; o += NODE) {
        const u = nodes[o] as number;
        const v = nodes[o + 1] as number;
        const x = clamp(((u + 0.5) * width) | 0, 0, width - 1);
        const y = clamp(((v + 0.5) * height) | 0, 0, height - 1);
        const i = y * width + x;
        // Seen from a place in the frame the clouds come from where they were.
        sway.x = -(maps.clouds[i] as number) * drift;
        sway.y = 0;
        const water = maps.water[i] as number;
        if (water > 0.02) addRipples(water, clamp((v - waterTop) / (0.5 - waterTop), 0, 1), u, v, seconds, sway);
        if (options.wind && (maps.pliant[i] as number) > 0.01) addWind(maps.pliant[i] as number, u, v, seconds, sway);
        const light = sampleNoise(
          softNoise(),
          u * spread - skySeconds * 0.014 + phase,
          v * spread + skySeconds * 0.006,
        );
        let gain = 1 + (light - 0.5) * shine;
        if (options.lights && (maps.lamps[i] as number) > 0) {
          const own = sampleNoise(fineNoise(), u * 5.3 + phase, v * 5.3) * 40;
          gain += (maps.lamps[i] as number) * twinkle * Math.sin(seconds * (1.5 + (own % 2)) + own);
        }
        nodes[o] = u + sway.x;
        nodes[o + 1] = v + sway.y;
        nodes[o + 2] = gain;
      }
    },
  };
}
