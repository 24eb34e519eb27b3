/**
 * Continues a source video: one file with the source and then what was added. The added part starts from the source's last
 * frame and goes on with its camera's own speed, which fades while the prompt's move sets in, so no jump is seen; what moved
 * by itself goes on moving.
 */
import { decodeVideo } from '../ffmpeg/decode.ts';
import { FRAMES_PER_SECOND, type Size, sourceFrames, sourceVideo } from '../geometry.ts';
import { createViewPainter } from '../motion/canvas-view.ts';
import { planContinuation } from '../motion/continuation.ts';
import { createMoverPainter } from '../motion/cut-out.ts';
import { watchTail } from '../motion/tail.ts';
import { createCanvas } from '../pixels/canvas.ts';
import { ease, mix } from '../pixels/numbers.ts';
import { SKY_PALETTES } from '../pixels/palette.ts';
import { createSkyReplacement } from '../pixels/sky-replacement.ts';
import { createStyle } from '../pixels/styles.ts';
import { createWeather } from '../pixels/weather.ts';
import { planLook } from '../prompt/look.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import { createReveal, type Reveal } from '../scenes/reveal.ts';
import { soundtrackOf } from '../soundtrack.ts';
import { encodeFrames, type RenderContext } from './operation.ts';

interface DevelopmentOptions {
  readonly plan: PromptPlan;
  readonly size: Size;
  readonly seed: number;
}

/** How the prompt changes what is seen, from nothing at the seam to all of it: light, weather, what comes into view, style. */
function createDevelopment({ plan, size, seed }: DevelopmentOptions): Reveal {
  const look = planLook(plan);
  const palette = plan.sky === undefined ? undefined : look.sky;
  const replaceSky = palette && createSkyReplacement(palette, size, seed);
  const weather = plan.weather && createWeather(plan.weather, size, seed);
  const isPullingBack = plan.camera === 'pull-out';
  const reveal = isPullingBack ? createReveal(plan.scene, palette ?? SKY_PALETTES.day, size, seed) : undefined;
  const style = plan.style && createStyle(plan.style, size);
  const changed = new Uint8Array(size.width * size.height * 3);
  return (rgb, share, seconds) => {
    const strength = ease(Math.min(1, share * 1.25));
    replaceSky?.({ source: rgb, seconds, strength }, changed);
    if (replaceSky !== undefined) rgb.set(changed);
    reveal?.(rgb, share, seconds);
    if (weather === undefined && style === undefined) return;
    changed.set(rgb);
    weather?.settle(changed, seconds);
    weather?.fall(changed, seconds);
    style?.(changed, Math.round(seconds * FRAMES_PER_SECOND));
    for (let i = 0; i < rgb.length; i += 1) rgb[i] = mix(rgb[i] as number, changed[i] as number, strength) + 0.5;
  };
}

async function* extendedFrames({ job, plan, paintSize: size, frames }: RenderContext): AsyncGenerator<Uint8Array> {
  const kept = sourceFrames(job);
  const watch = watchTail(size, kept);
  for await (const picture of decodeVideo({ input: sourceVideo(job), size, frames: kept })) {
    watch.read(picture);
    yield picture;
  }
  const { last, ground, motions, drift, movers } = watch.finish();
  const { seed } = job;
  const added = frames - kept;
  const continuation = planContinuation({ motions, plan, frames: added, aspect: size.width / size.height, seed });
  const paint = createViewPainter(createCanvas(ground, size, continuation.reach), size, drift);
  const paintMovers = createMoverPainter(movers, last, size);
  const develop = createDevelopment({ plan, size, seed });
  const out = new Uint8Array(last.length);
  for (let frame = 1; frame <= added; frame += 1) {
    const view = continuation.viewAt(frame);
    paint({ view, frame }, out);
    paintMovers({ view, frame }, out);
    develop(out, frame / added, frame / FRAMES_PER_SECOND);
    yield out;
  }
}

export async function renderExtend(context: RenderContext): Promise<void> {
  await encodeFrames(extendedFrames(context), context, soundtrackOf(context.job, context.plan));
}
