import { constants } from 'node:os';

/**
 * A signal comes twice where a terminal sends it to the whole group and a parent passes it on as well; only one that
 * comes later than this asks to end at once. In milliseconds.
 */
const echoMs = 2_000;

export interface StopSignals {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Gives the signals back their usual meaning. */
  end(): void;
}

/** Lets a command stop cleanly on the first signal; a later one ends the process at once. */
export function listenForStop(): StopSignals {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    if (firstAt !== undefined && Date.now() - firstAt > echoMs) process.exit(exitCodeOf(name));
    firstAt ??= Date.now();
    controller.abort(new Interrupted(exitCodeOf(name)));
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    end() {
      for (const name of names) process.removeListener(name, onSignal);
    },
  };
}

/** The reason of an abort by a signal. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('interrupted');
    this.exitCode = exitCode;
  }
}

/** 128 and the signal's number, as shells report it. */
function exitCodeOf(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}
