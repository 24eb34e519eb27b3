/** One still picture in motion: what image-to-video shows, and each picture of reference-to-video. */
import { decodePicture } from '../ffmpeg/decode.ts';
import type { Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import type { CameraPath, CameraPose, CameraTime } from '../motion/camera.ts';
import { createLife, type Life, type LifeOptions, type Stir } from '../motion/life.ts';
import { estimateDepth, type PictureDepth } from '../pixels/depth.ts';
import { clamp } from '../pixels/numbers.ts';
import { packPicture } from '../pixels/picture.ts';
import { createMeshPainter, createWarpMesh, NODE, type WarpMesh } from '../pixels/warp.ts';
import type { SceneNoun } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';

/** The picture is held larger than the frame, so that a zoom shows detail instead of enlarged pixels. */
const OVERSIZE = 1.25;
/** The depth that does not move sideways when the camera orbits. */
const PIVOT_DEPTH = 0.45;
/** What is seen at a place depends on its depth, and that on what is seen: so often it is asked anew. */
const SETTLING_STEPS = 2;

export function oversized({ width, height }: Size): Size {
  const even = (length: number) => Math.round((length * OVERSIZE) / 2) * 2;
  return { width: even(width), height: even(height) };
}

const WATERS: ReadonlySet<SceneNoun> = new Set<SceneNoun>(['sea', 'lake', 'river', 'beach', 'island']);

/** What the prompt has move in a picture besides the camera. */
export function plannedLife(plan: PromptPlan, clip: Pick<LifeOptions, 'clipSeconds' | 'seed'>): LifeOptions {
  const isDark = plan.sky === 'night' || plan.timeOfDay === 'night' || plan.timeOfDay === 'blue-hour';
  return {
    ...clip,
    wind: plan.wind,
    water: plan.lake || plan.nouns.some(({ noun }) => WATERS.has(noun)),
    lights: isDark || plan.scene === 'city',
  };
}

export type StillMotion = (time: CameraTime, out: Uint8Array) => void;

export interface StillOptions {
  readonly camera: CameraPath;
  readonly life: LifeOptions;
  /** Prepares the picture at the size it is given; it must cover all of it. */
  readonly filter: (size: Size) => string;
}

/** Bilinear, its edges repeated; `u` and `v` are shares from the middle. */
function depthAt({ width, height, values }: PictureDepth, u: number, v: number): number {
  const x = clamp((u + 0.5) * width - 0.5, 0, width - 1.001);
  const y = clamp((v + 0.5) * height - 0.5, 0, height - 1.001);
  const i = (y | 0) * width + (x | 0);
  const tx = x - (x | 0);
  const ty = y - (y | 0);
  const upper = (values[i] as number) * (1 - tx) + (values[i + 1] as number) * tx;
  const lower = (values[i + width] as number) * (1 - tx) + (values[i + width + 1] as number) * tx;
  return upper + (lower - upper) * ty;
}

interface Still {
  readonly depth: PictureDepth;
  readonly life: Life;
  /** The size of the picture that is held. */
  readonly held: Size;
}

function layMesh(mesh: WarpMesh, { depth, life, held }: Still, pose: CameraPose, seconds: number, size: Size): void {
  const stir: Stir = { x: 0, y: 0, gain: 1 };
  for (let row = 0, o = 0; row < mesh.rows; row += 1) {
    const ny = (row * mesh.cell) / size.height - 0.5;
    for (let column = 0; column < mesh.columns; column += 1, o += NODE) {
      const nx = (column * mesh.cell) / size.width - 0.5;
      let u = nx / pose.zoom + pose.x;
      let v = ny / pose.zoom + pose.y;
      for (let step = 0; step < SETTLING_STEPS; step += 1) {
        const near = depthAt(depth, u, v);
        const scale = 1 / (pose.zoom + pose.depthZoom * near);
        u = nx * scale + pose.x + pose.parallaxX * (near - PIVOT_DEPTH);
        v = ny * scale + pose.y + pose.parallaxY * (near - PIVOT_DEPTH);
      }
      life.stir(u, v, seconds, stir);
      mesh.nodes[o] = (u + stir.x + 0.5) * held.width - 0.5;
      mesh.nodes[o + 1] = (v + stir.y + 0.5) * held.height - 0.5;
      mesh.nodes[o + 2] = stir.gain;
    }
  }
}

export async function openStill(input: RenderInput, size: Size, options: StillOptions): Promise<StillMotion> {
  const held = oversized(size);
  const rgb = await decodePicture(input, held, options.filter(held));
  const depth = estimateDepth(rgb, held);
  const still: Still = { depth, life: createLife(depth, options.life), held };
  const mesh = createWarpMesh(size);
  const paint = createMeshPainter(mesh, packPicture(rgb, held), size);
  return (time, out) => {
    layMesh(mesh, still, options.camera(time), time.seconds, size);
    paint(out);
  };
}
