/** Encodes painted frames and a soundtrack to one MP4. */
import { once } from 'node:events';
import type { Size } from '../geometry.ts';
import { type Soundtrack, soundtrackArguments } from './audio.ts';
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
}

export interface Encoder {
  /** Takes one packed RGB frame; the array may be reused once the promise settles. */
  write(frame: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  abort(): void;
}

/** Frames that FFmpeg reads ahead beside its other inputs: its own eight are 22 MB at 720p. */
const QUEUED_FRAMES = 2;

function videoFilter({ paintSize, outputSize }: EncodeOptions): string {
  const same = paintSize.width === outputSize.width && paintSize.height === outputSize.height;
  const scale = same ? '' : `scale=${outputSize.width}:${outputSize.height}:flags=lanczos,`;
  return `[0:v]${scale}${TO_BT709}[picture]`;
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

export function startEncoder(options: EncodeOptions): Encoder {
  const { paintSize, framesPerSecond, sound, path } = options;
  const hasAudio = sound.kind !== 'none';
  const soundtrack = soundtrackArguments(sound, 1);
  const commandArguments = [
    ...['-thread_queue_size', String(QUEUED_FRAMES)],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${paintSize.width}x${paintSize.height}`],
    ...['-r', String(framesPerSecond), '-i', 'pipe:0'],
    ...soundtrack.inputs,
    ...['-filter_complex', [videoFilter(options), ...soundtrack.filters].join(';')],
    ...['-map', '[picture]', ...(hasAudio ? ['-map', '[sound]'] : [])],
    ...outputArguments(FULL_EFFORT, hasAudio, path),
  ];
  const ffmpeg = startFfmpeg(commandArguments, 'render_failed');
  ffmpeg.stdout.resume();
  return {
    write: (frame) => writeFrame(ffmpeg, frame),
    async finish() {
      if (!ffmpeg.stdin.destroyed) {
        ffmpeg.stdin.end();
        await Promise.race([once(ffmpeg.stdin, 'close'), ffmpeg.finished]);
      }
      ffmpeg.touch();
      await ffmpeg.finished;
    },
    abort: () => ffmpeg.kill(),
  };
}
