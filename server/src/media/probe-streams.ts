import { resolve } from 'node:path';
import { type Confinement, inputArguments, type ProcessLimits, unconfined } from '@reelay/renderer';
import { ReelayError } from '../errors.ts';
import { tooManyPixels } from './dimensions.ts';
import { tooComplex, unreadable } from './file-structure.ts';
import { runTool, toolTrouble } from './run-tool.ts';

/** Asks ffprobe about a file whose demuxer is known. Reads only the fields we use, and believes none of them blindly. */

export interface VideoStream {
  /** Displayed size: pixel shape and rotation applied. */
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number | undefined;
  readonly framesPerSecond: number | undefined;
  readonly codec: string | undefined;
}

export interface AudioStream {
  readonly durationSeconds: number | undefined;
  readonly codec: string | undefined;
}

export interface ProbedStreams {
  readonly video: VideoStream | undefined;
  readonly audio: AudioStream | undefined;
}

interface StreamProbeOptions {
  readonly ffprobePath: string;
  readonly confinement?: Confinement | undefined;
  readonly signal?: AbortSignal;
}

const timeLimitMs = 20_000;
/** One thread that reads; nothing is written. A picture of 39 megapixels takes 0.4 GB (measured), 8K video with 16 references would need 1.6. */
const limits: ProcessLimits = { cpuSeconds: timeLimitMs / 1_000, memoryBytes: 2.5e9, fileBytes: 0 };
/** A line of about 20 bytes per packet: 13 minutes at 60 frames per second are 1 MB. */
const maximumPacketListBytes = 16e6;

export function unusualCodec(codec: string | undefined): ReelayError {
  return new ReelayError('input_codec', `holds ${codec ?? 'a codec that nobody knows'}; encode it with H.264 and AAC`);
}

/** FFmpeg gives up on a frame beyond `-max_pixels` wherever in a file it meets one, and on codecs that are not listed. */
function refusal(stderr: string): ReelayError {
  const [, width, height] = /Picture size (\d+)x(\d+) exceeds/.exec(stderr) ?? [];
  if (width !== undefined && height !== undefined) return tooManyPixels(Number(width), Number(height));
  const [, codec] = /Codec \((\w+)\) not on whitelist/.exec(stderr) ?? [];
  if (codec !== undefined) return unusualCodec(codec);
  return unreadable('cannot be read: it is truncated or damaged');
}

