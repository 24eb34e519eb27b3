import { isTerminal, type Task } from '../contract/index.ts';
import type { EventHub } from './events.ts';

/** Resolves once all of these tasks have ended. Waits by events, and is registered before it looks, so that no end falls between. */
export async function untilEnded(
  events: EventHub,
  options: {
    readonly accountId: string;
    readonly ids: readonly string[];
    readonly signal: AbortSignal;
    readonly get: (id: string) => Promise<Task>;
  },
): Promise<void> {
  const { accountId, ids, signal, get } = options;
  const open = new Set(ids);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = await events.subscribe(accountId, (event) => {
    if (isTerminal(event.state)) open.delete(event.taskId);
    if (open.size === 0) resolve();
  });
  const abandon = () => reject(signal.reason);
  signal.addEventListener('abort', abandon, { once: true });
  try {
    signal.throwIfAborted();
    for (const id of ids) if (isTerminal((await get(id)).state)) open.delete(id);
    if (open.size > 0) await promise;
  } finally {
    signal.removeEventListener('abort', abandon);
    end();
  }
}
