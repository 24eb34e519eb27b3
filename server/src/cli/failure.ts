/** Something to tell the user in a sentence or two; nothing else is printed, above all no stack. */
export class CliFailure extends Error {
  /** 1: it did not work. 2: it was called wrongly. 130: the user interrupted it. */
  readonly exitCode: number;
  /** What to do about it, on a line of its own. */
  readonly advice: string | undefined;

  constructor(
    message: string,
    { exitCode = 1, advice }: { readonly exitCode?: number; readonly advice?: string } = {},
  ) {
    super(message);
    this.exitCode = exitCode;
    this.advice = advice;
  }
}

export function usageFailure(message: string, advice?: string): CliFailure {
  return new CliFailure(message, { exitCode: 2, ...(advice !== undefined && { advice }) });
}
