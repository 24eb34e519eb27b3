/** Changes a source video as its prompt says: its speed, and then its light, sky, weather and style in the prompt's order. */
import { FRAMES_PER_SECOND } from '../geometry.ts';
import { planLook } from '../prompt/look.ts';
import { paceOf } from '../prompt/pace.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { createEffects } from './effects.ts';
import { encodeFrames, type RenderContext } from './operation.ts';
import { retimedFrames } from './retime.ts';

type Frames = AsyncGenerator<Uint8Array, void, undefined>;

/** Starts what makes the frames at once, not when the first is asked for: a decoder takes its time, in which the rest can start. */
function begun(frames: Frames): Frames {
  const first = frames.next();
  // Whoever asks for the first frame is told.
  first.catch(() => {});
  return (async function* () {
    try {
      for (let next = await first; next.done !== true; next = await frames.next()) yield next.value;
    } finally {
      await frames.return();
    }
  })();
}

async function* editedFrames(context: RenderContext, sources: Frames): Frames {
  const { job, plan, paintSize } = context;
  const effects = createEffects(planLook(plan).steps, paintSize, job.seed);
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  let frame = 0;
  const pace = paceOf(plan);
  for await (const source of sources) {
    out.set(source);
    const seconds = frame / FRAMES_PER_SECOND;
    effects(out, { source, frame, skySeconds: seconds * pace, seconds: seconds * Math.min(1, pace) });
    frame += 1;
    yield out;
  }
}

export async function renderEdit(context: RenderContext): Promise<void> {
  const sources = begun(retimedFrames(context));
  await encodeFrames(editedFrames(context, sources), context, soundtrackOf(context.job, context.plan));
}
