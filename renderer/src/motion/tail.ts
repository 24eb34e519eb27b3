/** Watches a source's last second: how its camera moved, and what moved by itself. */
import type { Size } from '../geometry.ts';
import { compose, invert, type Similarity, toSimilarity } from '../morph/similarity.ts';
import { sampleMap } from '../morph/structure.ts';
import type { SeenBefore } from '../pixels/canvas.ts';
import { type Cutting, cutOut } from './cut-out.ts';
import { type Drift, measureDrift, NO_DRIFT, seenFrom } from './drift.ts';
import { estimateMotion, type Luma, type Motion, smallLuma } from './estimate.ts';
import type { Box, Crop } from './gait.ts';
import { JUST_BEFORE } from './subjects.ts';

/** Nothing before these tells anything of what follows. */
export const TAIL_FRAMES = 34;
/** Between two frames whose difference tells what moved by itself. */
const DRIFT_GAP = 6;
const MOTION_WIDTH = 160;
/** How long before the end a frame may show what a subject hides in the last one. */
const GROUND_GAP = 32;
/** Share of the changes before that still counts with the next frame: where something is matters, not where it was. */
const MEMORY = 0.75;
/** A mean change of brightness like this, beyond what the camera explains, is a cut: nothing before it counts. */
const CUT = 0.14;
/** In half widths per frame. */
const STANDING_CAMERA = 1.5e-3;

/** Where something moved by itself, as a part of the whole frame: more is no subject but a texture. */
const MOST_MOVED = 0.3;
/** Changes of brightness beyond what most of the frame has. */
const MOVED = 0.006;
/** Room around it, in small pixels: what has just begun to move stands still in the memory. */
const AROUND = 6;

/** The part of a frame in which something moves; undefined where that is nothing or nearly everything. */
function movedPart(changes: Float32Array, small: Size, size: Size): Box | undefined {
  const floor = (Float32Array.from(changes).sort()[changes.length >> 1] ?? 0) * 1.35 + 0.0008;
  const box = { left: small.width, top: small.height, right: 0, bottom: 0 };
  for (let i = small.width; i < changes.length - small.width; i += 1) {
    const isAlone = (changes[i - 1] as number) < floor + MOVED || (changes[i + 1] as number) < floor + MOVED;
    if ((changes[i] as number) < floor + MOVED || isAlone) continue;
    const x = i % small.width;
    const y = (i / small.width) | 0;
    box.left = Math.min(box.left, x - AROUND);
    box.right = Math.max(box.right, x + AROUND);
    box.top = Math.min(box.top, y - AROUND);
    box.bottom = Math.max(box.bottom, y + AROUND);
  }
  const scale = size.width / small.width;
  const left = Math.max(0, Math.floor(box.left * scale));
  const top = Math.max(0, Math.floor(box.top * scale));
  const width = Math.min(size.width, Math.ceil(box.right * scale)) - left;
  const height = Math.min(size.height, Math.ceil(box.bottom * scale)) - top;
  const isPart = width > 0 && height > 0 && width * height < MOST_MOVED * size.width * size.height;
  return isPart ? { left, top, width, height } : undefined;
}

function cropOf(picture: Uint8Array, { width }: Size, box: Box): Uint8Array {
  const rgb = new Uint8Array(box.width * box.height * 3);
  for (let row = 0; row < box.height; row += 1) {
    const from = ((box.top + row) * width + box.left) * 3;
    rgb.set(picture.subarray(from, from + box.width * 3), row * box.width * 3);
  }
  return rgb;
}

export interface Tail extends Cutting {
  readonly last: Uint8Array;
  readonly motions: readonly Motion[];
  readonly drift: Drift;
  /** A frame from before, where the camera has moved since; it shows more of the place. */
  readonly seen?: SeenBefore;
}

export interface TailWatch {
  /** Takes the frames in order; the array may be reused. */
  readonly read: (picture: Uint8Array) => void;
  readonly finish: () => Tail;
}

/** Takes each place's change into `changes`, with `motion` taken out, and returns the mean change. */
function noteChanges(before: Luma, now: Luma, { x, y, zoom, roll }: Motion, changes: Float32Array): number {
  const { width, height } = now;
  const half = width / 2;
  let sum = 0;
  for (let row = 0, i = 0; row < height; row += 1) {
    const qy = (row + 0.5 - height / 2) / half;
    for (let column = 0; column < width; column += 1, i += 1) {
      const qx = (column + 0.5 - half) / half;
      const px = column - (x + zoom * qx - roll * qy) * half;
      const py = row - (y + zoom * qy + roll * qx) * half;
      if (px < 0 || py < 0 || px > width - 1 || py > height - 1) continue;
      const change = Math.abs((now.values[i] as number) - sampleMap(before, px, py));
      changes[i] = (changes[i] as number) * MEMORY + change * (1 - MEMORY);
      sum += change;
    }
  }
  return sum / now.values.length;
}

