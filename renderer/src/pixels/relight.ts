/** Lights ground by another sky. */
import type { Size } from '../geometry.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import type { SkyPalette } from './palette.ts';
import { type SkyView, sunPlace } from './sky.ts';

export interface Light {
  readonly palette: SkyPalette;
  readonly size: Size;
  readonly view: SkyView;
  /** 0 leaves the picture alone, 1 lights it fully. */
  readonly strength: number;
}

/** How far a brightness counts as a highlight, for each of the 256. */
const HIGHLIGHTS = Float32Array.from({ length: 256 }, (_, luma) => smoothstep(150, 240, luma) * 0.18);
/** Above this share the new sky covers what is under it. */
const COVERED = 0.996;

/**
 * One row: less saturated, exposed and tinted, its highlights and far parts in the air's colour, warm near a low sun. `row` is packed RGB of
 * row `y`, `sky` its share of new sky.
 */
export function relightRow(
  row: Uint8Array,
  y: number,
  light: Light,
  sky: Float32Array | undefined,
  out: Uint8Array,
): void {
  const { palette, size, view, strength } = light;
  const { tint, exposure, haze, sun } = palette;
  const place = sunPlace(palette, view, size.width);
  const far = smoothstep(view.horizon + size.height * 0.38, view.horizon - size.height * 0.1, y) * 0.13;
  const dy = place === undefined ? 0 : (y - place.y) / size.height;
  for (let x = 0, i = 0, o = y * size.width * 3; x < size.width; x += 1, i += 3, o += 3) {
    if (sky !== undefined && strength === 1 && (sky[x] as number) > COVERED) continue;
    const red = row[i] as number;
    const green = row[i + 1] as number;
    const blue = row[i + 2] as number;
    const luma = 0.3 * red + 0.59 * green + 0.11 * blue;
    const bright = HIGHLIGHTS[luma | 0] as number;
    let r = mix(luma, red, 0.85) * tint[0] * exposure;
    let g = mix(luma, green, 0.85) * tint[1] * exposure;
    let b = mix(luma, blue, 0.85) * tint[2] * exposure;
    r = mix(r + bright * (haze[0] - r), haze[0], far);
    g = mix(g + bright * (haze[1] - g), haze[1], far);
    b = mix(b + bright * (haze[2] - b), haze[2], far);
    if (place !== undefined && sun !== undefined) {
      const dx = (x - place.x) / size.height;
      const glow = (0.12 * sun.strength * exposure) / (1 + (dx * dx + dy * dy) * 5);
      r += glow * sun.colour[0];
      g += glow * sun.colour[1] * 0.7;
      b += glow * sun.colour[2] * 0.35;
    }
    out[o] = clamp(mix(red, r, strength) + 0.5, 0, 255);
    out[o + 1] = clamp(mix(green, g, strength) + 0.5, 0, 255);
    out[o + 2] = clamp(mix(blue, b, strength) + 0.5, 0, 255);
  }
}
