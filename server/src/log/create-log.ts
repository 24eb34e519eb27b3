import { type Logger, pino, stdTimeFunctions } from 'pino';
import { hiddenTexts, logIds } from './log-context.ts';
import { createRedactor } from './redact.ts';

export interface LogOptions {
  readonly level: string;
  /** Whether prompts may be read in the log. */
  readonly showsPrompts: boolean;
  /** Values that no line may hold. */
  readonly secrets: readonly string[];
}

/** Causes of causes that are told. */
const maximumDepth = 5;

const maximumMessage = 2_000;
const maximumStack = 6_000;

/** Lines of JSON with the ids of the work that wrote them, and without secrets. */
export function createLog(
  { level, showsPrompts, secrets }: LogOptions,
  out: { readonly write: (line: string) => unknown },
): Logger {
  const redact = createRedactor({ secrets, hidden: () => (showsPrompts ? [] : hiddenTexts()) });
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => errorFields(error) },
      mixin: () => ({ ...logIds() }),
      ...(!showsPrompts && { redact: { paths: ['prompt'], remove: true } }),
    },
    { write: (line: string) => void out.write(redact(line)) },
  );
}

/**
 * What is told of an error. Other fields that drivers and clients hang onto theirs stay out: PostgreSQL's `detail` quotes
 * the row, an HTTP client's has headers.
 */
function errorFields(error: unknown, depth = 1): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, maximumMessage) };
  const { code, cause, stack } = error as {
    readonly code?: unknown;
    readonly cause?: unknown;
    readonly stack?: unknown;
  };
  const causes = error instanceof AggregateError ? error.errors : [cause];
  const told = depth < maximumDepth ? causes.filter((one) => one !== undefined) : [];
  return {
    type: error.constructor.name,
    message: error.message.slice(0, maximumMessage),
    ...(typeof code === 'string' && { code }),
    ...(typeof stack === 'string' && { stack: stack.slice(0, maximumStack) }),
    ...(told.length > 0 && { causes: told.map((one) => errorFields(one, depth + 1)) }),
  };
}
