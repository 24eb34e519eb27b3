/** Measures the sky edit on a clip against what the clip was drawn from. */
import type { Size } from '../../renderer/src/geometry.ts';
import { SKY_PALETTES } from '../../renderer/src/pixels/palette.ts';
import { createSkyMatte, type SkyMatte } from '../../renderer/src/pixels/sky-matte.ts';
import { createSkyPainter, LEAST_CONFIDENCE } from '../../renderer/src/pixels/sky-replacement.ts';
import type { Clip } from './clips.ts';
import { footage } from './footage.ts';
import type { TruePicture } from './scene-painter.ts';

export interface SkyFigures {
  readonly name: string;
  readonly hasSky: boolean;
  /** Intersection over union of the shares of sky, summed over all frames; 1 is perfect. */
  readonly iou: number;
  readonly worstIou: number;
  /** Mean change of the mask from frame to frame where the true one stays as it is, in thousandths. */
  readonly flicker: number;
  /** Mean colour error, of 255, in the band around the true edge, against the true mask under the same new sky. */
  readonly halo: number;
  readonly confidence: number;
  readonly fellBack: boolean;
  /** CPU time of one frame's matte and painting. */
  readonly frameMs: number;
}

export interface MeasureOptions {
  readonly size: Size;
  readonly frames: number;
  readonly onFrame?: (frame: number, edited: Uint8Array, alpha: Float32Array, source: Uint8Array) => void;
}

/** Pixels on each side of an edge that belong to its band. */
const BAND = 3;
const UNCHANGED = 0.01;

/** The matte that is known from the drawing; its camera is followed by what `found` reads. */
function trueMatte(truth: () => TruePicture, found: SkyMatte, size: Size): SkyMatte {
  const row = new Uint8Array(size.width * 3);
  return {
    mask: found.mask,
    confidence: () => 1,
    read() {},
    end: () => size.height,
    row: (y) => truth().sky.subarray(y * size.width, (y + 1) * size.width),
    ground(y) {
      const { foreground, sky } = truth();
      for (let i = 0, o = y * row.length; i < row.length; i += 1, o += 1) {
        const share = 1 - (sky[(o / 3) | 0] as number);
        row[i] = share < 0.004 ? 0 : Math.min(255, (foreground[o] as number) / share + 0.5);
      }
      return row;
    },
  };
}

/** Marks the pixels near one whose share is between sky and ground, or where both touch. */
function markBand(sky: Float32Array, { width, height }: Size, band: Uint8Array): void {
  band.fill(0);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const here = sky[i] as number;
      const steps = [sky[i + 1] as number, sky[i + width] as number];
      if (!steps.some((other) => Math.abs(other - here) > 0.25)) continue;
      for (let v = Math.max(0, y - BAND); v <= Math.min(height - 1, y + BAND); v += 1) {
        band.fill(1, v * width + Math.max(0, x - BAND), v * width + Math.min(width, x + BAND + 1));
      }
    }
  }
}

class Mean {
  sum = 0;
  weight = 0;
  add(value: number, weight = 1): void {
    this.sum += value * weight;
    this.weight += weight;
  }
  get value(): number {
    return this.weight === 0 ? 0 : this.sum / this.weight;
  }
}

interface Overlap {
  readonly shared: number;
  readonly either: number;
}

function overlap(found: Float32Array, sky: Float32Array): Overlap {
  let shared = 0;
  let either = 0;
  for (let i = 0; i < sky.length; i += 1) {
    shared += Math.min(found[i] as number, sky[i] as number);
    either += Math.max(found[i] as number, sky[i] as number);
  }
  return { shared, either };
}

export async function measureClip(clip: Clip, { size, frames, onFrame }: MeasureOptions): Promise<SkyFigures> {
  const count = size.width * size.height;
  const matte = createSkyMatte(size);
  const options = { palette: SKY_PALETTES.sunset, size, seed: 7 };
  const edit = createSkyPainter({ ...options, matte });
  let truth: TruePicture | undefined;
  const reference = createSkyPainter({ ...options, matte: trueMatte(() => truth as TruePicture, matte, size) });
  const planes = () => ({ found: new Float32Array(count), sky: new Float32Array(count) });
  let now = planes();
  let before = planes();
  const edited = new Uint8Array(count * 3);
  const ideal = new Uint8Array(count * 3);
  const band = new Uint8Array(count);
  const iou = new Mean();
  const flicker = new Mean();
  const halo = new Mean();
  const cpu = new Mean();
  let worstIou = 1;
  let frame = 0;
  for await (const moment of footage(clip, size, frames)) {
    truth = moment.truth;
    const startedAt = process.cpuUsage();
    edit({ source: moment.frame, seconds: frame / 24, strength: 1 }, edited);
    const { user, system } = process.cpuUsage(startedAt);
    if (frame > 2) cpu.add((user + system) / 1000);
    for (let y = 0; y < size.height; y += 1) now.found.set(matte.row(y), y * size.width);
    now.sky.set(truth.sky);
    const { shared, either } = overlap(now.found, now.sky);
    iou.add(either === 0 ? 1 : shared / either, either);
    worstIou = Math.min(worstIou, either === 0 ? 1 : shared / either);
    for (let i = 0; frame > 0 && i < count; i += 1) {
      if (Math.abs((now.sky[i] as number) - (before.sky[i] as number)) > UNCHANGED) continue;
      flicker.add(Math.abs((now.found[i] as number) - (before.found[i] as number)) * 1000);
    }
    reference({ source: moment.frame, seconds: frame / 24, strength: 1 }, ideal);
    markBand(truth.sky, size, band);
    for (let i = 0; i < count * 3; i += 1) {
      if (band[(i / 3) | 0] === 1) halo.add(Math.abs((edited[i] as number) - (ideal[i] as number)));
    }
    onFrame?.(frame, edited, now.found, moment.frame);
    [now, before] = [before, now];
    frame += 1;
  }
  const confidence = matte.confidence();
  return {
    ...{ name: clip.name, hasSky: clip.hasSky, iou: iou.value, worstIou, flicker: flicker.value, halo: halo.value },
    ...{ confidence, fellBack: confidence < LEAST_CONFIDENCE, frameMs: cpu.value },
  };
}
