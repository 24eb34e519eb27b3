/** Turns the JSON of a job file into a job, or says which field is wrong. */
import { isAbsolute } from 'node:path';
import { MAX_PIXELS, MAX_SIDE, MIN_SIDE, type Size } from './geometry.ts';
import type { RenderInput, RenderJob } from './job.ts';
import { RenderError } from './render-error.ts';

const OPERATIONS = ['text-to-video', 'image-to-video', 'reference-to-video', 'edit', 'extend'] as const;
const QUALITIES = ['full', 'draft'] as const;
const RESOLUTIONS = ['auto', '480p', '720p', '1080p', '4k'] as const;
const ASPECT_RATIOS = ['auto', '16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16'] as const;
const ROLES = ['video', 'image', 'last-image', 'reference'] as const;
/** Bounds one render's work; the public limits of each model are far below. */
export const MAX_SECONDS = 120;
const MAX_REFERENCES = 7;
const MAX_INPUT_SIDE = 16_384;
const MAX_FRAMES_PER_SECOND = 60;
const MAX_THREADS = 8;
const MAX_SEED = 2 ** 31 - 1;
/** A demuxer's name goes on a command line: one or several of FFmpeg's own short names. */
const DEMUXER = /^[a-z0-9_,]{2,64}$/;

function fail(field: string, expected: string): never {
  throw new RenderError('invalid_job', `${field} must be ${expected}.`);
}

function readObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(field, 'an object');
  return { ...value };
}

function readString(value: unknown, field: string): string {
  return typeof value === 'string' ? value : fail(field, 'a string');
}

function readPath(value: unknown, field: string): string {
  const path = readString(value, field);
  return isAbsolute(path) && !path.includes('\0') ? path : fail(field, 'an absolute path');
}

function readBoolean(value: unknown, field: string): boolean {
  return typeof value === 'boolean' ? value : fail(field, 'true or false');
}

function readNumber(value: unknown, field: string, minimum: number, maximum: number): number {
  if (typeof value === 'number' && value >= minimum && value <= maximum) return value;
  return fail(field, `a number from ${minimum} to ${maximum}`);
}

function readChoice<const Choice extends string>(value: unknown, field: string, choices: readonly Choice[]): Choice {
  return choices.find((choice) => choice === value) ?? fail(field, `one of ${choices.join(', ')}`);
}

function readInput(value: unknown, field: string): RenderInput {
  const input = readObject(value, field);
  const demuxer = readString(input['demuxer'], `${field}.demuxer`);
  if (!DEMUXER.test(demuxer)) fail(`${field}.demuxer`, "an FFmpeg demuxer's name");
  const seconds = input['durationSeconds'];
  const hasAudio = input['hasAudio'];
  return {
    role: readChoice(input['role'], `${field}.role`, ROLES),
    path: readPath(input['path'], `${field}.path`),
    demuxer,
    width: readNumber(input['width'], `${field}.width`, 1, MAX_INPUT_SIDE),
    height: readNumber(input['height'], `${field}.height`, 1, MAX_INPUT_SIDE),
    ...(seconds !== undefined && {
      durationSeconds: readNumber(seconds, `${field}.durationSeconds`, 0.001, Number.MAX_VALUE),
    }),
    ...(hasAudio !== undefined && { hasAudio: readBoolean(hasAudio, `${field}.hasAudio`) }),
  };
}

function readSize(value: unknown): Size {
  const size = readObject(value, 'size');
  const readSide = (side: keyof Size) => {
    const length = readNumber(size[side], `size.${side}`, MIN_SIDE, MAX_SIDE);
    return length % 2 === 0 ? length : fail(`size.${side}`, 'an even whole number');
  };
  const { width, height } = { width: readSide('width'), height: readSide('height') };
  if (width * height > MAX_PIXELS) fail('size', `at most ${MAX_PIXELS} pixels in all, not ${width}x${height}`);
  return { width, height };
}

function readCount(value: unknown, field: string, maximum: number): number {
  const count = readNumber(value, field, 1, maximum);
  return Number.isInteger(count) ? count : fail(field, 'a whole number');
}

