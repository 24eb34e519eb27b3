/** Encodes painted frames and a soundtrack to one MP4. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { VIDEO_FORMAT, videoFrameBytes } from '../pixels/video-frame.ts';
import { type Soundtrack, soundtrackArguments } from './audio.ts';
import { endedEarly, MISSING_FRAMES_ALLOWED, sourceFilter } from './decode.ts';
import { inputArguments } from './input.ts';
import { FULL_EFFORT, outputArguments, TO_BT709 } from './output.ts';
import { type FfmpegProcess, startFfmpeg } from './process.ts';

export interface EncodeOptions {
  /** The size of the frames that are written. */
  readonly paintSize: Size;
  /** The size of the video; painted frames are scaled where it differs. */
  readonly outputSize: Size;
  readonly framesPerSecond: number;
  readonly sound: Soundtrack;
  readonly path: string;
  /** What comes before the frames that are written. */
  readonly before?: SourceFrames;
}

/** A source's own frames, which FFmpeg passes on by itself: it need not make colours of them that are written and read again. */
export interface SourceFrames {
  readonly input: RenderInput;
  readonly frames: number;
  /** Tells how many frames of the result are encoded, the written ones among them. */
  readonly onFrame: (frames: number) => void;
}

export interface Encoder {
  /** Takes one frame as video has it; the array may be reused once the promise settles. */
  write(frame: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  abort(): void;
}

/** Frames that FFmpeg reads ahead beside its other inputs: its own eight are 22 MB at 720p. */
const QUEUED_FRAMES = 2;
const PROGRESS_SECONDS = 0.2;

/** Raw frames do not say which colours they are coded by. */
const KNOWN_COLOURS = 'setparams=colorspace=bt709:range=tv';

function videoFilter({ paintSize, outputSize, before }: EncodeOptions): string {
  const same = paintSize.width === outputSize.width && paintSize.height === outputSize.height;
  const scale = same ? '' : `scale=${outputSize.width}:${outputSize.height}:flags=lanczos,`;
  const written = `${KNOWN_COLOURS},${scale}format=${VIDEO_FORMAT}`;
  if (before === undefined) return `[0:v]${written}[picture]`;
  const missing = `tpad=stop=${MISSING_FRAMES_ALLOWED}:stop_mode=clone,trim=end_frame=${before.frames}`;
  return (
    `[1:v:0]${sourceFilter(paintSize, before.input)},${missing},${scale}${TO_BT709}[before];` +
    `[0:v]trim=start_frame=1,setpts=PTS-STARTPTS,setsar=1,${written}[written];[before][written]concat=n=2[picture]`
  );
}

/** FFmpeg tells its own progress: how much of the source it has encoded nobody else knows. */
async function readProgress(ffmpeg: FfmpegProcess, onFrame: (frames: number) => void): Promise<number> {
  let encoded = 0;
  for await (const line of createInterface({ input: ffmpeg.stdout })) {
    if (!line.startsWith('frame=')) continue;
    ffmpeg.touch();
    encoded = Number(line.slice('frame='.length)) || encoded;
    onFrame(encoded);
  }
  return encoded;
}

async function writeFrame(ffmpeg: FfmpegProcess, frame: Uint8Array): Promise<void> {
  const failed = await new Promise<boolean>((resolve) => {
    ffmpeg.stdin.write(frame, (error) => resolve(error != null));
  });
  ffmpeg.touch();
  if (!failed) return;
  await ffmpeg.finished;
  throw new Error('ffmpeg closed its input before the last frame.');
}

function beforeArguments({ before }: EncodeOptions): string[] {
  if (before === undefined) return [];
  const progress = ['-progress', 'pipe:1', '-stats_period', String(PROGRESS_SECONDS)];
  // Decoding takes half of what encoding takes beside it, and a second thread 10 MB of frames.
  return [...progress, '-threads', '1', ...inputArguments(before.input)];
}

export function startEncoder(options: EncodeOptions): Encoder {
  const { paintSize, framesPerSecond, sound, path, before } = options;
  const hasAudio = sound.kind !== 'none';
  const soundtrack = soundtrackArguments(sound, before === undefined ? 1 : 2);
  const commandArguments = [
    ...['-thread_queue_size', String(QUEUED_FRAMES)],
    ...['-f', 'rawvideo', '-pix_fmt', VIDEO_FORMAT, '-s', `${paintSize.width}x${paintSize.height}`],
    ...['-r', String(framesPerSecond), '-i', 'pipe:0'],
    ...[...beforeArguments(options), ...soundtrack.inputs],
    ...['-filter_complex', [videoFilter(options), ...soundtrack.filters].join(';')],
    ...['-map', '[picture]', ...(hasAudio ? ['-map', '[sound]'] : [])],
    ...outputArguments(FULL_EFFORT, hasAudio, path),
  ];
  const ffmpeg = startFfmpeg(commandArguments, before === undefined ? 'render_failed' : 'unreadable_input');
  const encoded = before && readProgress(ffmpeg, before.onFrame);
  encoded?.catch(() => {});
  if (before === undefined) ffmpeg.stdout.resume();
  // FFmpeg begins with no input before it has seen a frame of each: this one is left out again.
  else ffmpeg.stdin.write(new Uint8Array(videoFrameBytes(paintSize)));
  let written = 0;
  return {
    async write(frame) {
      await writeFrame(ffmpeg, frame);
      written += 1;
    },
    async finish() {
      if (!ffmpeg.stdin.destroyed) {
        ffmpeg.stdin.end();
        await Promise.race([once(ffmpeg.stdin, 'close'), ffmpeg.finished]);
      }
      ffmpeg.touch();
      await ffmpeg.finished;
      if (before === undefined) return;
      const shown = ((await encoded) ?? 0) - written;
      if (shown < before.frames) throw endedEarly(shown, before.frames);
    },
    abort: () => ffmpeg.kill(),
  };
}
