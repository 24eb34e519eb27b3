import type { JsonObject, Task } from '../contract/index.ts';
import type { DialectDependencies } from './dialect.ts';
import { list, object, text } from './openapi.ts';

/** A task's body with what its provider makes of the prompt: beside what was not understood, what follows from it as warnings. */
export function withReading(
  body: JsonObject,
  task: Task,
  { readPrompt }: Pick<DialectDependencies, 'readPrompt'>,
): JsonObject {
  const reading = readPrompt(task);
  if (reading === undefined) return body;
  const { understood, ignored } = reading;
  const warnings = [...task.warnings, ...reading.warnings];
  const metadata = { understood: understood.map(({ text, as }) => ({ text, as })), ignored };
  return { ...body, metadata, ...(warnings.length > 0 && { warnings }) };
}

/** The schema of what it adds. */
export const readingSchema: JsonObject = {
  ...object({ understood: list(object({ text: text(), as: text() })), ignored: list(text()) }),
  description: "What the provider makes of the prompt, in the prompt's own words. Only for a single task.",
};
