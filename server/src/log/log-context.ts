import { AsyncLocalStorage } from 'node:async_hooks';

/** What the lines of a piece of work have in common, however deep in it they are written. */
export interface LogContext {
  readonly task?: string;
  readonly attempt?: string;
  /** The request that the work is done for, where this server took it. */
  readonly reqId?: string | undefined;
}

interface Entered {
  readonly ids: LogContext;
  readonly hidden: string[];
}

const storage = new AsyncLocalStorage<Entered>();

/** Every line that the work writes carries these ids. What it starts in the background does, too. */
export function inLogContext<Result>(ids: LogContext, work: () => Result): Result {
  return storage.run({ ids, hidden: [] }, work);
}

/** From here on, lines of this piece of work do not show these texts, unless prompts may be logged. */
export function hideFromLog(...texts: readonly (string | undefined)[]): void {
  storage.getStore()?.hidden.push(...texts.filter((text) => text !== undefined));
}

export function logIds(): LogContext {
  return storage.getStore()?.ids ?? {};
}

export function hiddenTexts(): readonly string[] {
  return storage.getStore()?.hidden ?? [];
}
