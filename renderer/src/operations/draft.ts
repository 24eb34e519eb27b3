/**
 * Draft quality: the size, length, frame count and sound of the full result with a plain picture, made by FFmpeg alone.
 * An edit and an extension still show their source.
 */
import type { Soundtrack } from '../ffmpeg/audio.ts';
import { coverFilter, MISSING_FRAMES_ALLOWED, sourceFilter } from '../ffmpeg/decode.ts';
import { runDraft } from '../ffmpeg/draft.ts';
import { inputArguments } from '../ffmpeg/input.ts';
import { pictureFilter } from '../ffmpeg/orientation.ts';
import { TO_BT709 } from '../ffmpeg/output.ts';
import { FRAMES_PER_SECOND, framePictures, type Size, sourceFrames, sourceVideo } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { createRandom, hashText } from '../pixels/noise.ts';
import type { SkyName } from '../prompt/lexicon.ts';
import { paceOf } from '../prompt/pace.ts';
import { pictureOrder } from '../prompt/plan.ts';
import { soundtrackOf } from '../soundtrack.ts';
import type { RenderContext } from './operation.ts';

/** Gains of red, green and blue that hint at the light that a full edit would give. */
const TINTS: Readonly<Record<SkyName, readonly [number, number, number]>> = {
  day: [1.02, 1.02, 1.06],
  sunset: [1.12, 0.88, 0.74],
  dawn: [1.08, 0.94, 0.9],
  night: [0.42, 0.5, 0.78],
  storm: [0.74, 0.8, 0.86],
  overcast: [0.88, 0.9, 0.94],
  aurora: [0.42, 0.7, 0.68],
};

interface DraftPicture {
  readonly inputs: readonly string[];
  readonly inputCount: number;
  readonly filters: readonly string[];
}

/** The picture is converted once and then repeated; the other way round every frame would be converted. */
function stillFilter(framesPerSecond: number): string {
  return `${TO_BT709},loop=loop=-1:size=1,setpts=N/${framesPerSecond}/TB,fps=${framesPerSecond}`;
}

/** The source at another speed within its own length: slower its first part, faster all of it again and again. */
function paceFilter(pace: number, frames: number): string {
  if (pace === 1) return '';
  if (pace < 1) return `setpts=PTS/${pace.toFixed(4)},fps=${FRAMES_PER_SECOND},`;
  const pass = `framestep=${pace},loop=loop=${pace}:size=${Math.ceil(frames / pace)}`;
  return `${pass},setpts=N/${FRAMES_PER_SECOND}/TB,fps=${FRAMES_PER_SECOND},`;
}

function editPicture({ job, plan, size, paintSize, frames }: RenderContext): DraftPicture {
  const source = sourceVideo(job);
  const [red, green, blue] = TINTS[plan.sky ?? 'sunset'];
  const tint = plan.style === 'black-and-white' ? 'hue=s=0' : `colorchannelmixer=rr=${red}:gg=${green}:bb=${blue}`;
  const scale = `scale=${size.width}:${size.height}:flags=bilinear`;
  const pace = paceFilter(Math.min(paceOf(plan), frames), frames);
  const missing = `tpad=stop=${MISSING_FRAMES_ALLOWED}:stop_mode=clone`;
  return {
    inputs: inputArguments(source),
    inputCount: 1,
    filters: [`[0:v:0]${sourceFilter(paintSize, source)},${pace}${tint},${scale},${TO_BT709},${missing}[plain]`],
  };
}

function extendPicture({ job, size, frames }: RenderContext): DraftPicture {
  const source = sourceVideo(job);
  const kept = sourceFrames(job);
  const held = frames - kept + MISSING_FRAMES_ALLOWED;
  const trim = `trim=end_frame=${kept}`;
  return {
    inputs: inputArguments(source),
    inputCount: 1,
    filters: [`[0:v:0]${sourceFilter(size, source)},${trim},${TO_BT709},tpad=stop=${held}:stop_mode=clone[plain]`],
  };
}

async function picturesPicture({ job, size, frames, framesPerSecond }: RenderContext): Promise<DraftPicture> {
  const { first, last } = framePictures(job);
  const named = () => pictureOrder(job.prompt, job.inputs.length).map((index) => job.inputs[index]);
  const shown = job.operation === 'image-to-video' ? [first, last] : named();
  const pictures = shown.filter((input): input is RenderInput => input !== undefined);
  const shares = pictures.map((_, index) => {
    const start = Math.round((frames * index) / pictures.length);
    return Math.round((frames * (index + 1)) / pictures.length) - start;
  });
  const stills = await Promise.all(
    pictures.map(async (picture, index) => {
      const filter = await pictureFilter(picture, coverFilter(size));
      return `[${index}:v:0]${filter},${stillFilter(framesPerSecond)},trim=end_frame=${shares[index]},setpts=PTS-STARTPTS[p${index}]`;
    }),
  );
  const names = pictures.map((_, index) => `[p${index}]`).join('');
  return {
    inputs: pictures.flatMap((picture) => ['-noautorotate', ...inputArguments(picture)]),
    inputCount: pictures.length,
    filters: [...stills, `${names}concat=n=${pictures.length}[plain]`],
  };
}

function hexColour(random: () => number, brightness: number): string {
  const channel = () => Math.round(255 * brightness * (0.35 + 0.65 * random()));
  return `0x${[channel(), channel(), channel()].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function gradientPicture({ job, size, framesPerSecond }: RenderContext): DraftPicture {
  const random = createRandom(job.seed ^ hashText(job.prompt));
  const { width, height }: Size = size;
  const colours = `c0=${hexColour(random, 0.9)}:c1=${hexColour(random, 0.45)}`;
  const line = `x0=0:y0=0:x1=${Math.round(width / 4)}:y1=${height}`;
  return {
    inputs: [],
    inputCount: 0,
    filters: [
      `gradients=s=${width}x${height}:r=${framesPerSecond}:${colours}:${line}:seed=1,${stillFilter(framesPerSecond)}[plain]`,
    ],
  };
}

async function draftPicture(context: RenderContext): Promise<DraftPicture> {
  switch (context.job.operation) {
    case 'edit':
      return editPicture(context);
    case 'extend':
      return extendPicture(context);
    case 'image-to-video':
    case 'reference-to-video':
      return await picturesPicture(context);
    case 'text-to-video':
      return gradientPicture(context);
    default:
      return context.job.operation satisfies never;
  }
}

/** One quiet bed instead of a mix: the swells and tones of the full sound cost more than the whole draft picture. */
function draftSound(sound: Soundtrack): Soundtrack {
  if (sound.kind === 'none' || sound.kind === 'source') return sound;
  if (sound.kind === 'mixed') return { ...sound, kind: 'source' };
  return { ...sound, parts: [{ bed: 'hush', gain: 1 }] };
}

export async function renderDraft(context: RenderContext): Promise<void> {
  const { job, plan, frames, path, onFrame } = context;
  const picture = await draftPicture(context);
  await runDraft({ ...picture, sound: draftSound(soundtrackOf(job, plan)), frames, path, onFrame });
}
