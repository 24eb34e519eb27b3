/**
 * Sizes and lengths of every result, and nothing else. Invariants:
 * 1. Both sides are even: 4:2:0 video has one colour sample for two pixels.
 * 2. A named resolution is the short side (480p of 9:16 is 480x854).
 * 3. A clip has exactly `durationSeconds * framesPerSecond` frames.
 * 4. No frame is painted with more pixels than 1080p has, which bounds a render's time and memory whatever size the video is. A
 *    clip between two pictures is painted in its own size, up to 4k: it promises these pictures themselves at its ends.
 */
import type { RenderInput, RenderJob } from './job.ts';
import { RenderError } from './render-error.ts';

/** The rate of every source that is decoded, and of every clip whose job names no other. */
export const FRAMES_PER_SECOND = 24;
/** Source videos are edited at this size and length at most, turned for portrait, as the models' own pages promise. */
const EDIT_LONG_SIDE = 854;
const EDIT_SHORT_SIDE = 480;
export const EDIT_MAX_SECONDS = 8;
const AUTO_SHORT_SIDE = 720;
const MIN_AUTO_SHORT_SIDE = 240;
/** Bounds the pixels of a frame whatever shape an input has. */
const MAX_LONG_SIDE = 1920;
/** What a video has at most, on a side and in all: 4k. */
export const MAX_SIDE = 3840;
export const MAX_PIXELS = 3840 * 2160;
/**
 * 1080p. Measured for 8 s of 4k on two cores: 110 s painted in 4k, 53 s painted in 1080p and scaled up by FFmpeg. Memory is the
 * encoder's either way, 0.8 GB, beside 0.13 GB for the painting.
 */
const MAX_PAINT_PIXELS = 1920 * 1080;
export const MIN_SIDE = 16;
/** A picture wider than this is cropped: 21:9 is the widest shape that video players show well. */
const MAX_RATIO = 21 / 9;
export const ASPECT_RATIO_TOLERANCE = 0.02;

export interface Size {
  readonly width: number;
  readonly height: number;
}

const SHORT_SIDES: Readonly<Record<Exclude<RenderJob['resolution'], 'auto'>, number>> = {
  '480p': 480,
  '720p': 720,
  '1080p': 1080,
  '4k': 2160,
};

const RATIOS: Readonly<Record<Exclude<RenderJob['aspectRatio'], 'auto'>, number>> = {
  '16:9': 16 / 9,
  '4:3': 4 / 3,
  '3:2': 3 / 2,
  '1:1': 1,
  '2:3': 2 / 3,
  '3:4': 3 / 4,
  '9:16': 9 / 16,
};

function toEven(length: number): number {
  return Math.max(MIN_SIDE, Math.round(length / 2) * 2);
}

function sizeOf(ratio: number, shortSide: number): Size {
  const longSide = Math.max(ratio, 1 / ratio) * shortSide;
  const maximum = shortSide > SHORT_SIDES['1080p'] ? MAX_SIDE : MAX_LONG_SIDE;
  const scale = Math.min(1, maximum / longSide);
  const long = toEven(longSide * scale);
  const short = toEven(shortSide * scale);
  return ratio >= 1 ? { width: long, height: short } : { width: short, height: long };
}

function shrinkTo(source: Size, longSide: number, shortSide: number): Size {
  const long = Math.max(source.width, source.height);
  const short = Math.min(source.width, source.height);
  const scale = Math.min(1, longSide / long, shortSide / short);
  return { width: toEven(source.width * scale), height: toEven(source.height * scale) };
}

/** The size an edit is painted at; a named resolution scales the painted frames afterwards. */
export function editPaintSize(source: Size): Size {
  return shrinkTo(source, EDIT_LONG_SIDE, EDIT_SHORT_SIDE);
}

function withinPixels({ width, height }: Size, pixels: number): Size {
  const scale = Math.min(1, Math.sqrt(pixels / (width * height)));
  return { width: toEven(width * scale), height: toEven(height * scale) };
}

/** The size nearest to the one asked for that a video can have, of the same shape where it is too large. */
export function nearestSize(asked: Size): Size {
  const { width, height } = withinPixels(asked, MAX_PIXELS);
  return { width: Math.min(MAX_SIDE, width), height: Math.min(MAX_SIDE, height) };
}

