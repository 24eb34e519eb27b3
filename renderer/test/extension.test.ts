/** What is seen and heard where a source ends and what was added begins, on clips that are drawn here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RenderInput } from '../src/job.ts';
import { estimateMotion, type Luma } from '../src/motion/estimate.ts';
import { fineNoise, sampleNoise, softNoise } from '../src/pixels/noise.ts';
import { smoothstep } from '../src/pixels/numbers.ts';
import { difference, greyFrames, makeJob, openWorkshop, renderJob, run, type Workshop } from './harness.ts';

const WIDTH = 320;
const HEIGHT = 180;
/** Less than the encoder's interval of key frames, which are a change of their own. */
const FRAMES = 30;

/** Frames come through a lossy encoder: this much of a difference is its own. */
const ENCODING = 1.03;

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

/** Brightness, 0 to 255, at a place in half widths from the middle. */
type Draw = (x: number, y: number, frame: number) => number;

async function drawVideo(name: string, draw: Draw): Promise<RenderInput> {
  const path = workshop.path(`${name}.mp4`);
  const encoder = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${WIDTH}x${HEIGHT}`, '-r', '24', '-i', 'pipe:0'],
      ...['-f', 'lavfi', '-i', `sine=f=300:d=${FRAMES / 24}`, '-c:a', 'aac', '-c:v', 'libx264', '-preset', 'veryfast'],
      ...['-crf', '16', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', '-y', path],
    ],
    { stdio: ['pipe', 'inherit', 'inherit'] },
  );
  const picture = Buffer.alloc(WIDTH * HEIGHT);
  for (let frame = 0; frame < FRAMES; frame += 1) {
    for (let i = 0; i < picture.length; i += 1) {
      const x = ((i % WIDTH) + 0.5 - WIDTH / 2) / (WIDTH / 2);
      const y = (((i / WIDTH) | 0) + 0.5 - HEIGHT / 2) / (WIDTH / 2);
      picture[i] = draw(x, y, frame);
    }
    if (!encoder.stdin.write(Buffer.from(picture))) await once(encoder.stdin, 'drain');
  }
  encoder.stdin.end();
  const [code] = await once(encoder, 'close');
  expect(code).toBe(0);
  const size = { width: WIDTH, height: HEIGHT, durationSeconds: FRAMES / 24 };
  return { role: 'video', path, demuxer: 'mov', ...size, hasAudio: true };
}

const land = (x: number, y: number) =>
  255 * smoothstep(0.2, 0.75, sampleNoise(fineNoise(), x * 0.3 + 0.3, y * 0.3 + 0.6));
const isInside = (x: number, y: number) => 1 - smoothstep(0.16, 0.19, Math.hypot(x, y));
const handX = (frame: number) => 0.022 * Math.sin(frame * 0.31) + 0.011 * Math.sin(frame * 0.83 + 1);
const handY = (frame: number) => 0.018 * Math.sin(frame * 0.27 + 2) + 0.009 * Math.sin(frame * 0.9);

const CLIPS: Readonly<Record<string, Draw>> = {
  'a pan': (x, y, frame) => land(x + frame * 0.012, y),
  'a zoom': (x, y, frame) => land(x * 0.99 ** frame, y * 0.99 ** frame),
  'a subject before a static camera': (x, y, frame) => {
    const share = isInside(x + 0.55 - frame * 0.018, y - 0.1);
    return land(x, y) * 0.7 * (1 - share) + share * (220 + 30 * Math.sin((x - frame * 0.018) * 22));
  },
  'a hand-held camera': (x, y, frame) => land(x + handX(frame), y + handY(frame)),
  'drifting clouds': (x, y, frame) => {
    const clouds = 60 + 180 * sampleNoise(softNoise(), x * 0.4 - frame * 0.004, y * 0.6);
    const share = smoothstep(0.05, 0.1, y);
    return clouds * (1 - share) + land(x, y) * share;
  },
};

async function extended(name: string, draw: Draw, prompt: string): Promise<{ path: string; frames: Buffer[] }> {
  const slug = name.replaceAll(' ', '-');
  const source = await drawVideo(slug, draw);
  const job = makeJob(workshop, `extended-${slug}`, {
    ...{ operation: 'extend', quality: 'full', resolution: 'auto', durationSeconds: 0.75, prompt, inputs: [source] },
  });
  expect((await renderJob(workshop, job)).last).toMatchObject({ type: 'done' });
  return { path: job.outputPath, frames: await greyFrames(job.outputPath, WIDTH, HEIGHT) };
}

function toLuma(frame: Buffer | undefined): Luma {
  return { width: WIDTH, height: HEIGHT, values: Float32Array.from(frame ?? [], (value) => value / 255) };
}

describe.each(Object.entries(CLIPS))('%s', (name, draw) => {
  test('goes on over the seam', async () => {
    const { frames } = await extended(name, draw, 'The scene goes on');
    const steps = frames.slice(1).map((frame, index) => difference(frames[index] ?? frame, frame));
    const within = steps.slice(0, FRAMES - 1);
    const seam = steps[FRAMES - 1] ?? Number.POSITIVE_INFINITY;
    expect(seam).toBeLessThanOrEqual(ENCODING * Math.max(...within));
    // A freeze would be as much of a jump to the eye.
    expect(seam).toBeGreaterThan(0.6 * Math.min(...within.slice(-6)));
    expect(steps.slice(FRAMES, FRAMES + 4).reduce((sum, step) => sum + step, 0) / 4).toBeGreaterThan(
      0.4 * Math.min(...within),
    );
    // The camera's speed, in half widths per frame.
    const before = estimateMotion(toLuma(frames[FRAMES - 2]), toLuma(frames[FRAMES - 1]));
    const over = estimateMotion(toLuma(frames[FRAMES - 1]), toLuma(frames[FRAMES]));
    const jump = Math.hypot(over.x - before.x, over.y - before.y, over.zoom - before.zoom, over.roll - before.roll);
    expect(jump).toBeLessThan(0.002 + 0.1 * Math.hypot(before.x, before.y, before.zoom));
  });
});

test('a subject keeps its shape and its way', async () => {
  const { frames } = await extended('a walk', CLIPS['a subject before a static camera'] ?? (() => 0), 'static camera');
  const brightest = (frame: Buffer | undefined) => {
    let [sum, count] = [0, 0];
    for (let i = 0; i < WIDTH * HEIGHT; i += 1) {
      if ((frame?.[i] ?? 0) < 185) continue;
      sum += i % WIDTH;
      count += 1;
    }
    return { x: sum / Math.max(1, count), count };
  };
  const last = brightest(frames[FRAMES - 1]);
  const later = brightest(frames[FRAMES + 11]);
  // 12 frames at 2.9 pixels, a little slower towards the end.
  expect(later.x - last.x).toBeGreaterThan(20);
  expect(later.x - last.x).toBeLessThan(36);
  expect(Math.abs(later.count / last.count - 1)).toBeLessThan(0.2);
});

test('who walks goes on walking', async () => {
  const stride = 14;
  const { frames } = await extended(
    'a stroll',
    (x, y, frame) => {
      const at = x + 0.5 - frame * 0.016;
      const swing = 0.16 * Math.sin((frame / stride) * Math.PI);
      const down = (y - 0.02) / 0.3;
      const leg = (side: number) => smoothstep(0.035, 0.02, Math.abs(at - side * swing * down));
      const legs = down > 0 && down < 1 ? Math.max(leg(1), leg(-1)) : 0;
      const body = 1 - smoothstep(0.1, 0.12, Math.hypot(at, (y + 0.1) * 0.8));
      const share = Math.max(legs, body);
      return land(x, y) * 0.45 * (1 - share) + share * 235;
    },
    'static camera',
  );
  /** How far the feet are apart. */
  const spreads = frames.map((frame) => {
    const row = Math.round(HEIGHT / 2 + 0.28 * (WIDTH / 2)) * WIDTH;
    const bright = Array.from({ length: WIDTH }, (_, x) => x).filter((x) => (frame[row + x] ?? 0) > 175);
    return (bright.at(-1) ?? 0) - (bright[0] ?? 0);
  });
  const range = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  expect(range(spreads.slice(FRAMES))).toBeGreaterThan(0.6 * range(spreads.slice(0, FRAMES)));
});

test('sound goes on over the seam without a click', async () => {
  const { path } = await extended('a sound', CLIPS['a pan'] ?? (() => 0), 'The scene goes on');
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-ac', '1', '-ar', '48000', '-f', 's16le', '-'], {
    encoding: 'buffer',
    maxBuffer: 2 ** 26,
  });
  const samples = new Int16Array(stdout.buffer, stdout.byteOffset, stdout.length >> 1);
  const seam = Math.round((FRAMES / 24) * 48_000);
  /** The largest bend of the wave: a click is a bend that no tone below 300 Hz has. */
  const sharpest = (from: number, to: number) => {
    let most = 0;
    for (let i = from; i < to; i += 1) {
      const bend = (samples[i - 1] ?? 0) - 2 * (samples[i] ?? 0) + (samples[i + 1] ?? 0);
      most = Math.max(most, Math.abs(bend));
    }
    return most;
  };
  expect(sharpest(seam - 2400, seam + 2400)).toBeLessThan(2 * sharpest(12_000, seam - 4800));
});
