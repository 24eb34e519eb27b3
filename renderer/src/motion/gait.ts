/**
 * How a subject moves in itself while it goes its way: the poses it had in the source's last frames, each cut out against the ground,
 * and the order in which they go on. A walk repeats its last stride; what has no stride that repeats swings back and forth; what
 * keeps its shape, as a car does, needs one pose only.
 */
import type { Size } from '../geometry.ts';
import type { Similarity } from '../morph/similarity.ts';
import { boxBlur } from '../pixels/box-blur.ts';
import { smoothstep } from '../pixels/numbers.ts';
import { type Picture, packPicture } from '../pixels/picture.ts';
import { sampleInto } from '../pixels/warp.ts';

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** A part of a frame from before, where something moved. */
export interface Crop extends Box {
  readonly rgb: Uint8Array;
  /** How many frames before the last one. */
  readonly age: number;
  /** Where the last frame's points were in it as far as the camera goes. */
  readonly camera: Similarity;
}

export interface Pose {
  readonly picture: Picture;
  /** How much of each pixel is the subject's. */
  readonly alpha: Float32Array;
}

/** The pose at a distance from the seam, in frames of the subject's own speed. */
export type Gait = (gone: number) => Pose;

export interface GaitSource {
  /** The pose in the last frame; all poses are as large. */
  readonly last: Pose;
  readonly box: Box;
  /** Pixels per frame, in the last frame's plane. */
  readonly x: number;
  readonly y: number;
  readonly size: Size;
  /** The last frame without its subjects. */
  readonly ground: Picture;
  readonly crops: readonly Crop[];
}

/** Differences to the ground, 0 to 255, from which on a pixel is the subject's. */
const CONTRAST = [14, 34] as const;
/** A subject's share of the box's border region: what is seen there belongs to something else. */
const SOFT_BORDER = 0.12;
/** A stride takes so many frames at least. */
const SHORTEST = 6;
/** Mean difference between poses, in levels, up to which a subject keeps its shape. */
const RIGID = 16;
/** A stride repeats where its end differs from its beginning by less than this share of what poses differ by otherwise. */
const REPEATED = 0.75;

/** The crop as the last frame's camera would have seen it with the subject at its last place; undefined outside of the crop. */
function poseIn(crop: Crop, { box, x, y, size, ground }: GaitSource): Pose {
  const { width, height } = box;
  const { camera, age } = crop;
  const before = packPicture(crop.rgb, crop);
  const half = size.width / 2;
  const rgb = new Uint8Array(width * height * 3);
  const alpha = new Float32Array(width * height);
  const behind = new Uint8Array(3);
  for (let row = 0, i = 0, o = 0; row < height; row += 1) {
    const borderY = Math.min(row, height - 1 - row) / (height * SOFT_BORDER);
    for (let column = 0; column < width; column += 1, i += 1, o += 3) {
      const px = box.left + column - x * age;
      const py = box.top + row - y * age;
      const qx = (px + 0.5 - half) / half;
      const qy = (py + 0.5 - size.height / 2) / half;
      const cx = (camera.mx * qx - camera.my * qy + camera.dx) * half + half - 0.5 - crop.left;
      const cy = (camera.mx * qy + camera.my * qx + camera.dy) * half + size.height / 2 - 0.5 - crop.top;
      if (cx < 0 || cy < 0 || cx > crop.width - 1 || cy > crop.height - 1) continue;
      sampleInto(before, cx, cy, rgb, o);
      sampleInto(ground, px, py, behind, 0);
      let difference = 0;
      for (let c = 0; c < 3; c += 1)
        difference = Math.max(difference, Math.abs((rgb[o + c] as number) - (behind[c] as number)));
      const border = Math.min(borderY, Math.min(column, width - 1 - column) / (width * SOFT_BORDER));
      alpha[i] = smoothstep(...CONTRAST, difference) * smoothstep(0, 1, border);
    }
  }
  boxBlur(alpha, alpha, { plane: box, radius: 1 });
  for (let i = 0; i < alpha.length; i += 1) alpha[i] = smoothstep(0.2, 0.8, alpha[i] as number);
  return { picture: packPicture(rgb, box), alpha };
}

/** Mean difference of what is seen of the subject, in levels. */
function differenceOf(a: Pose, b: Pose): number {
  let [sum, weight] = [0, 0];
  for (let i = 0; i < a.alpha.length; i += 1) {
    const [first, second] = [a.alpha[i] as number, b.alpha[i] as number];
    const most = Math.max(first, second);
    if (most < 0.1) continue;
    const p = a.picture.packed[i] as number;
    const q = b.picture.packed[i] as number;
    const colours =
      Math.abs((p & 255) - (q & 255)) + Math.abs(((p >> 8) & 255) - ((q >> 8) & 255)) + Math.abs((p >> 16) - (q >> 16));
    // Where only one of them is there, the other shows its ground.
    sum += most * (colours / 3 + Math.abs(first - second) * 20);
    weight += most;
  }
  return sum / Math.max(1, weight);
}

/** After how many frames the subject was as it is at the end; undefined where it never was. */
function strideOf(differences: readonly number[]): number | undefined {
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  let best: number | undefined;
  for (let age = SHORTEST; age < differences.length; age += 1) {
    const here = differences[age] as number;
    // A dip, not the end of a slope.
    const isDip =
      here <= (differences[age - 1] as number) && here <= (differences[age + 1] ?? Number.POSITIVE_INFINITY);
    if (isDip && here < REPEATED * mean && here < (differences[best ?? -1] ?? Number.POSITIVE_INFINITY)) best = age;
  }
  return best;
}

export function createGait(source: GaitSource): Gait {
  const { last } = source;
  const poses = [last, ...source.crops.toSorted((a, b) => a.age - b.age).map((crop) => poseIn(crop, source))];
  const cut = poses[1];
  if (cut === undefined || poses.length <= SHORTEST) return () => last;
  // Among themselves they were cut out in the same way.
  const differences = poses.slice(1).map((pose) => differenceOf(cut, pose));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  if (mean < RIGID) return () => last;
  const stride = strideOf(differences);
  const poseAt = (age: number) => poses[age] ?? last;
  if (stride !== undefined) {
    return (gone) => {
      const step = Math.round(gone) % stride;
      return poseAt(step === 0 && gone < 1 ? 0 : stride - step);
    };
  }
  const period = 2 * (poses.length - 1);
  return (gone) => {
    const step = Math.round(gone) % period;
    return poseAt(step < poses.length ? step : period - step);
  };
}