function pictureSize(job: RenderJob, picture: Size | undefined): Size {
  const own = picture === undefined ? RATIOS['16:9'] : picture.width / picture.height;
  const ratio =
    job.aspectRatio === 'auto' ? Math.min(MAX_RATIO, Math.max(1 / MAX_RATIO, own)) : RATIOS[job.aspectRatio];
  if (job.resolution !== 'auto') return sizeOf(ratio, SHORT_SIDES[job.resolution]);
  const ownShortSide = picture === undefined ? AUTO_SHORT_SIDE : Math.min(picture.width, picture.height);
  return sizeOf(ratio, Math.min(AUTO_SHORT_SIDE, Math.max(MIN_AUTO_SHORT_SIDE, ownShortSide)));
}

function sourceSize(source: RenderInput, job: RenderJob, auto: Size): Size {
  if (job.resolution === 'auto') return auto;
  return sizeOf(source.width / source.height, SHORT_SIDES[job.resolution]);
}

/** The video a job edits or extends. */
export function sourceVideo(job: RenderJob): RenderInput & { readonly durationSeconds: number } {
  const input = job.inputs.find((candidate) => candidate.role === 'video');
  if (input?.durationSeconds === undefined) {
    throw new RenderError('invalid_job', `${job.operation} needs one input of role "video" with its durationSeconds.`);
  }
  return { ...input, durationSeconds: input.durationSeconds };
}

/** Frames per second of the result. */
export function frameRate(job: RenderJob): number {
  return job.framesPerSecond ?? FRAMES_PER_SECOND;
}

/** The picture that a clip begins with, and the one it ends with where there is one. */
export function framePictures({ inputs }: RenderJob): { readonly first?: RenderInput; readonly last?: RenderInput } {
  const first = inputs.find(({ role }) => role !== 'last-image');
  const last = inputs.find(({ role }) => role === 'last-image');
  return { ...(first && { first }), ...(last && { last }) };
}

export function outputSize(job: RenderJob): Size {
  if (job.size !== undefined) return job.size;
  switch (job.operation) {
    case 'edit': {
      const source = sourceVideo(job);
      return sourceSize(source, job, editPaintSize(source));
    }
    case 'extend': {
      const source = sourceVideo(job);
      return sourceSize(source, job, shrinkTo(source, MAX_LONG_SIDE, AUTO_SHORT_SIDE));
    }
    case 'image-to-video':
    case 'reference-to-video':
      return pictureSize(job, framePictures(job).first);
    case 'text-to-video':
      return pictureSize(job, undefined);
    default:
      return job.operation satisfies never;
  }
}

/** The size in which frames are painted; the encoder scales them where the video's is another. */
export function paintSize(job: RenderJob): Size {
  if (job.operation === 'edit') return editPaintSize(sourceVideo(job));
  const size = outputSize(job);
  return framePictures(job).last === undefined ? withinPixels(size, MAX_PAINT_PIXELS) : size;
}

/** Frames that come from the job's source video, 0 where there is none. */
export function sourceFrames(job: RenderJob): number {
  if (job.operation !== 'edit' && job.operation !== 'extend') return 0;
  const seconds = sourceVideo(job).durationSeconds;
  const kept = job.operation === 'edit' ? Math.min(EDIT_MAX_SECONDS, seconds) : seconds;
  return Math.max(1, Math.round(kept * FRAMES_PER_SECOND));
}

export function outputFrames(job: RenderJob): number {
  const made = job.operation === 'edit' ? 0 : Math.max(1, Math.round(job.durationSeconds * frameRate(job)));
  return sourceFrames(job) + made;
}

/** An extension keeps its source's shape; another one that was asked for by name is a fault. */
export function checkAspectRatio(job: RenderJob): void {
  if (job.operation !== 'extend' || job.aspectRatio === 'auto') return;
  const { width, height } = sourceVideo(job);
  const asked = RATIOS[job.aspectRatio];
  if (Math.abs(width / height / asked - 1) <= ASPECT_RATIO_TOLERANCE) return;
  const shape = (width / height).toFixed(3);
  throw new RenderError(
    'aspect_ratio_mismatch',
    `The source is ${width}x${height} (${shape}:1) but aspect ratio ${job.aspectRatio} (${asked.toFixed(3)}:1) was asked for. ` +
      'An extension keeps the shape of its source: leave the aspect ratio out.',
  );
}
