/**
 * Paints the frames of a clip in several threads and encodes them here, in order. Each frame is a function of the job and its own
 * number, so the bytes are the same whatever the number of threads. Measured for 4 s of a city at 720p on two cores: the painting
 * alone is 6.7 s of one thread.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Soundtrack } from '../ffmpeg/audio.ts';
import { endFfmpeg, ownFfmpeg } from '../ffmpeg/process.ts';
import { encodeCoded, type RenderContext } from '../operations/operation.ts';
import { prepareStillOf } from '../operations/operations.ts';
import type { PreparedStill } from '../operations/still-motion.ts';
import { createSharedNoise, fillSharedNoise } from '../pixels/noise.ts';
import { videoFrameBytes } from '../pixels/video-frame.ts';
import { RenderError } from '../render-error.ts';
import { createCommonMemory } from '../scenes/drawn-together.ts';
import { createCounter } from './counter.ts';
import { type PaintMessage, type PaintOrder, SLOT_FREE, type StillMessage } from './messages.ts';

/** What a thread makes and soon drops it may gather up to this before it tidies up: by itself V8 takes 20 MB more, and no less CPU. */
const YOUNG_MEGABYTES = 4;
/** The same file in the sources and in the build. */
const PAINT_THREAD = new URL(`./paint-thread${extname(import.meta.url)}`, import.meta.url);

interface Painter {
  readonly sound: Promise<Soundtrack>;
  /** Its next frame, valid until `free`. */
  readonly next: () => Promise<Uint8Array>;
  readonly free: () => void;
  readonly end: () => Promise<void>;
}

type StillAt = (index: number) => Promise<PreparedStill>;

/** One thread finds out about a picture for all that ask, and forgets it when the last of them has. */
function shareStills(context: RenderContext, threads: number): StillAt {
  const prepared = new Map<number, { readonly still: Promise<PreparedStill>; left: number }>();
  return async (index) => {
    const entry = prepared.get(index) ?? { still: prepareStillOf(context, index), left: threads };
    entry.left -= 1;
    if (entry.left > 0) prepared.set(index, entry);
    else prepared.delete(index);
    return await entry.still;
  };
}

function startPainter(order: PaintOrder, stillAt: StillAt): Painter {
  const painted = createCounter(0);
  const sound = Promise.withResolvers<Soundtrack>();
  sound.promise.catch(() => {});
  const fail = (error: Error): void => {
    painted.fail(error);
    sound.reject(error);
  };
  const worker = new Worker(PAINT_THREAD, {
    workerData: order,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  });
  const started = new Set<number>();
  const read = (message: PaintMessage): void => {
    if (message.type === 'sound') sound.resolve(message.sound);
    else if (message.type === 'frame') painted.add();
    else if (message.type === 'error') fail(new RenderError(message.code, message.message));
    else if (message.type === 'still') {
      const { index } = message;
      stillAt(index).then((still) => worker.postMessage({ index, still } satisfies StillMessage), fail);
    } else {
      if (message.isRunning) started.add(message.pid);
      ownFfmpeg(message.pid, message.isRunning);
    }
  };
  worker.on('message', read).on('error', fail);
  worker.on('exit', () => fail(new Error('A painting thread ended before its last frame.')));
  return {
    sound: sound.promise,
    async next() {
      await painted.take();
      return order.slot;
    },
    free: () => worker.postMessage(SLOT_FREE),
    async end() {
      await worker.terminate();
      endFfmpeg(started);
    },
  };
}

async function* inOrder(painters: readonly Painter[], frames: number): AsyncGenerator<Uint8Array> {
  for (let frame = 0; frame < frames; frame += 1) {
    const painter = painters[frame % painters.length];
    if (painter === undefined) return;
    yield await painter.next();
    painter.free();
  }
}

export async function paintInThreads(context: RenderContext, threads: number): Promise<void> {
  const { job, paintSize, frames } = context;
  const stillAt = shareStills(context, threads);
  const bytes = videoFrameBytes(paintSize);
  const isDrawn = job.operation === 'text-to-video';
  const noise = isDrawn ? createSharedNoise() : undefined;
  const common = isDrawn ? createCommonMemory(paintSize) : undefined;
  const painters = Array.from({ length: threads }, (_, first) => {
    const slot = new Uint8Array(new SharedArrayBuffer(bytes));
    return startPainter(
      { job, first, step: threads, slot, ...(noise && { noise }), ...(common && { common }) },
      stillAt,
    );
  });
  // While the others start.
  if (noise !== undefined) fillSharedNoise(noise);
  try {
    const [sound] = await Promise.all(painters.map((painter) => painter.sound));
    await encodeCoded(inOrder(painters, frames), context, sound ?? { kind: 'none' });
  } finally {
    await Promise.all(painters.map((painter) => painter.end()));
  }
}
