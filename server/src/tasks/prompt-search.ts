import { type RawBuilder, sql } from 'kysely';

/**
 * Search in prompts. Letters are compared in one case and one spelling, which is made here: what the databases know of
 * letters beyond ASCII differs.
 */

/** The prompt as it is kept beside the task to be searched. No database takes U+0000 in a text. */
export function searchText(prompt: string): string {
  return prompt.normalize('NFKC').toLowerCase().replaceAll('\0', ' ');
}

/** What is looked for, as `searchText` writes it: each of these has to be in the prompt. */
export function searchWords(text: string): readonly string[] {
  return [...new Set(searchText(text).split(/\s+/))].filter((word) => word !== '');
}

/** True of rows whose prompt has the word, also as a part of a longer one. */
export function hasWord(word: string): RawBuilder<boolean> {
  const pattern = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`${sql.ref('prompt_text')} like ${pattern} escape '\\'`;
}
