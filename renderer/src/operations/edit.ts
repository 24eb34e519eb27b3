/** Changes a source video as its prompt says: its speed, and then its light, sky, weather and style in the prompt's order. */
import { FRAMES_PER_SECOND } from '../geometry.ts';
import { planLook } from '../prompt/look.ts';
import { paceOf } from '../prompt/pace.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { createEffects } from './effects.ts';
import { encodeFrames, type RenderContext } from './operation.ts';
import { retimedFrames } from './retime.ts';

async function* editedFrames(context: RenderContext): AsyncGenerator<Uint8Array> {
  const { job, plan, paintSize } = context;
  const effects = createEffects(planLook(plan).steps, paintSize, job.seed);
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  let frame = 0;
  const pace = paceOf(plan);
  for await (const source of retimedFrames(context)) {
    out.set(source);
    const seconds = frame / FRAMES_PER_SECOND;
    effects(out, { source, frame, skySeconds: seconds * pace, seconds: seconds * Math.min(1, pace) });
    frame += 1;
    yield out;
  }
}

export async function renderEdit(context: RenderContext): Promise<void> {
  await encodeFrames(editedFrames(context), context, soundtrackOf(context.job, context.plan));
}
