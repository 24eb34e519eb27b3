/**
 * Plays a source at another speed within its own length, which an edit promises to keep. Slow motion shows the source's first
 * part, with frames made between its own; a timelapse shows all of it faster, with the blur of a longer exposure,
 * and begins again with a dissolve until the length is full.
 */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { sourceVideo } from '../geometry.ts';
import { createBetween } from '../pixels/between.ts';
import { ease, mix } from '../pixels/numbers.ts';
import { paceOf } from '../prompt/pace.ts';
import type { RenderContext } from './operation.ts';

/** Frames of a dissolve at most, and its share of a pass. */
const LONGEST_DISSOLVE = 12;
const DISSOLVE_SHARE = 0.34;

type Frames = AsyncGenerator<Uint8Array, void, undefined>;

/** A moment nearer to a source's frame than this is that frame. */
const SAME_MOMENT = 1e-3;

async function* slowFrames({ job, paintSize, frames }: RenderContext, pace: number): Frames {
  const needed = Math.min(frames, Math.ceil((frames - 1) * pace - SAME_MOMENT) + 1);
  const between = createBetween(paintSize);
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  let read = -1;
  let made = 0;
  for await (const source of decodeVideo({ input: sourceVideo(job), size: paintSize, frames: needed })) {
    between.read(source);
    read += 1;
    for (; made < frames && made * pace <= read + SAME_MOMENT; made += 1) {
      const share = made * pace - (read - 1);
      if (share > 1 - SAME_MOMENT) out.set(source);
      else between.paint(share, out);
      yield out;
    }
  }
  for (; made < frames; made += 1) yield out;
}

/**
 * One frame for every `pace`: the mean of the first half of them, so that what moves is blurred by its motion as by a camera
 * whose shutter is open half the time. Open all the time it would show a pan as four pans.
 */
async function* meanFrames({ job, paintSize, frames }: RenderContext, pace: number): Frames {
  const sums = new Uint16Array(paintSize.width * paintSize.height * 3);
  const out = new Uint8Array(sums.length);
  const open = Math.ceil(pace / 2);
  let read = 0;
  for await (const source of decodeVideo({ input: sourceVideo(job), size: paintSize, frames })) {
    const turn = read % pace;
    read += 1;
    if (turn === 0) sums.set(source);
    else if (turn < open)
      for (let i = 0; i < sums.length; i += 1) sums[i] = (sums[i] as number) + (source[i] as number);
    if (turn < pace - 1) continue;
    for (let i = 0; i < sums.length; i += 1) out[i] = (sums[i] as number) / open + 0.5;
    yield out;
  }
}

/** A pass stays in memory: 8 s in 480p at four times their speed are 59 MB. */
async function* timelapseFrames(context: RenderContext, pace: number): Frames {
  const { paintSize, frames } = context;
  const length = Math.floor(frames / pace);
  const bytes = paintSize.width * paintSize.height * 3;
  const dissolve = Math.min(LONGEST_DISSOLVE, Math.floor(length * DISSOLVE_SHARE));
  const pass: Uint8Array[] = [];
  for await (const mean of meanFrames(context, pace)) {
    pass.push(mean.slice());
    if (pass.length <= length - dissolve) yield mean;
  }
  const out = new Uint8Array(bytes);
  for (let made = Math.min(pass.length, length - dissolve); made < frames; made += 1) {
    const turn = made % Math.max(1, length - dissolve);
    const next = pass[turn] as Uint8Array;
    const last = turn < dissolve ? pass[length - dissolve + turn] : undefined;
    out.set(next);
    if (last !== undefined) {
      const share = ease((turn + 1) / (dissolve + 1));
      for (let i = 0; i < bytes; i += 1) out[i] = mix(last[i] as number, next[i] as number, share) + 0.5;
    }
    yield out;
  }
}

/** Exactly as many frames as the source has; each is valid until the next is asked for. */
export function retimedFrames(context: RenderContext): Frames {
  const { job, plan, paintSize, frames } = context;
  const pace = paceOf(plan);
  if (pace < 1) return slowFrames(context, pace);
  if (pace > 1) return timelapseFrames(context, Math.min(pace, frames));
  return decodeVideo({ input: sourceVideo(job), size: paintSize, frames });
}
