/** Changes a source video as its prompt says: its sky, its weather, its style. */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { editPaintSize, FRAMES_PER_SECOND, sourceVideo } from '../geometry.ts';
import { createSkyReplacement } from '../pixels/sky-replacement.ts';
import { createStyle } from '../pixels/styles.ts';
import { createWeather } from '../pixels/weather.ts';
import { planLook } from '../prompt/look.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type RenderContext } from './operation.ts';

async function* editedFrames({ job, plan, frames }: RenderContext): AsyncGenerator<Uint8Array> {
  const source = sourceVideo(job);
  const size = editPaintSize(source);
  const look = planLook(plan);
  const replaceSky = look.sky && createSkyReplacement(look.sky, size, job.seed);
  const weather = look.weather && createWeather(look.weather, size, job.seed);
  const style = look.style && createStyle(look.style, size);
  const out = new Uint8Array(size.width * size.height * 3);
  let frame = 0;
  for await (const picture of decodeVideo({ input: source, size, frames })) {
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
  const { job, plan, size, path, onFrame } = context;
  const paintSize = editPaintSize(sourceVideo(job));
  const sound = soundtrackOf(job, plan);
  await encodeFrames(editedFrames(context), { paintSize, outputSize: size, sound, path }, onFrame);
}
