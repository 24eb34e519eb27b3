/**
 * Cuts moving subjects out of a source's last frame and has them go on before their ground. What a subject hid is taken from an
 * earlier frame, where it had not come yet; what was never seen is filled from around it.
 */
import type { Size } from '../geometry.ts';
import type { Similarity } from '../morph/similarity.ts';
import { boxBlur } from '../pixels/box-blur.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import { type Picture, packPicture } from '../pixels/picture.ts';
import { sampleInto } from '../pixels/warp.ts';
import type { Moment } from './canvas-view.ts';
import { type Crop, createGait, type Gait, type Pose } from './gait.ts';
import { JUST_BEFORE, patchesOf, type Subject } from './subjects.ts';

export interface Mover {
  /** Its place in the last frame, in pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** How it moves in itself. */
  readonly gait: Gait;
  /** Pixels per frame. */
  readonly x: number;
  readonly y: number;
  /** Frames of its speed until it comes to rest. */
  readonly frames: number;
}

export interface Cutting {
  /** The last frame without its subjects. */
  readonly ground: Uint8Array;
  readonly movers: readonly Mover[];
}

export interface CutSource {
  readonly last: Uint8Array;
  readonly size: Size;
  /** The small picture that subjects' pixels are of, and the frames in which they came their way. */
  readonly small: Size;
  readonly gap: number;
  /** A frame from before, how long before, and where the last one's points were in it as far as the camera goes. */
  readonly ground: Uint8Array;
  readonly groundGap: number;
  readonly camera: Similarity;
  /** What moved in the frames before the last one. */
  readonly crops: readonly Crop[];
}

/** Of a measured speed: a little too fast shows as a jump at the seam, a little too slow does not. */
const CAREFUL = 0.95;
/** A subject that comes in over the edge has no more than what is seen of it. */
const REST_FRAMES = 140;
const ENTERING_FRAMES = 5;
/** Differences to the ground, 0 to 255, from which on a pixel is the subject's. */
const CONTRAST = [8, 26] as const;
/** The same beside what has moved as a whole, so many small pixels around it. */
const NEAR_CONTRAST = [18, 34] as const;
const NEAR = 6;
const INPAINT_RADIUS = 7;
/** Of a subject's share in a pixel: less is not seen. */
const LEAST_SHARE = 0.004;
/** The share of a speed that a direction needs to count as where a thing goes. */
const HEADING = 0.3;

/** The subject's pixels with its holes filled: what lies between two of them both across and down. */
function solidMask({ pixels }: Subject, { width, height }: Size): Float32Array {
  const mask = new Float32Array(width * height);
  const columns = { first: new Int32Array(width).fill(height), last: new Int32Array(width).fill(-1) };
  const rows = { first: new Int32Array(height).fill(width), last: new Int32Array(height).fill(-1) };
  for (const i of pixels) {
    const x = i % width;
    const y = (i / width) | 0;
    columns.first[x] = Math.min(columns.first[x] as number, y);
    columns.last[x] = Math.max(columns.last[x] as number, y);
    rows.first[y] = Math.min(rows.first[y] as number, x);
    rows.last[y] = Math.max(rows.last[y] as number, x);
  }
  for (let i = 0; i < mask.length; i += 1) {
    const x = i % width;
    const y = (i / width) | 0;
    const isBetween =
      y >= (columns.first[x] as number) &&
      y <= (columns.last[x] as number) &&
      x >= (rows.first[y] as number) &&
      x <= (rows.last[y] as number);
    mask[i] = isBetween ? 1 : 0;
  }
  return mask;
}

/** What has just changed is where a thing is and where it just was: only what is one and the other's end is the thing. */
function withoutTrail(mask: Float32Array, { width, height }: Size, dx: number, dy: number): Float32Array {
  return mask.map((value, i) => {
    const x = (i % width) - dx;
    const y = ((i / width) | 0) - dy;
    const isInside = x >= 0 && y >= 0 && x < width && y < height;
    return isInside ? Math.min(value, mask[y * width + x] as number) : value;
  });
}

