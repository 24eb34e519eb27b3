/** A painting thread: runs its job's operation for its own share of the frames and hands them over in shared memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { reportFfmpeg } from '../ffmpeg/process.ts';
import { createContext, runOperation } from '../operations/operations.ts';
import type { PreparedStill } from '../operations/still-motion.ts';
import { useSharedNoise } from '../pixels/noise.ts';
import { toRenderError } from '../render-error.ts';
import { drawTogether } from '../scenes/drawn-together.ts';
import { createCounter } from './counter.ts';
import { type PaintMessage, type PaintOrder, SLOT_FREE, type StillMessage } from './messages.ts';

const { job, first, step, slot, noise, common } = workerData as PaintOrder;
if (noise !== undefined) useSharedNoise(noise);
drawTogether(common);
const free = createCounter(1);
const asked = new Map<number, PromiseWithResolvers<PreparedStill>>();

function tell(message: PaintMessage): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (message: typeof SLOT_FREE | StillMessage) => {
  if (message === SLOT_FREE) free.add();
  else asked.get(message.index)?.resolve(message.still);
});
reportFfmpeg((pid, isRunning) => tell({ type: 'ffmpeg', pid, isRunning }));
const context = createContext(job, {
  path: '',
  onFrame: () => {},
  share: {
    ...{ first, step },
    async room() {
      await free.take();
      return slot;
    },
    async still(index) {
      const answer = Promise.withResolvers<PreparedStill>();
      asked.set(index, answer);
      tell({ type: 'still', index });
      const still = await answer.promise;
      asked.delete(index);
      return still;
    },
    async deliver(frames, sound) {
      tell({ type: 'sound', sound });
      for await (const _ of frames) tell({ type: 'frame' });
    },
  },
});
try {
  await runOperation(context);
} catch (error) {
  const { code, message } = toRenderError(error);
  if (code === 'render_failed') console.error(error);
  tell({ type: 'error', code, message });
}
