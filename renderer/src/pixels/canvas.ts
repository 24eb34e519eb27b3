/**
 * A picture that goes on beyond its edges: mirrored there, and softer the farther out, so that a camera which pulls back
 * or moves on never shows a border.
 */
import type { Size } from '../geometry.ts';
import type { Similarity } from '../morph/similarity.ts';
import { boxBlur } from './box-blur.ts';
import { mix, smoothstep } from './numbers.ts';
import { type Picture, packPicture } from './picture.ts';
import { sampleInto } from './warp.ts';

/** Detail is lost over this share of the short side, and how much of it. */
const REACH_OF_DETAIL = 0.16;
const SOFTENED = 0.8;
/** The softness, in widths, of what was seen before towards what is invented. */
const SEEN_EDGE = 0.04;

/** Position mirrored into `0 .. length - 1`. */
function mirror(position: number, length: number): number {
  const period = 2 * (length - 1);
  const folded = ((position % period) + period) % period;
  return folded < length ? folded : period - folded;
}

function blurred(rgb: Uint8Array, size: Size, radius: number): Uint8Array {
  const count = size.width * size.height;
  const channel = new Float32Array(count);
  const scratch = new Float32Array(count);
  const result = new Uint8Array(rgb.length);
  for (let offset = 0; offset < 3; offset += 1) {
    for (let i = 0; i < count; i += 1) channel[i] = rgb[i * 3 + offset] as number;
    boxBlur(channel, channel, { plane: size, radius, scratch });
    boxBlur(channel, channel, { plane: size, radius, scratch });
    for (let i = 0; i < count; i += 1) result[i * 3 + offset] = channel[i] as number;
  }
  return result;
}

function extendPicture(rgb: Uint8Array, size: Size, margin: Size): Uint8Array {
  const width = size.width + margin.width * 2;
  const height = size.height + margin.height * 2;
  const extended = new Uint8Array(width * height * 3);
  for (let y = 0, o = 0; y < height; y += 1) {
    const row = mirror(y - margin.height, size.height) * size.width;
    for (let x = 0; x < width; x += 1, o += 3) {
      const i = (row + mirror(x - margin.width, size.width)) * 3;
      extended[o] = rgb[i] as number;
      extended[o + 1] = rgb[i + 1] as number;
      extended[o + 2] = rgb[i + 2] as number;
    }
  }
  return extended;
}

/** Outside the picture's own area: the blurred copy, the farther out the more. What is mirrored sharply shows faces in rocks. */
function soften(extended: Uint8Array, soft: Uint8Array, outer: Size, margin: Size): void {
  const reach = Math.min(outer.width, outer.height) * REACH_OF_DETAIL;
  for (let y = 0, o = 0; y < outer.height; y += 1) {
    const dy = Math.max(0, margin.height - y, y - (outer.height - 1 - margin.height));
    for (let x = 0; x < outer.width; x += 1, o += 3) {
      const dx = Math.max(0, margin.width - x, x - (outer.width - 1 - margin.width));
      if (dx === 0 && dy === 0) continue;
      const share = smoothstep(0, reach, Math.hypot(dx, dy)) * SOFTENED;
      for (let c = o; c < o + 3; c += 1) extended[c] = mix(extended[c] as number, soft[c] as number, share);
    }
  }
}

/**
 * Above the picture most often is sky, and a mirrored sky shows clouds and suns twice: there the upper edge's own colours go
 * on, blurred.
 */
function continueUpwards(extended: Uint8Array, outer: Size, margin: Size): void {
  const rows = 12;
  const strip: Size = { width: outer.width, height: rows };
  const start = margin.height * outer.width * 3;
  const edge = blurred(extended.slice(start, start + outer.width * rows * 3), strip, Math.round(outer.width / 40));
  for (let y = 0, o = 0; y < margin.height; y += 1) {
    const share = smoothstep(0, margin.height * 0.35, margin.height - y);
    for (let i = 0; i < outer.width * 3; i += 1, o += 1)
      extended[o] = mix(extended[o] as number, edge[i] as number, share);
  }
}

/** A frame from before, and where the picture's points were in it as far as the camera goes; in half widths. */
export interface SeenBefore {
  readonly rgb: Uint8Array;
  readonly camera: Similarity;
}

/** Where a camera comes from there is no need to invent: what it showed there goes on into what is invented, softly. */
function addSeen(extended: Uint8Array, size: Size, margin: Size, { rgb, camera }: SeenBefore): void {
  const before = packPicture(rgb, size);
  const half = size.width / 2;
  const soft = size.width * SEEN_EDGE;
  const width = size.width + margin.width * 2;
  const colour = new Uint8Array(3);
  for (let o = 0, i = 0; o < extended.length; o += 3, i += 1) {
    const x = (i % width) - margin.width;
    const y = ((i / width) | 0) - margin.height;
    const outside = Math.max(-x, x - size.width + 1, -y, y - size.height + 1);
    if (outside <= 0) continue;
    const qx = (x + 0.5 - half) / half;
    const qy = (y + 0.5 - size.height / 2) / half;
    const px = (camera.mx * qx - camera.my * qy + camera.dx) * half + half - 0.5;
    const py = (camera.mx * qy + camera.my * qx + camera.dy) * half + size.height / 2 - 0.5;
    const inside = Math.min(px, size.width - 1 - px, py, size.height - 1 - py);
    if (inside <= 0) continue;
    sampleInto(before, px, py, colour, 0);
    const share = smoothstep(0, soft, inside);
    for (let c = 0; c < 3; c += 1) extended[o + c] = mix(extended[o + c] as number, colour[c] as number, share) + 0.5;
  }
}

/** The picture stays in the middle. `reach` is how far views reach from the middle, in halves of the picture's width (and in proportion upwards). */
export function createCanvas(rgb: Uint8Array, size: Size, reach: number, seen?: SeenBefore): Picture {
  const margin: Size = {
    width: Math.ceil((size.width / 2) * (reach - 1)) + 4,
    height: Math.ceil((size.height / 2) * (reach - 1)) + 4,
  };
  const outer: Size = { width: size.width + margin.width * 2, height: size.height + margin.height * 2 };
  const extended = extendPicture(rgb, size, margin);
  soften(extended, blurred(extended, outer, Math.round(size.height / 34)), outer, margin);
  continueUpwards(extended, outer, margin);
  if (seen !== undefined) addSeen(extended, size, margin, seen);
  return packPicture(extended, outer);
}