/** Only the largest part: what is left beside it is a remnant of the trail. */
function largestPart(mask: Float32Array, plane: Size): Float32Array {
  const part = new Float32Array(mask.length);
  const [pixels = []] = patchesOf(
    Uint8Array.from(mask, (value) => (value > 0 ? 1 : 0)),
    plane,
  );
  for (const i of pixels) part[i] = 1;
  return part;
}

/** The mask a little wider, with a soft edge. */
function softMask(mask: Float32Array, plane: Size): Float32Array {
  const wide = Float32Array.from(mask);
  boxBlur(wide, wide, { plane, radius: 1 });
  for (let i = 0; i < wide.length; i += 1) wide[i] = (wide[i] as number) > 0.1 ? 1 : 0;
  boxBlur(wide, wide, { plane, radius: 1 });
  return wide;
}

/** The mask and so many small pixels around it, with a soft edge. */
function widened(mask: Float32Array, plane: Size, by: number): Float32Array {
  const wide = Float32Array.from(mask);
  boxBlur(wide, wide, { plane, radius: by });
  for (let i = 0; i < wide.length; i += 1) wide[i] = (wide[i] as number) > 0.004 ? 1 : 0;
  boxBlur(wide, wide, { plane, radius: 1 });
  return wide;
}

/** Small planes read at the frame's own pixels, bilinear. */
function readSmall(values: Float32Array, { width, height }: Size, size: Size, x: number, y: number): number {
  const px = clamp(((x + 0.5) * width) / size.width - 0.5, 0, width - 1.001);
  const py = clamp(((y + 0.5) * height) / size.height - 0.5, 0, height - 1.001);
  const i = (py | 0) * width + (px | 0);
  const upper = mix(values[i] as number, values[i + 1] as number, px % 1);
  return mix(upper, mix(values[i + width] as number, values[i + width + 1] as number, px % 1), py % 1);
}

type Planes = readonly [Float32Array, Float32Array, Float32Array];