/** `frames` is how many are read: the source's last ones. */
export function watchTail(size: Size, frames: number): TailWatch {
  const last = new Uint8Array(size.width * size.height * 3);
  const earlier = new Uint8Array(last.length);
  const ground = new Uint8Array(last.length);
  const gap = Math.min(DRIFT_GAP, frames - 1);
  const groundGap = Math.min(GROUND_GAP, frames - 1);
  let motions: Motion[] = [];
  let changes = new Float32Array(0);
  /** Small copies of the last frames, from the last cut on. */
  let frameLumas: Luma[] = [];
  /** What moved in the last frames, and in which of them. */
  let parts: (Box & { readonly rgb: Uint8Array; readonly frame: number })[] = [];
  let frame = 0;

  function measure(picture: Uint8Array): void {
    const now = smallLuma(picture, size, MOTION_WIDTH);
    if (changes.length !== now.values.length) changes = new Float32Array(now.values.length);
    const before = frameLumas.at(-1);
    if (before !== undefined) {
      const motion = estimateMotion(before, now);
      motions.push(motion);
      if (noteChanges(before, now, motion, changes) > CUT) {
        motions = [];
        frameLumas = [];
        parts = [];
        changes.fill(0);
      }
      const part = movedPart(changes, now, size);
      if (part !== undefined && frame < frames) parts.push({ ...part, frame, rgb: cropOf(picture, size, part) });
    }
    frameLumas.push(now);
  }

  function cameraOver(count: number): Similarity {
    const ways = motions.slice(motions.length - count).map(toSimilarity);
    return ways.reduce<Similarity>(compose, { mx: 1, my: 0, dx: 0, dy: 0 });
  }

  /** Without gaps, from the last frame back. */
  function cropsOf(): Crop[] {
    const crops: Crop[] = [];
    for (const { frame: taken, ...part } of parts.toReversed()) {
      const age = frames - taken;
      if (age !== crops.length + 1 || age > motions.length) break;
      crops.push({ ...part, age, camera: invert(cameraOver(age)) });
    }
    return crops;
  }

  function finish(): Tail {
    const asItIs = { last, motions, drift: NO_DRIFT, ground: last, movers: [] };
    const small = frameLumas.at(-1);
    const [smallEarlier, smallBefore] = [frameLumas.at(-1 - gap), frameLumas.at(-1 - JUST_BEFORE)];
    const smallMuchEarlier = frameLumas.at(-1 - 2 * gap);
    if (small === undefined || smallEarlier === undefined || smallBefore === undefined || gap < 1) return asItIs;
    const camera = cameraOver(gap);
    const speed = Math.hypot(camera.dx, camera.dy, camera.mx - 1, camera.my) / gap;
    const { drift, subjects } = measureDrift(
      {
        ...{ size, last, earlier, gap, camera: invert(camera), cameraStands: speed < STANDING_CAMERA },
        activity: { ...small, values: changes },
      },
      {
        ...{ last: small, earlier: smallEarlier, before: seenFrom(invert(cameraOver(JUST_BEFORE)), smallBefore) },
        muchEarlier: smallMuchEarlier && seenFrom(invert(cameraOver(2 * gap)), smallMuchEarlier),
      },
    );
    const hasGround = groundGap <= motions.length;
    const groundCamera = invert(cameraOver(hasGround ? groundGap : gap));
    const cutting = cutOut(subjects, {
      ...{ last, size, small, gap, camera: groundCamera, crops: cropsOf() },
      ...(hasGround ? { ground, groundGap } : { ground: earlier, groundGap: gap }),
    });
    // Where much of the picture moves by itself before a camera that stands, that is what pulls at the estimate.
    const seen = { rgb: hasGround ? ground : earlier, camera: groundCamera };
    return { ...asItIs, motions: drift.moves ? [] : motions, drift, ...cutting, ...(!drift.moves && { seen }) };
  }

  return {
    read(picture) {
      frame += 1;
      if (frame > frames - TAIL_FRAMES) measure(picture);
      if (frame === frames - gap) earlier.set(picture);
      if (frame === frames - groundGap) ground.set(picture);
      if (frame === frames) last.set(picture);
    },
    finish,
  };
}
