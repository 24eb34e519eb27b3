/** Several pictures, each in motion, one dissolving into the next. */
import { coverFilter } from '../ffmpeg/decode.ts';
import type { Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { createCameraPath } from '../motion/camera.ts';
import { ease } from '../pixels/numbers.ts';
import type { CameraMove } from '../prompt/lexicon.ts';
import { type CameraStep, type PromptPlan, pictureOrder } from '../prompt/plan.ts';
import { RenderError } from '../render-error.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type PaintFrame, paintedFrames, type RenderContext } from './operation.ts';
import { openStill, type PreparedStill, plannedLife, prepareStill, type StillMotion } from './still-motion.ts';

/** Moves that follow each other when the prompt names none. */
const MOVES: readonly CameraMove[] = ['push-in', 'pan-right', 'orbit', 'pull-out', 'pan-left'];
const DISSOLVE_SECONDS = 0.8;
/** From this difference in shape on, covering would cut away too much: the picture is shown whole before a blurred copy. */
const SHAPE_LIMIT = 1.9;

function fitFilter(input: RenderInput): (size: Size) => string {
  return (size) => {
    const shape = input.width / input.height / (size.width / size.height);
    if (shape < SHAPE_LIMIT && shape > 1 / SHAPE_LIMIT) return coverFilter(size);
    const { width, height } = size;
    const small = `scale=${width >> 3}:${height >> 3}:force_original_aspect_ratio=increase,crop=${width >> 3}:${height >> 3}`;
    // Room for the camera's move on each side of the whole picture.
    const inner = `scale=${Math.round(width * 0.88)}:${Math.round(height * 0.88)}:force_original_aspect_ratio=decrease:flags=lanczos`;
    return (
      `split[back][front];[back]${small},gblur=sigma=6,eq=brightness=-0.06,scale=${width}:${height}:flags=bicubic,setsar=1[wide];` +
      `[front]${inner},setsar=1[whole];[wide][whole]overlay=(W-w)/2:(H-h)/2`
    );
  };
}

export interface Shot {
  /** First frame at which the picture is seen, and the first at which it no longer is. */
  readonly start: number;
  readonly end: number;
}

/** Equal shares that overlap by the dissolve. */
export function planShots(count: number, frames: number, framesPerSecond: number): Shot[] {
  const overlap = Math.min(Math.round(DISSOLVE_SECONDS * framesPerSecond), Math.floor(frames / count / 2));
  return Array.from({ length: count }, (_, index) => ({
    start: index === 0 ? 0 : Math.round((frames * index) / count) - Math.ceil(overlap / 2),
    end: index === count - 1 ? frames : Math.round((frames * (index + 1)) / count) + Math.floor(overlap / 2),
  }));
}

/** A prompt's moves are shared out over the pictures in their order; with fewer moves than pictures the last one goes on. */
export function shotMoves({ cameraMoves, pace, handheld }: PromptPlan, shot: number, shots: number): CameraStep[] {
  const named = cameraMoves.filter(({ move }) => move !== 'handheld');
  const whole = { start: 0, end: 1 };
  if (named.length === 0) return handheld ? [] : [{ move: MOVES[shot % MOVES.length] ?? 'push-in', pace, ...whole }];
  if (named.length <= shots) {
    const own = named[Math.min(named.length - 1, shot)];
    return own === undefined ? [] : [{ ...own, ...whole }];
  }
  const from = Math.floor((shot * named.length) / shots);
  const own = named.slice(from, Math.floor(((shot + 1) * named.length) / shots));
  return own.map((step, index) => ({ ...step, start: index / own.length, end: (index + 1) / own.length }));
}

function dissolve(from: Uint8Array, to: Uint8Array, share: number): void {
  const weight = Math.round(ease(share) * 256);
  for (let i = 0; i < from.length; i += 1) {
    const value = from[i] as number;
    from[i] = value + ((((to[i] as number) - value) * weight) >> 8);
  }
}

function inputsOf({ job }: RenderContext): RenderInput[] {
  const order = pictureOrder(job.prompt, job.inputs.length);
  return order.map((index) => job.inputs[index]).filter((input): input is RenderInput => input !== undefined);
}

function clipOf({ job }: RenderContext, index: number): { readonly clipSeconds: number; readonly seed: number } {
  return {
    clipSeconds: job.durationSeconds / pictureOrder(job.prompt, job.inputs.length).length,
    seed: job.seed + index,
  };
}

export async function prepareReference(context: RenderContext, index: number): Promise<PreparedStill> {
  const { plan, paintSize } = context;
  const input = inputsOf(context)[index];
  if (input === undefined) throw new RenderError('invalid_job', 'reference-to-video needs a picture.');
  const life = plannedLife(plan, clipOf(context, index));
  return await prepareStill({ input, life, filter: fitFilter(input) }, paintSize);
}

/** Each picture is opened when it is first seen, and let go when it was last seen. */
function prepare(context: RenderContext): PaintFrame {
  const { plan, paintSize: size, framesPerSecond, frames } = context;
  const inputs = inputsOf(context);
  const shots = planShots(inputs.length, frames, framesPerSecond);
  const stills: (StillMotion | undefined)[] = [];
  const open = async (index: number): Promise<StillMotion> => {
    const clip = clipOf(context, index);
    return openStill(await (context.share?.still?.(index) ?? prepareReference(context, index)), size, {
      camera: createCameraPath({ moves: shotMoves(plan, index, inputs.length), handheld: plan.handheld, ...clip }),
      life: plannedLife(plan, clip),
    });
  };
  const second = new Uint8Array(size.width * size.height * 3);
  return async (frame, out) => {
    let shown = 0;
    for (const [index, shot] of shots.entries()) {
      if (frame >= shot.end) stills[index] = undefined;
      if (frame < shot.start || frame >= shot.end) continue;
      const still = stills[index] ?? (await open(index));
      stills[index] = still;
      const share = (frame - shot.start) / Math.max(1, shot.end - shot.start - 1);
      still({ share, seconds: (frame - shot.start) / framesPerSecond }, shown === 0 ? out : second);
      if (shown > 0)
        dissolve(out, second, (frame - shot.start + 1) / ((shots[index - 1]?.end ?? frame) - shot.start + 1));
      shown += 1;
    }
  };
}

export async function renderReferenceToVideo(context: RenderContext): Promise<void> {
  const pictures = paintedFrames(context, () => prepare(context));
  await encodeFrames(pictures, context, soundtrackOf(context.job, context.plan));
}
