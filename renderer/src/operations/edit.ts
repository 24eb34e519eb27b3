/** Changes a source video as its prompt says: its sky, its weather, its style. */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { FRAMES_PER_SECOND, sourceVideo } from '../geometry.ts';
import { createSkyReplacement } from '../pixels/sky-replacement.ts';
import { createStyle } from '../pixels/styles.ts';
import { createWeather } from '../pixels/weather.ts';
import { planLook } from '../prompt/look.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type RenderContext } from './operation.ts';

async function* editedFrames({ job, plan, paintSize, frames }: RenderContext): AsyncGenerator<Uint8Array> {
  const source = sourceVideo(job);
  const look = planLook(plan);
  const replaceSky = look.sky && createSkyReplacement(look.sky, paintSize, job.seed);
  const weather = look.weather && createWeather(look.weather, paintSize, job.seed);
  const style = look.style && createStyle(look.style, paintSize);
  const out = new Uint8Array(paintSize.width * paintSize.height * 3);
  let frame = 0;
  for await (const picture of decodeVideo({ input: source, size: paintSize, frames })) {
    const seconds = frame / FRAMES_PER_SECOND;
    if (replaceSky === undefined) out.set(picture);
    else replaceSky({ source: picture, seconds, strength: 1 }, out);
    weather?.settle(out, seconds);
    weather?.fall(out, seconds);
    style?.(out, frame);
    frame += 1;
    yield out;
  }
}

export async function renderEdit(context: RenderContext): Promise<void> {
  await encodeFrames(editedFrames(context), context, soundtrackOf(context.job, context.plan));
}
