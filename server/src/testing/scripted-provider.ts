import type { Model, Provider, StartInput, StatusOutcome, SubmitOutcome } from '../contract/index.ts';

/** How a scripted provider behaves; every part may be replaced while it runs. */
export interface Script {
  start: (input: StartInput) => Promise<SubmitOutcome>;
  status: (attemptId: string) => Promise<StatusOutcome>;
  find?: NonNullable<Provider['find']>;
}

export interface ScriptedProvider extends Omit<Provider, 'webhook'> {
  webhook?: NonNullable<Provider['webhook']>;
  readonly script: Script;
  /** Attempts that were started, in order: what would have been paid. */
  readonly started: readonly StartInput[];
  readonly cancelled: readonly string[];
  tell(attemptId: string): void;
}

/** A provider whose answers a test decides. Accepts everything and never finishes until it is told otherwise. */
export function createScriptedProvider(
  options: { readonly name?: string; readonly free?: boolean; readonly room?: () => number } = {},
): ScriptedProvider {
  const started: StartInput[] = [];
  const cancelled: string[] = [];
  const listeners: ((operationKey: string) => void)[] = [];
  const script: Script = {
    start: async (input) => accepted(input),
    status: async () => ({ kind: 'running', checkAfterMs: 60_000 }),
  };
  return {
    name: options.name ?? 'scripted',
    free: options.free ?? false,
    standIn: false,
    longestJobMs: 3_600_000,
    serves: () => true,
    honours: (model: Model) => Object.keys(model.options ?? {}),
    room: options.room ?? (() => Number.MAX_SAFE_INTEGER),
    script,
    started,
    cancelled,
    async start(input) {
      started.push(input);
      return script.start(input);
    },
    status: (operation) => script.status(String(operation['id'])),
    find: async (input) => script.find?.(input) ?? { kind: 'not-yet' },
    async cancel(operation) {
      cancelled.push(String(operation['id']));
    },
    onNews(listener) {
      listeners.push(listener);
    },
    tell(attemptId) {
      for (const listener of listeners) listener(attemptId);
    },
  };
}

export function accepted({ attemptId }: StartInput): SubmitOutcome {
  return { kind: 'accepted', operation: { id: attemptId }, operationKey: attemptId };
}