/** The colours around the masks, carried into them. */
function fillFromAround(last: Uint8Array, size: Size, small: Size, masks: readonly Float32Array[]): Planes {
  const count = small.width * small.height;
  const blur = (values: Float32Array) => {
    for (let pass = 0; pass < 2; pass += 1) boxBlur(values, values, { plane: small, radius: INPAINT_RADIUS });
  };
  const weight = new Float32Array(count).map(
    (_, i) => masks.reduce((rest, mask) => rest * (1 - (mask[i] as number)), 1) + 1e-4,
  );
  const total = Float32Array.from(weight);
  blur(total);
  const plane = (channel: number) => {
    const values = weight.map((share, i) => {
      const x = Math.floor((((i % small.width) + 0.5) * size.width) / small.width);
      const y = Math.floor((((i / small.width) | 0) + 0.5) * (size.height / small.height));
      return (last[(y * size.width + x) * 3 + channel] as number) * share;
    });
    blur(values);
    return values.map((value, i) => value / (total[i] as number));
  };
  return [plane(0), plane(1), plane(2)];
}

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function boxOf(mask: Float32Array, small: Size, size: Size): Bounds {
  const box = { left: small.width, top: small.height, right: 0, bottom: 0 };
  for (let i = 0; i < mask.length; i += 1) {
    // Blurring leaves traces of rounding.
    if ((mask[i] as number) < LEAST_SHARE) continue;
    const x = i % small.width;
    const y = (i / small.width) | 0;
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  const across = size.width / small.width;
  const down = size.height / small.height;
  return {
    left: Math.max(0, Math.floor((box.left - 1) * across)),
    top: Math.max(0, Math.floor((box.top - 1) * down)),
    right: Math.min(size.width, Math.ceil((box.right + 2) * across)),
    bottom: Math.min(size.height, Math.ceil((box.bottom + 2) * down)),
  };
}

/** A thing that is cut by the frame's edge and moves away from it would show that it is cut. */
function isEntering(box: Bounds, size: Size, x: number, y: number): boolean {
  const heading = HEADING * Math.hypot(x, y);
  const isFromSide = (box.left === 0 && x > heading) || (box.right === size.width && x < -heading);
  return isFromSide || (box.top === 0 && y > heading) || (box.bottom === size.height && y < -heading);
}

/** Arms and legs reach farther than they do in the last frame. */
const ROOM_ASIDE = 0.3;
const ROOM_ABOVE = 0.12;

interface CutSubject {
  readonly bounds: Bounds;
  /** How much of each pixel in the bounds is the subject's. */
  readonly alpha: Float32Array;
  readonly x: number;
  readonly y: number;
}

function toMover({ bounds, alpha, x, y }: CutSubject, ground: Picture, { last, size, crops }: CutSource): Mover {
  const [across, down] = [bounds.right - bounds.left, bounds.bottom - bounds.top];
  const aside = Math.round(across * ROOM_ASIDE);
  const above = Math.round(down * ROOM_ABOVE);
  const box = {
    left: bounds.left - aside,
    top: bounds.top - above,
    width: across + 2 * aside,
    height: down + 2 * above,
  };
  const pose: Pose = {
    picture: { width: box.width, height: box.height, packed: new Uint32Array(box.width * box.height) },
    alpha: new Float32Array(box.width * box.height),
  };
  for (let i = 0; i < pose.alpha.length; i += 1) {
    const column = (i % box.width) + box.left;
    const row = ((i / box.width) | 0) + box.top;
    const o = (clamp(row, 0, size.height - 1) * size.width + clamp(column, 0, size.width - 1)) * 3;
    pose.picture.packed[i] = (last[o] as number) | ((last[o + 1] as number) << 8) | ((last[o + 2] as number) << 16);
    const isInside = column >= bounds.left && column < bounds.right && row >= bounds.top && row < bounds.bottom;
    if (isInside) pose.alpha[i] = alpha[(row - bounds.top) * across + column - bounds.left] as number;
  }
  const frames = isEntering(bounds, size, x, y) ? ENTERING_FRAMES : REST_FRAMES;
  return { ...box, x, y, frames, gait: createGait({ last: pose, box, x, y, size, ground, crops }) };
}

interface Plates {
  /** The last frame, from which subjects are taken out. */
  readonly ground: Uint8Array;
  /** The frame from before, and what is around each subject. */
  readonly before: Picture;
  readonly around: Planes;
}

/** Takes a subject out of the ground. What is near it and differs from the ground before is its own, as a foot is that just stood. */
function takeOut({ dx, dy }: Subject, mask: Float32Array, source: CutSource, plates: Plates): CutSubject {
  const { last, size, small, camera } = source;
  const { ground, before, around } = plates;
  const half = size.width / 2;
  const seen = new Uint8Array(3);
  const near = widened(mask, small, NEAR);
  const covered = mask;
  const x = CAREFUL * (dx / source.gap) * (size.width / small.width);
  const y = CAREFUL * (dy / source.gap) * (size.height / small.height);
  const bounds = boxOf(near, small, size);
  const width = bounds.right - bounds.left;
  const alpha = new Float32Array(width * (bounds.bottom - bounds.top));
  for (let row = bounds.top, i = 0; row < bounds.bottom; row += 1) {
    for (let column = bounds.left; column < bounds.right; column += 1, i += 1) {
      const close = readSmall(near, small, size, column, row);
      if (close < LEAST_SHARE) continue;
      const inside = readSmall(mask, small, size, column, row);
      const hidden = readSmall(covered, small, size, column + x * source.groundGap, row + y * source.groundGap);
      const qx = (column + 0.5 - half) / half;
      const qy = (row + 0.5 - size.height / 2) / half;
      const px = (camera.mx * qx - camera.my * qy + camera.dx) * half + half - 0.5;
      const py = (camera.mx * qy + camera.my * qx + camera.dy) * half + size.height / 2 - 0.5;
      const isSeen = hidden < 0.05 && px >= 0 && py >= 0 && px <= size.width - 1 && py <= size.height - 1;
      if (isSeen) sampleInto(before, px, py, seen, 0);
      const o = (row * size.width + column) * 3;
      let difference = 0;
      for (let c = 0; c < 3; c += 1)
        difference = Math.max(difference, Math.abs((last[o + c] as number) - (seen[c] as number)));
      const own = isSeen
        ? Math.max(
            smoothstep(0, 0.6, inside) * smoothstep(...CONTRAST, difference),
            close * smoothstep(...NEAR_CONTRAST, difference),
          )
        : smoothstep(0.5, 0.95, inside);
      const share = isSeen ? Math.max(smoothstep(0, 0.5, inside), own) : own;
      for (let c = 0; c < 3; c += 1) {
        const behind = isSeen ? (seen[c] as number) : readSmall(around[c] as Float32Array, small, size, column, row);
        ground[o + c] = mix(last[o + c] as number, behind, share) + 0.5;
      }
      alpha[i] = own;
    }
  }
  return { bounds, alpha, x, y };
}

export function cutOut(subjects: readonly Subject[], source: CutSource): Cutting {
  const { last, size, small } = source;
  const masked = subjects
    .map((subject) => {
      const share = JUST_BEFORE / source.gap;
      const [dx, dy] = [Math.round(subject.dx * share), Math.round(subject.dy * share)];
      return {
        subject,
        mask: softMask(largestPart(withoutTrail(solidMask(subject, small), small, dx, dy), small), small),
      };
    })
    // What is narrower than its own way is all trail: nothing is left of it to cut out.
    .filter(({ mask }) => mask.some((value) => value > 0));
  if (masked.length === 0) return { ground: last, movers: [] };
  const ground = Uint8Array.from(last);
  const before = packPicture(source.ground, size);
  const around = fillFromAround(
    last,
    size,
    small,
    masked.map(({ mask }) => mask),
  );
  const cuts = masked.map(({ subject, mask }) => takeOut(subject, mask, source, { ground, before, around }));
  const plate = packPicture(ground, size);
  return { ground, movers: cuts.map((cut) => toMover(cut, plate, source)) };
}

function alphaAt({ picture: { width, height }, alpha }: Pose, px: number, py: number): number {
  if (px < 0 || py < 0 || px >= width - 1 || py >= height - 1) return 0;
  const i = (py | 0) * width + (px | 0);
  const upper = mix(alpha[i] as number, alpha[i + 1] as number, px % 1);
  return mix(upper, mix(alpha[i + width] as number, alpha[i + width + 1] as number, px % 1), py % 1);
}

export type PaintMovers = (moment: Moment, out: Uint8Array) => void;

/** Paints the subjects over a frame that shows their ground. */
export function createMoverPainter(movers: readonly Mover[], size: Size): PaintMovers {
  const half = size.width / 2;
  const colour = new Uint8Array(3);
  return ({ view, frame }, out) => {
    const cos = Math.cos(view.roll) * view.scale;
    const sin = Math.sin(view.roll) * view.scale;
    for (const mover of movers) {
      const gone = mover.frames * (1 - Math.exp(-frame / mover.frames));
      const pose = mover.gait(gone);
      // The view turned round: where in the frame the middle of the subject is seen, and how far it reaches there at most.
      const mx = (mover.left + mover.width / 2 + mover.x * gone - half) / half - view.x;
      const my = (mover.top + mover.height / 2 + mover.y * gone - size.height / 2) / half - view.y;
      const square = cos * cos + sin * sin;
      const centreX = ((mx * cos + my * sin) / square) * half + half;
      const centreY = ((my * cos - mx * sin) / square) * half + size.height / 2;
      const reach = Math.hypot(mover.width, mover.height) / 2 / view.scale + 2;
      const right = Math.min(size.width, Math.ceil(centreX + reach));
      const bottom = Math.min(size.height, Math.ceil(centreY + reach));
      for (let y = Math.max(0, Math.floor(centreY - reach)); y < bottom; y += 1) {
        const qy = (y + 0.5 - size.height / 2) / half;
        for (let x = Math.max(0, Math.floor(centreX - reach)); x < right; x += 1) {
          const qx = (x + 0.5 - half) / half;
          const px = (qx * cos - qy * sin + view.x) * half + half - 0.5 - mover.x * gone - mover.left;
          const py = (qx * sin + qy * cos + view.y) * half + size.height / 2 - 0.5 - mover.y * gone - mover.top;
          const share = alphaAt(pose, px, py);
          if (share < LEAST_SHARE) continue;
          sampleInto(pose.picture, px, py, colour, 0);
          const o = (y * size.width + x) * 3;
          for (let c = 0; c < 3; c += 1) out[o + c] = mix(out[o + c] as number, colour[c] as number, share) + 0.5;
        }
      }
    }
  };
}