/** One first picture, and one last picture where the clip has to end at one. */
function checkFrames(inputs: readonly RenderInput[]): void {
  const count = (role: RenderInput['role']) => inputs.filter((input) => input.role === role).length;
  const lasts = count('last-image');
  if (lasts > 1) fail('inputs', 'at most one picture of role last-image');
  if (lasts === 1 && count('image') !== 1) fail('inputs', 'exactly one picture of role image beside the last-image');
  if (inputs.length - lasts !== 1 || count('video') > 0) {
    fail('inputs', 'exactly one picture for image-to-video, and at most one of role last-image beside it');
  }
}

function checkInputs({ operation, inputs }: RenderJob): void {
  const pictures = inputs.filter((input) => input.role !== 'video').length;
  const videos = inputs.filter((input) => input.role === 'video');
  if (operation !== 'image-to-video' && inputs.some((input) => input.role === 'last-image')) {
    fail('operation', `image-to-video for an input of role last-image, not ${operation}`);
  }
  if (operation === 'edit' || operation === 'extend') {
    if (videos.length !== 1) fail('inputs', `exactly one video for ${operation}`);
    if (videos[0]?.durationSeconds === undefined) fail('inputs[0].durationSeconds', 'given for a video');
    if (operation === 'extend' && (videos[0]?.durationSeconds ?? 0) > MAX_SECONDS) {
      fail('inputs[0].durationSeconds', `at most ${MAX_SECONDS} for extend`);
    }
  } else if (operation === 'image-to-video') {
    checkFrames(inputs);
  } else if (operation === 'reference-to-video' && (pictures < 1 || pictures > MAX_REFERENCES)) {
    fail('inputs', `1 to ${MAX_REFERENCES} pictures for reference-to-video`);
  }
}

/** What says how large and how fast a clip is goes together only where the clip is made new, and says it once. */
function checkShape({ operation, size, framesPerSecond, resolution, aspectRatio }: RenderJob): void {
  const followsSource = operation === 'edit' || operation === 'extend';
  if (followsSource && size !== undefined) fail('size', `absent for ${operation}, which keeps its source's shape`);
  if (followsSource && framesPerSecond !== undefined) fail('framesPerSecond', `absent for ${operation}`);
  if (size === undefined) return;
  if (resolution !== 'auto') fail('resolution', 'auto where size is given');
  if (aspectRatio !== 'auto') fail('aspectRatio', 'auto where size is given');
}

export function checkJob(value: unknown): RenderJob {
  const job = readObject(value, 'The job');
  const inputs = job['inputs'];
  if (!Array.isArray(inputs)) fail('inputs', 'a list');
  const { negativePrompt, size, framesPerSecond, threads } = job;
  const checked: RenderJob = {
    operation: readChoice(job['operation'], 'operation', OPERATIONS),
    prompt: readString(job['prompt'], 'prompt'),
    ...(negativePrompt !== undefined && { negativePrompt: readString(negativePrompt, 'negativePrompt') }),
    seed: readNumber(job['seed'], 'seed', 0, MAX_SEED),
    quality: readChoice(job['quality'], 'quality', QUALITIES),
    inputs: inputs.map((input: unknown, index) => readInput(input, `inputs[${index}]`)),
    ...(size !== undefined && { size: readSize(size) }),
    ...(framesPerSecond !== undefined && {
      framesPerSecond: readCount(framesPerSecond, 'framesPerSecond', MAX_FRAMES_PER_SECOND),
    }),
    ...(threads !== undefined && { threads: readCount(threads, 'threads', MAX_THREADS) }),
    resolution: readChoice(job['resolution'], 'resolution', RESOLUTIONS),
    aspectRatio: readChoice(job['aspectRatio'], 'aspectRatio', ASPECT_RATIOS),
    durationSeconds: readNumber(job['durationSeconds'], 'durationSeconds', 0, MAX_SECONDS),
    audio: readBoolean(job['audio'], 'audio'),
    outputPath: readPath(job['outputPath'], 'outputPath'),
    workFolder: readPath(job['workFolder'], 'workFolder'),
  };
  checkInputs(checked);
  checkShape(checked);
  return checked;
}
