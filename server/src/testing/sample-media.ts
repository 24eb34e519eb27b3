import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface SampleVideo {
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
  readonly sound?: boolean;
  /** FFmpeg's name of the encoder. */
  readonly codec?: string;
  /** The program, where it is not the one on the PATH. */
  readonly ffmpeg?: string;
}

/** Makes a small moving clip with FFmpeg's test source; answers its path. The extension chooses the container. */
export async function sampleVideo(folder: string, name: string, options: SampleVideo = {}): Promise<string> {
  const { width = 320, height = 180, seconds = 2, sound = true, codec = 'libx264', ffmpeg: program } = options;
  const path = join(folder, name);
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=24:duration=${seconds}`];
  const tone = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
  const encode = ['-c:v', codec, '-pix_fmt', 'yuv420p', ...(codec === 'libx264' ? ['-preset', 'ultrafast'] : [])];
  await ffmpeg([...picture, ...(sound ? tone : []), ...encode, '-t', String(seconds), path], program);
  return path;
}

/** Makes a still picture; the extension chooses PNG, JPEG or WebP. */
export async function samplePicture(
  folder: string,
  name: string,
  { width = 320, height = 180 }: { readonly width?: number; readonly height?: number } = {},
): Promise<string> {
  const path = join(folder, name);
  await ffmpeg(['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=1:duration=1`, '-frames:v', '1', path]);
  return path;
}

async function ffmpeg(args: readonly string[], program = 'ffmpeg'): Promise<void> {
  await run(program, ['-v', 'error', '-nostdin', '-y', ...args]);
}

export interface StreamFacts {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly seconds: number;
  readonly videoCodec: string;
  readonly profile: string;
  readonly pixelFormat: string;
  readonly framesPerSecond: string;
  readonly audioCodec: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** What ffprobe counts and reads in a file: every frame is decoded. */
export async function probeFacts(path: string): Promise<StreamFacts> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-print_format', 'json', '-show_streams', '-show_format', path],
  ]);
  const { streams, format } = JSON.parse(stdout) as {
    readonly streams: readonly Record<string, string | number>[];
    readonly format: { readonly tags?: Record<string, string> };
  };
  const video = streams.find((stream) => stream['codec_type'] === 'video');
  const audio = streams.find((stream) => stream['codec_type'] === 'audio');
  if (video === undefined) throw new Error(`${path} has no video stream`);
  return {
    width: Number(video['width']),
    height: Number(video['height']),
    frames: Number(video['nb_read_frames']),
    seconds: Number(video['duration']),
    videoCodec: String(video['codec_name']),
    profile: String(video['profile']),
    pixelFormat: String(video['pix_fmt']),
    framesPerSecond: String(video['avg_frame_rate']),
    audioCodec: audio && String(audio['codec_name']),
    tags: format.tags ?? {},
  };
}
