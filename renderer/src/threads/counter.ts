/** Counts what is there to be taken. */
export interface Counter {
  readonly add: () => void;
  /** Waits until there is one, and takes it. One caller at a time. */
  readonly take: () => Promise<void>;
  /** Ends the wait, now and from now on, with `error`. */
  readonly fail: (error: Error) => void;
}

export function createCounter(start: number): Counter {
  let count = start;
  let failure: Error | undefined;
  let wake = () => {};
  return {
    add() {
      count += 1;
      wake();
    },
    async take() {
      while (count === 0 && failure === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure !== undefined) throw failure;
      count -= 1;
    },
    fail(error) {
      failure = error;
      wake();
    },
  };
}
