/** A clip as the renderer would get it: noisy as from a sensor, through x264 and back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeVideo } from '../../renderer/src/ffmpeg/decode.ts';
import { startFfmpeg } from '../../renderer/src/ffmpeg/process.ts';
import { FRAMES_PER_SECOND, type Size } from '../../renderer/src/geometry.ts';
import { createRandom } from '../../renderer/src/pixels/noise.ts';
import type { Clip } from './clips.ts';
import { createScenePainter, lookAt, type TruePicture } from './scene-painter.ts';

/** Room around the frame for the camera's moves. */
const ROOM = 1.2;
const NOISE_LEVELS = 5;

export interface Moment {
  readonly truth: TruePicture;
  /** Packed 8-bit RGB. */
  readonly frame: Uint8Array;
}

const even = (value: number) => Math.round(value / 2) * 2;

function emptyPicture(size: Size): TruePicture {
  const count = size.width * size.height;
  return {
    ...size,
    colours: new Float32Array(count * 3),
    foreground: new Float32Array(count * 3),
    sky: new Float32Array(count),
  };
}

/** The clip's frames as they are drawn; the picture is reused. */
function* drawnFrames(clip: Clip, size: Size, frames: number): Generator<TruePicture> {
  const large = { width: even(size.width * ROOM), height: even(size.height * ROOM) };
  const paint = createScenePainter({ scene: clip.build(large), size: large, subjects: clip.subjects(large) });
  const target = emptyPicture(size);
  let source: TruePicture | undefined;
  for (let frame = 0; frame < frames; frame += 1) {
    const seconds = frame / FRAMES_PER_SECOND;
    if (source === undefined || clip.live) source = paint(seconds);
    lookAt(source, clip.camera(seconds, size), target);
    yield target;
  }
}

function addNoise(colours: Float32Array, random: () => number, frame: Uint8Array): void {
  for (let i = 0; i < frame.length; i += 1) {
    const noise = (random() + random() - 1) * NOISE_LEVELS;
    frame[i] = Math.min(255, Math.max(0, (colours[i] as number) + noise + 0.5));
  }
}

/** Writes the clip to a file, then yields each of its frames beside what it was drawn from. Both are reused. */
export async function* footage(clip: Clip, size: Size, frames: number): AsyncGenerator<Moment> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-clip-'));
  const path = join(folder, 'clip.mp4');
  try {
    const encoder = startFfmpeg(
      [
        ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${size.width}x${size.height}`],
        ...['-r', String(FRAMES_PER_SECOND), '-i', 'pipe:0', '-c:v', 'libx264', '-preset', 'veryfast'],
        ...['-crf', String(clip.crf), '-threads', '1', '-pix_fmt', 'yuv420p', path],
      ],
      'render_failed',
    );
    encoder.stdout.resume();
    const frame = new Uint8Array(size.width * size.height * 3);
    const random = createRandom(1);
    for (const { colours } of drawnFrames(clip, size, frames)) {
      addNoise(colours, random, frame);
      encoder.touch();
      if (!encoder.stdin.write(Buffer.from(frame))) await new Promise((resume) => encoder.stdin.once('drain', resume));
    }
    encoder.stdin.end();
    await encoder.finished;
    const truths = drawnFrames(clip, size, frames);
    const input = {
      role: 'video',
      path,
      demuxer: 'mov',
      ...size,
      durationSeconds: frames / FRAMES_PER_SECOND,
    } as const;
    for await (const decoded of decodeVideo({ input, size, frames })) {
      const truth = truths.next();
      if (truth.done) break;
      yield { truth: truth.value, frame: decoded };
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
