import { type FileHandle, open } from 'node:fs/promises';
import { AUDIO_CODECS, type Confinement, VIDEO_CODECS } from '@reelay/renderer';
import type { MediaProbe } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { checkDimensions } from './dimensions.ts';
import { type Bytes, checkBoxes, checkSegment, type Structure, unreadable } from './file-structure.ts';
import { readPictureSize } from './picture-header.ts';
import { countDuration, type ProbedStreams, probeStreams, readPicture, unusualCodec } from './probe-streams.ts';
import { type Sniffed, type StreamContainer, sniff, sniffBytes } from './sniff.ts';

/**
 * Says what a file from a stranger is. Owns the order of the checks and the errors; changes nothing.
 *
 * 1. First bytes, then structure and size from the headers (our own few reads, bounded, in this process), then ffprobe
 *    in a child as the authority. No media parser with unbounded memory runs in the server's own process.
 * 2. FFmpeg never guesses: the demuxer is forced to what the first bytes say. A protocol whitelist alone lets a
 *    playlist open other files of this machine.
 * 3. Only what a provider has made for us is spared the child, and only by a small index: see `readIndex`.
 * 4. Names and declared types are never looked at.
 */

export interface ProbeOptions {
  readonly ffprobePath: string;
  readonly confinement?: Confinement | undefined;
  /** Made by a provider for us, not sent in by a stranger. */
  readonly fromProvider?: boolean;
  readonly signal?: AbortSignal;
}

/** One frame of a thousand a second: what is shorter has faulty times. */
const shortestSeconds = 0.001;

const contentTypes: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  m4a: 'audio/mp4',
  ogg: 'audio/ogg',
};

function contentTypeOf(container: string): string {
  return contentTypes[container] ?? 'application/octet-stream';
}

async function probePicture(
  file: Bytes,
  path: string,
  { container, demuxer }: Extract<Sniffed, { kind: 'image' }>,
  options: ProbeOptions,
): Promise<MediaProbe> {
  const { width, height } = await readPictureSize(file, container);
  checkDimensions(width, height);
  await readPicture(path, demuxer, options);
  return { kind: 'image', container, demuxer, contentType: contentTypeOf(container), width, height };
}

const structureChecks: Partial<Readonly<Record<StreamContainer, (file: Bytes) => Promise<Structure>>>> = {
  mp4: checkBoxes,
  mov: checkBoxes,
  m4a: checkBoxes,
  webm: checkSegment,
  mkv: checkSegment,
};

/** What to call a container that holds nothing but sound, and the one that holds more than its name says. */
const soundContainers: Partial<Readonly<Record<StreamContainer, StreamContainer>>> = { mp4: 'm4a', mov: 'm4a' };

function checkCodecs({ video, audio }: ProbedStreams): void {
  if (video !== undefined && !VIDEO_CODECS.includes(video.codec ?? '')) throw unusualCodec(video.codec);
  // Every form of PCM goes by one name here.
  const isTaken = (codec: string | undefined) => codec === 'pcm' || AUDIO_CODECS.includes(codec ?? '');
  if (audio !== undefined && !isTaken(audio.codec)) throw unusualCodec(audio.codec);
}

/** The reader is loaded with the first result of a provider: that takes 80 ms, which every start would pay. */
async function indexOf(path: string, structure: Structure | undefined): Promise<ProbedStreams | undefined> {
  const { readIndex } = await import('./read-index.ts');
  return readIndex(path, structure?.indexBytes);
}

async function probeStreamFile(
  file: Bytes,
  path: string,
  { container, demuxer }: Extract<Sniffed, { kind: 'streams' }>,
  options: ProbeOptions,
): Promise<MediaProbe> {
  const structure = await structureChecks[container]?.(file);
  const known = options.fromProvider ? await indexOf(path, structure) : undefined;
  const streams = known ?? (await probeStreams(path, demuxer, options));
  checkCodecs(streams);
  if (streams.video === undefined) return soundProbe(soundContainers[container] ?? container, demuxer, streams);
  if (container === 'ogg' || container === 'wav' || container === 'mp3') {
    throw new ReelayError('input_container', `is a video in ${container}; send MP4, MOV, WebM or Matroska`);
  }
  const { video, audio } = streams;
  checkDimensions(video.width, video.height);
  const stated = structure?.hasLengths === false ? undefined : video.durationSeconds;
  const durationSeconds = stated ?? (await countDuration(path, demuxer, options));
  if (durationSeconds === undefined || durationSeconds < shortestSeconds) {
    throw unreadable('has no length: its video holds no frames, or no times for them');
  }
  const named = container === 'm4a' ? 'mp4' : container;
  return {
    kind: 'video',
    container: named,
    demuxer,
    contentType: contentTypeOf(named),
    width: video.width,
    height: video.height,
    durationSeconds,
    ...(video.framesPerSecond !== undefined && { framesPerSecond: video.framesPerSecond }),
    ...(video.codec !== undefined && { videoCodec: video.codec }),
    ...(audio?.codec !== undefined && { audioCodec: audio.codec }),
  };
}

function soundProbe(container: StreamContainer, demuxer: string, { audio }: ProbedStreams): MediaProbe {
  if (audio === undefined) throw unreadable('holds neither video nor sound');
  if (audio.durationSeconds === undefined || audio.durationSeconds <= 0) throw unreadable('has no length');
  return {
    kind: 'audio',
    container,
    demuxer,
    contentType: contentTypeOf(container).replace('video/', 'audio/'),
    durationSeconds: audio.durationSeconds,
    ...(audio.codec !== undefined && { audioCodec: audio.codec }),
  };
}

/** How far is read ahead of a small read. A megabyte of a hundred thousand parts took 3 s of CPU, one read for each. */
const windowBytes = 65_536;

function bytesOf(handle: FileHandle, size: number): Bytes {
  let window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

  async function readFrom(position: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, size - position));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, position);
    return buffer.subarray(0, bytesRead);
  }

  return {
    size,
    async read(position, length) {
      if (length >= windowBytes) return readFrom(position, length);
      const isInside = position >= window.start && position + length <= window.start + window.bytes.length;
      if (!isInside) window = { start: position, bytes: await readFrom(position, windowBytes) };
      return window.bytes.subarray(position - window.start, position - window.start + length);
    },
  };
}

/**
 * Throws `input_not_media`, `input_container` (media of a format that nobody takes), `input_codec`, `input_unreadable`,
 * `input_too_complex` or `input_dimensions`; messages are predicates ("is an HTML page, not a media file") for a field to go before.
 */
export async function probeFile(path: string, options: ProbeOptions): Promise<MediaProbe> {
  const handle = await open(path, 'r');
  try {
    const file = bytesOf(handle, (await handle.stat()).size);
    const found = sniff(await file.read(0, sniffBytes));
    switch (found.kind) {
      case 'not-media':
        throw new ReelayError('input_not_media', `is ${found.name}, not a media file`);
      case 'unsupported':
        throw new ReelayError('input_container', `is ${found.name}, which is not taken here`);
      case 'image':
        return await probePicture(file, path, found, options);
      case 'streams':
        return await probeStreamFile(file, path, found, options);
    }
  } finally {
    await handle.close();
  }
}
