/** Puts another sky behind a video's ground and lights the ground by it. */
import type { Size } from '../geometry.ts';
import { estimateMotion, type Luma, shrinkLuma } from '../motion/estimate.ts';
import { createEnlarger } from './enlarge.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { SkyPalette } from './palette.ts';
import { createSkyBuffer, paintSky, type SkyView, sunPlace } from './sky.ts';
import type { SkyMask } from './sky-mask.ts';
import { createStars, eachStarPixel } from './stars.ts';

/** The width motion is measured at. */
const MOTION_WIDTH = 160;
const HORIZON_MEMORY = 0.95;

export interface SkyReplacement {
  /** Paints frame number `frame`; `mask` has read it already. */
  readonly paint: (source: Uint8Array, frame: number, seconds: number, out: Uint8Array) => void;
}

/** Far things move as the sky does, near ones faster: what is well below the boundary hardly counts. */
function farWeights({ features, boundary }: SkyMask): Luma {
  const { width, height } = features;
  const values = new Float32Array(width * height);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      values[i] = 0.04 + smoothstep(0.3, 0.02, (y - (boundary[x] as number)) / height);
    }
  }
  return { width, height, values };
}

interface CameraTrack {
  x: number;
  y: number;
  horizon: number;
  luma: Luma | undefined;
}

function followCamera(track: CameraTrack, mask: SkyMask, size: Size, isFirst: boolean): void {
  const { width, height, luma, factor } = mask.features;
  const now = shrinkLuma({ width, height, values: luma }, Math.min(MOTION_WIDTH, width));
  if (track.luma !== undefined) {
    const motion = estimateMotion(track.luma, now, farWeights(mask));
    track.x += (motion.x * size.width) / 2;
    track.y += clamp((motion.y * size.width) / 2, -6, 6);
  }
  track.luma = now;
  const lowest = mask.boundary.toSorted()[Math.floor(mask.boundary.length * 0.97)] ?? height / 2;
  const horizon = clamp(lowest * factor + size.height * 0.06, size.height * 0.3, size.height);
  track.horizon = isFirst ? horizon : mix(horizon, track.horizon, HORIZON_MEMORY);
}

interface Light {
  readonly palette: SkyPalette;
  readonly size: Size;
  readonly view: SkyView;
}

/** One row of ground: less saturated, exposed and tinted by the new light, its highlights and far parts in the air's colour. */
function relightRow(source: Uint8Array, y: number, { palette, size, view }: Light, out: Uint8Array): void {
  const { tint, exposure, haze, sun } = palette;
  const place = sunPlace(palette, view, size.width);
  const far = smoothstep(view.horizon + size.height * 0.38, view.horizon - size.height * 0.1, y) * 0.13;
  const rowStart = y * size.width * 3;
  for (let x = 0, o = rowStart; x < size.width; x += 1, o += 3) {
    const r0 = source[o] as number;
    const g0 = source[o + 1] as number;
    const b0 = source[o + 2] as number;
    const light = 0.3 * r0 + 0.59 * g0 + 0.11 * b0;
    const bright = smoothstep(150, 240, light) * 0.18;
    let r = mix(light, r0, 0.85) * tint[0] * exposure;
    let g = mix(light, g0, 0.85) * tint[1] * exposure;
    let b = mix(light, b0, 0.85) * tint[2] * exposure;
    r = mix(r + bright * (haze[0] - r), haze[0], far);
    g = mix(g + bright * (haze[1] - g), haze[1], far);
    b = mix(b + bright * (haze[2] - b), haze[2], far);
    if (place !== undefined && sun !== undefined) {
      const dx = (x - place.x) / size.height;
      const dy = (y - place.y) / size.height;
      const glow = (0.12 * sun.strength) / (1 + (dx * dx + dy * dy) * 5);
      r += glow * sun.colour[0];
      g += glow * sun.colour[1] * 0.7;
      b += glow * sun.colour[2] * 0.35;
    }
    out[o] = clamp(r, 0, 255);
    out[o + 1] = clamp(g, 0, 255);
    out[o + 2] = clamp(b, 0, 255);
  }
}

function coverRow(out: Uint8Array, start: number, alpha: Float32Array, sky: Float32Array): void {
  for (let x = 0, o = start, i = 0; x < alpha.length; x += 1, o += 3, i += 3) {
    const share = alpha[x] as number;
    if (share < 0.004) continue;
    out[o] = clamp(mix(out[o] as number, sky[i] as number, share), 0, 255);
    out[o + 1] = clamp(mix(out[o + 1] as number, sky[i + 1] as number, share), 0, 255);
    out[o + 2] = clamp(mix(out[o + 2] as number, sky[i + 2] as number, share), 0, 255);
  }
}

export function createSkyReplacement(mask: SkyMask, palette: SkyPalette, size: Size, seed: number): SkyReplacement {
  const sky = createSkyBuffer(size.width, size.height);
  const full = { fullWidth: size.width, fullHeight: size.height };
  const skyRows = createEnlarger({ values: sky.rgb, width: sky.width, height: sky.height, channels: 3, ...full });
  const { width, height } = mask.features;
  const maskRows = createEnlarger({ values: mask.alpha, width, height, channels: 1, ...full });
  const stars = palette.stars ? createStars(seed) : [];
  const track: CameraTrack = { x: 0, y: 0, horizon: size.height / 2, luma: undefined };

  function paint(source: Uint8Array, frame: number, seconds: number, out: Uint8Array): void {
    followCamera(track, mask, size, frame === 0);
    const view = { seconds, horizon: track.horizon, offsetX: track.x, offsetY: track.y, seed: (seed % 89) / 89 };
    const lowest = mask.boundary.reduce((most, row) => Math.max(most, row), 0);
    const skyEnd = Math.min(size.height, lowest * mask.features.factor + 24);
    paintSky(sky, palette, view, skyEnd);
    const light: Light = { palette, size, view };
    for (let y = 0; y < size.height; y += 1) {
      relightRow(source, y, light, out);
      if (y < skyEnd) coverRow(out, y * size.width * 3, maskRows.row(y), skyRows.row(y));
    }
    eachStarPixel(stars, { ...size, ...view }, (x, y, brightness) => {
      const small =
        Math.min(height - 1, (y / mask.features.factor) | 0) * width +
        Math.min(width - 1, (x / mask.features.factor) | 0);
      const o = (y * size.width + x) * 3;
      const added = brightness * (mask.alpha[small] as number) ** 2;
      for (let channel = 0; channel < 3; channel += 1)
        out[o + channel] = Math.min(255, (out[o + channel] as number) + added);
    });
  }

  return { paint };
}
