/** Decodes untrusted media to packed 8-bit RGB frames at 24 frames per second, with bounded memory. */
import { FRAMES_PER_SECOND, type Size } from '../geometry.ts';
import type { RenderInput } from '../job.ts';
import { showFrame, VIDEO_FORMAT, videoFrameBytes } from '../pixels/video-frame.ts';
import { RenderError } from '../render-error.ts';
import { inputArguments } from './input.ts';
import { pictureFilter } from './orientation.ts';
import { TO_BT709 } from './output.ts';
import { startFfmpeg } from './process.ts';

/** Containers round durations: a source may lack half a second of its stated length before it counts as broken. */
export const MISSING_FRAMES_ALLOWED = FRAMES_PER_SECOND / 2;

/** Each holds frames of its own: without a bound a machine with many cores would take most of a job's memory here. */
const DECODER_THREADS = 2;

/** What a seek skips may still be seen in the first frame after it, as long as the next one has not come: these are left out. */
const LEAD_FRAMES = 3;

function seconds(frames: number): string {
  return (frames / FRAMES_PER_SECOND).toFixed(6);
}

/** Scales to cover `size` and crops the middle, so that a picture of another shape is never stretched. */
export function coverFilter({ width, height }: Size): string {
  return `scale=${width}:${height}:force_original_aspect_ratio=increase:flags=lanczos,crop=${width}:${height},setsar=1`;
}

/**
 * `start_time` keeps sound and picture together where the video begins later than the file. Shrinking by area looks the same as
 * bicubic at half its cost: 1080p to 480p is 2.9 ms of CPU a frame instead of 5.7.
 */
export function sourceFilter({ width, height }: Size, source: Size, from = 0): string {
  const flags = source.width > width && source.height > height ? 'area' : 'bicubic';
  const start = Math.max(0, from - LEAD_FRAMES);
  const first = from === start ? '' : `trim=start_frame=${from - start},setpts=PTS-STARTPTS,`;
  const rate = `fps=${FRAMES_PER_SECOND}:start_time=${seconds(start)}`;
  return `${rate},${first}scale=${width}:${height}:flags=${flags},setsar=1`;
}

/** Times in the file stay as they are: each frame is the one that a decoder which begins at the file's start shows at its place. */
function seekArguments(from: number): string[] {
  const start = Math.max(0, from - LEAD_FRAMES);
  return start === 0 ? [] : ['-copyts', '-start_at_zero', '-ss', seconds(start)];
}

async function* rawFrames(
  commandArguments: readonly string[],
  frameBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ffmpeg = startFfmpeg(commandArguments, 'unreadable_input');
  ffmpeg.stdin.end();
  const frame = new Uint8Array(frameBytes);
  let filled = 0;
  try {
    for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
      ffmpeg.touch();
      for (let read = 0; read < chunk.length; ) {
        const taken = Math.min(frameBytes - filled, chunk.length - read);
        frame.set(chunk.subarray(read, read + taken), filled);
        filled += taken;
        read += taken;
        if (filled < frameBytes) continue;
        yield frame;
        filled = 0;
        ffmpeg.touch();
      }
    }
    await ffmpeg.finished;
  } finally {
    ffmpeg.kill();
  }
}

export interface VideoDecode {
  readonly input: RenderInput;
  readonly size: Size;
  readonly frames: number;
  /** The first frame that is wanted of them; 0 where absent. */
  readonly from?: number;
}

/**
 * Exactly `frames` frames, without those before `from`; the last one repeats where the file ends a little early. Each yielded array is reused: it is
 * valid until the next frame is asked for.
 */
export async function* decodeVideo(options: VideoDecode): AsyncGenerator<Uint8Array, void, undefined> {
  const { input, size, frames, from = 0 } = options;
  const commandArguments = [
    // A source's end is read beside an encoder that decodes all of it.
    ...['-threads', String(from > 0 ? 1 : DECODER_THREADS), ...seekArguments(from), ...inputArguments(input)],
    ...['-map', '0:v:0', '-vf', `${sourceFilter(size, input, from)},${TO_BT709}`, '-frames:v', String(frames - from)],
    ...['-f', 'rawvideo', '-pix_fmt', VIDEO_FORMAT, 'pipe:1'],
  ];
  const picture = new Uint8Array(size.width * size.height * 3);
  let decoded = from;
  for await (const frame of rawFrames(commandArguments, videoFrameBytes(size))) {
    decoded += 1;
    showFrame(frame, size, picture);
    yield picture;
  }
  if (decoded === from && from > 0) {
    // A file without an index of its key frames, or one that ends before: the whole of it tells.
    yield* laterFrames(decodeVideo({ ...options, from: 0 }), from);
    return;
  }
  if (decoded === from || frames - decoded > MISSING_FRAMES_ALLOWED) throw endedEarly(decoded, frames);
  for (; decoded < frames; decoded += 1) yield picture;
}

async function* laterFrames(frames: AsyncIterable<Uint8Array>, from: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const frame of frames) {
    seen += 1;
    if (seen > from) yield frame;
  }
}

export function endedEarly(decoded: number, expected: number): RenderError {
  const length = (count: number) => (count / FRAMES_PER_SECOND).toFixed(2);
  return new RenderError(
    'unreadable_input',
    `The video ends after ${length(decoded)} of ${length(expected)} seconds: the file is cut off or damaged.`,
  );
}

/** One picture as RGB, through `filter`, which must end at `size`. */
export async function decodePicture(input: RenderInput, size: Size, filter = coverFilter(size)): Promise<Uint8Array> {
  const commandArguments = [
    ...['-noautorotate', ...inputArguments(input)],
    ...[
      '-map',
      '0:v:0',
      '-vf',
      await pictureFilter(input, filter),
      '-frames:v',
      '1',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      'pipe:1',
    ],
  ];
  for await (const frame of rawFrames(commandArguments, size.width * size.height * 3)) return frame;
  throw new RenderError('unreadable_input', 'The picture could not be decoded.');
}