async function ask(
  path: string,
  demuxer: string,
  question: readonly string[],
  { ffprobePath, confinement = unconfined, signal }: StreamProbeOptions,
  maxOutputBytes = 1_000_000,
): Promise<string> {
  const outcome = await runTool({
    program: ffprobePath,
    args: ['-v', 'error', ...question, ...inputArguments({ path: resolve(path), demuxer })],
    timeLimitMs,
    maxOutputBytes,
    bounds: { confinement, limits },
    ...(signal && { signal }),
  });
  switch (outcome.kind) {
    case 'exited':
      if (outcome.code === 0) return outcome.stdout;
      throw refusal(outcome.stderr);
    case 'timed-out':
      throw tooComplex(`cannot be read within ${timeLimitMs / 1_000} s`);
    case 'over-limit':
      throw tooComplex(`needs more ${outcome.limit} than one file may`);
    case 'too-much-output':
      throw tooComplex('holds more streams or frames than one file may');
    case 'crashed':
      throw unreadable('cannot be read: it is damaged');
    case 'killed':
    case 'not-started':
      throw toolTrouble('ffprobe', outcome);
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** A positive number from a number or its text; ffprobe writes "N/A" for what it does not know. */
function positive(value: unknown): number | undefined {
  const number = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isFinite(number) && number > 0 ? number : undefined;
}

/** `30000/1001`; undefined for `0/0`. */
function ratio(value: unknown, separator: string): number | undefined {
  const [above, below] = typeof value === 'string' ? value.split(separator) : [];
  const top = positive(above);
  const bottom = positive(below);
  return top === undefined || bottom === undefined ? undefined : top / bottom;
}

function codecOf(stream: Fields): string | undefined {
  const name = stream['codec_name'];
  if (typeof name !== 'string' || name === 'unknown' || name === 'none') return undefined;
  return name.startsWith('pcm_') ? 'pcm' : name;
}

function quarterTurns(stream: Fields): number {
  const matrix = list(stream['side_data_list']).find((data) => typeof data['rotation'] === 'number');
  const tags = isFields(stream['tags']) ? stream['tags'] : {};
  const degrees = Number(matrix?.['rotation'] ?? tags['rotate'] ?? 0);
  return Number.isFinite(degrees) ? Math.abs(Math.round(degrees / 90)) % 4 : 0;
}

/** The stream's base rate where its average is nearly that; the average of a rate that varies, or of a guess at none. */
function frameRate(stream: Fields): number | undefined {
  const average = ratio(stream['avg_frame_rate'], '/');
  const base = ratio(stream['r_frame_rate'], '/');
  if (average === undefined || base === undefined) return average ?? base;
  return Math.abs(average / base - 1) < 0.05 ? base : average;
}

function videoStream(stream: Fields): VideoStream {
  const codedWidth = positive(stream['width']) ?? 0;
  const codedHeight = positive(stream['height']) ?? 0;
  const pixelShape = ratio(stream['sample_aspect_ratio'], ':') ?? 1;
  // Outside of what cameras and discs write (0.9 to 2) it is a fault of the file, not a shape.
  const stretched = Math.round(codedWidth * (pixelShape > 0.25 && pixelShape < 4 ? pixelShape : 1));
  const turned = quarterTurns(stream) % 2 === 1;
  return {
    width: turned ? codedHeight : stretched,
    height: turned ? stretched : codedHeight,
    durationSeconds: positive(stream['duration']),
    framesPerSecond: frameRate(stream),
    codec: codecOf(stream),
  };
}

const streamFields =
  'index,codec_type,codec_name,width,height,sample_aspect_ratio,avg_frame_rate,r_frame_rate,duration';

export async function probeStreams(path: string, demuxer: string, options: StreamProbeOptions): Promise<ProbedStreams> {
  const entries = [
    `stream=${streamFields}`,
    'stream_disposition=attached_pic',
    'stream_tags=rotate',
    'stream_side_data=rotation',
    'format=duration',
  ];
  const answer = await ask(path, demuxer, ['-show_entries', entries.join(':'), '-of', 'json'], options);
  const parsed: unknown = JSON.parse(answer);
  const fields = isFields(parsed) ? parsed : {};
  const streams = list(fields['streams']);
  // A cover picture is a video stream to FFmpeg, and no video to anybody else.
  const isCover = ({ disposition }: Fields) => isFields(disposition) && disposition['attached_pic'] === 1;
  const video = streams.find((stream) => stream['codec_type'] === 'video' && !isCover(stream));
  const audio = streams.find((stream) => stream['codec_type'] === 'audio');
  const format = isFields(fields['format']) ? fields['format'] : {};
  return {
    video: video === undefined ? undefined : videoStream(video),
    audio:
      audio === undefined
        ? undefined
        : { durationSeconds: positive(audio['duration']) ?? positive(format['duration']), codec: codecOf(audio) },
  };
}

/**
 * The length of the first video stream from the times of its packets, where the container does not say it (WebM and
 * Matroska tell only the longest stream's, live recordings none). Reads the whole file, decodes nothing.
 */
export async function countDuration(
  path: string,
  demuxer: string,
  options: StreamProbeOptions,
): Promise<number | undefined> {
  const question = ['-select_streams', 'V:0', '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0'];
  const answer = await ask(path, demuxer, question, options, maximumPacketListBytes);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const line of answer.split('\n')) {
    const [time, length] = line.split(',').map(Number.parseFloat);
    if (time === undefined || !Number.isFinite(time)) continue;
    start = Math.min(start, time);
    end = Math.max(end, time + (length !== undefined && Number.isFinite(length) ? length : 0));
  }
  return end > start ? end - start : undefined;
}

/** Decodes one picture to see that it can be. */
export async function readPicture(path: string, demuxer: string, options: StreamProbeOptions): Promise<void> {
  const question = [
    '-read_intervals',
    '%+#1',
    '-count_frames',
    '-show_entries',
    'stream=nb_read_frames',
    '-of',
    'csv=p=0',
  ];
  const answer = await ask(path, demuxer, question, options);
  if (positive(answer.trim().split('\n')[0]?.replace(/,+$/, '')) === undefined) {
    throw unreadable('cannot be decoded: it is truncated or damaged');
  }
}
