/** A painting thread: runs its job's operation for its own share of the frames and hands them over in shared memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { reportFfmpeg } from '../ffmpeg/process.ts';
import { createContext, operationOf } from '../operations/operations.ts';
import { toRenderError } from '../render-error.ts';
import { createCounter } from './counter.ts';
import type { PaintMessage, PaintOrder } from './messages.ts';

const { job, first, step, slots } = workerData as PaintOrder;
const free = createCounter(slots.length);

function tell(message: PaintMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', free.add);
reportFfmpeg((pid, isRunning) => tell({ type: 'ffmpeg', pid, isRunning }));
let painted = 0;
const context = createContext(job, {
  path: '',
  onFrame: () => {},
  share: {
    ...{ first, step },
    async room() {
      await free.take();
      const slot = slots[painted % slots.length];
      if (slot === undefined) throw new Error('A painting thread needs a slot.');
      painted += 1;
      return slot;
    },
    async deliver(frames, sound) {
      tell({ type: 'sound', sound });
      for await (const _ of frames) tell({ type: 'frame' });
    },
  },
});
try {
  await operationOf(job)(context);
} catch (error) {
  const { code, message } = toRenderError(error);
  if (code === 'render_failed') console.error(error);
  tell({ type: 'error', code, message });
}
