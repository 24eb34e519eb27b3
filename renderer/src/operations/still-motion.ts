/** One still picture in motion: what image-to-video shows, and each picture of reference-to-video. */
import { decodePicture } from '../ffmpeg/decode.ts';
import type { Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import type { CameraPath, CameraTime, TurnedPose } from '../motion/camera.ts';
import { createLife, type Life, type LifeMaps, type LifeOptions, readLifeMaps } from '../motion/life.ts';
import { estimateDepth } from '../pixels/depth.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import { type DepthMap, type Picture, packShared } from '../pixels/picture.ts';
import { createMeshPainter, createWarpMesh, NODE, type WarpMesh } from '../pixels/warp.ts';
import type { SceneNoun } from '../prompt/lexicon.ts';
import { drawnPaceOf } from '../prompt/pace.ts';
import type { PromptPlan } from '../prompt/plan.ts';

/** The picture is held larger than the frame, so that a zoom shows detail instead of enlarged pixels. */
const OVERSIZE = 1.35;
/** The depth that does not move sideways when the camera orbits. */
const PIVOT_DEPTH = 0.45;
/** What is seen at a place depends on its depth, and that on what is seen: so often it is asked anew. */
const SETTLING_STEPS = 2;
/** Of a background beside something near: 1 would pull it out of one point. */
const MOST_STRETCHED = 0.6;
const PATH_SAMPLES = 16;
/** Shares of a picture that are sky, from which on its parallax shrinks, and to what. */
const WIDE_SKY = [0.5, 0.7] as const;
const LEAST_PARALLAX = 0.35;

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
    pace: drawnPaceOf(plan),
  };
}

export type StillMotion = (time: CameraTime, out: Uint8Array) => void;

export interface StillOptions {
  readonly camera: CameraPath;
  readonly life: LifeOptions;
}

/** What is found out about a picture before its first frame: plain values, so that one thread does it for all. */
export interface PreparedStill {
  readonly picture: Picture;
  readonly depth: DepthMap;
  /** The largest change of depth over the whole width, and over the whole height, if it went on like that. */
  readonly steepness: { readonly across: number; readonly down: number };
  /** The share of the picture that is sky. */
  readonly openness: number;
  readonly life: LifeMaps;
}

/** Bilinear, its edges repeated; `u` and `v` are shares from the middle. */
function depthAt({ width, height, values }: DepthMap, u: number, v: number): number {
  const x = clamp((u + 0.5) * width - 0.5, 0, width - 1.001);
  const y = clamp((v + 0.5) * height - 0.5, 0, height - 1.001);
  const i = (y | 0) * width + (x | 0);
  const tx = x - (x | 0);
  const ty = y - (y | 0);
  const upper = (values[i] as number) * (1 - tx) + (values[i + 1] as number) * tx;
  const lower = (values[i + width] as number) * (1 - tx) + (values[i + width + 1] as number) * tx;
  return upper + (lower - upper) * ty;
}

interface Still extends PreparedStill {
  readonly motion: Life;
}

function layMesh(
  mesh: WarpMesh,
  { depth, motion, picture }: Still,
  pose: TurnedPose,
  seconds: number,
  size: Size,
): void {
  const { nodes } = mesh;
  const { zoom, depthZoom, parallaxX, parallaxY, turn } = pose;
  for (let row = 0, o = 0; row < mesh.rows; row += 1) {
    const ny = (row * mesh.cell) / size.height - 0.5;
    for (let column = 0; column < mesh.columns; column += 1, o += NODE) {
      const nx = (column * mesh.cell) / size.width - 0.5;
      const wide = 1 - turn * nx;
      let u = (nx * wide) / zoom + pose.x;
      let v = (ny * wide) / zoom + pose.y;
      for (let step = 0; step < SETTLING_STEPS; step += 1) {
        const near = depthAt(depth, u, v);
        const scale = wide / (zoom + depthZoom * near);
        u = nx * scale + pose.x + parallaxX * (near - PIVOT_DEPTH);
        v = ny * scale + pose.y + parallaxY * (near - PIVOT_DEPTH);
      }
      nodes[o] = u;
      nodes[o + 1] = v;
    }
  }
  motion.stir(mesh, seconds);
  for (let o = 0; o < nodes.length; o += NODE) {
    nodes[o] = ((nodes[o] as number) + 0.5) * picture.width - 0.5;
    nodes[o + 1] = ((nodes[o + 1] as number) + 0.5) * picture.height - 0.5;
  }
}

function steepnessOf({ width, height, values }: DepthMap): PreparedStill['steepness'] {
  let [across, down] = [0, 0];
  for (let i = width; i < values.length; i += 1) {
    const here = values[i] as number;
    if (i % width > 0) across = Math.max(across, Math.abs(here - (values[i - 1] as number)));
    down = Math.max(down, Math.abs(here - (values[i - width] as number)));
  }
  return { across: across * width, down: down * height };
}

/** How much of the path's parallax a picture bears: where its depth changes fast, less of it, or neighbours would cross. */
function bearable(path: CameraPath, { steepness, openness }: PreparedStill): number {
  let most = 0;
  for (let sample = 0; sample <= PATH_SAMPLES; sample += 1) {
    const { zoom, depthZoom, parallaxX, parallaxY } = path({ share: sample / PATH_SAMPLES, seconds: 0 });
    // At the frame's edges, half of a width from the middle, what comes nearer moves as far.
    const nearer = Math.abs(depthZoom) / (2 * zoom * zoom);
    const moved = Math.max(
      (Math.abs(parallaxX) + nearer) * steepness.across,
      (Math.abs(parallaxY) + nearer) * steepness.down,
    );
    most = Math.max(most, moved);
  }
  // What stands thin before a wide sky bends where it meets the ground.
  return Math.min(1, MOST_STRETCHED / most) * mix(1, LEAST_PARALLAX, smoothstep(...WIDE_SKY, openness));
}

export interface StillSource {
  readonly input: RenderInput;
  readonly life: LifeOptions;
  /** Prepares the picture at the size it is given; it must cover all of it. */
  readonly filter: (size: Size) => string;
}

export async function prepareStill({ input, life, filter }: StillSource, size: Size): Promise<PreparedStill> {
  const held = oversized(size);
  const rgb = await decodePicture(input, held, filter(held));
  const depth = estimateDepth(rgb, held);
  const { width, height, values, sky } = depth;
  return {
    picture: packShared(rgb, held),
    depth: { width, height, values },
    steepness: steepnessOf(depth),
    openness: sky.reduce((sum, value) => sum + value, 0) / sky.length,
    life: readLifeMaps(depth, life),
  };
}

export function openStill(prepared: PreparedStill, size: Size, options: StillOptions): StillMotion {
  const share = bearable(options.camera, prepared);
  const still: Still = { ...prepared, motion: createLife(prepared.life, options.life) };
  const mesh = createWarpMesh(size);
  const paint = createMeshPainter(mesh, prepared.picture, size);
  return (time, out) => {
    const { zoom, x, y, turn, ...near } = options.camera(time);
    const depthZoom = near.depthZoom * share;
    const pose = { zoom, x, y, turn, depthZoom, parallaxX: near.parallaxX * share, parallaxY: near.parallaxY * share };
    layMesh(mesh, still, pose, time.seconds, size);
    paint(out);
  };
}
