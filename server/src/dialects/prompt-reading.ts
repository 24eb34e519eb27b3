import type { JsonObject, PromptReading, Task } from '../contract/index.ts';
import type { DialectDependencies } from './dialect.ts';
import { list, object, text } from './openapi.ts';

/** As a client sees it. */
export function readingBody({ understood, ignored }: PromptReading): JsonObject {
  return { understood: understood.map(({ text, as }) => ({ text, as })), ignored };
}

/** A task's body with what its provider makes of the prompt: beside what was not understood, what follows from it as warnings. */
export function withReading(
  body: JsonObject,
  task: Task,
  { readPrompt }: Pick<DialectDependencies, 'readPrompt'>,
): JsonObject {
  const reading = task.reading === undefined ? readPrompt(task) : task.reading;
  if (!reading) return body;
  const warnings = [...task.warnings, ...reading.warnings];
  return { ...body, metadata: readingBody(reading), ...(warnings.length > 0 && { warnings }) };
}

/** The schema of what it adds. */
export const readingSchema: JsonObject = {
  ...object({ understood: list(object({ text: text(), as: text() })), ignored: list(text()) }),
  description: "What the provider makes of the prompt, in the prompt's own words. Only for a single task.",
};
