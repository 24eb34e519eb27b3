import { type RawBuilder, sql } from 'kysely';
import { searchText } from '../database/search-text.ts';

/**
 * Search in prompts. Letters are compared in one case and one spelling, which is made here: what the databases know of
 * letters beyond ASCII differs.
 */

/** What is looked for, as `searchText` writes it: each of these has to be in the prompt. */
export function searchWords(text: string): readonly string[] {
  return [...new Set(searchText(text).split(/\s+/))].filter((word) => word !== '');
}

/** True of rows whose prompt has the word, also as a part of a longer one. */
export function hasWord(word: string): RawBuilder<boolean> {
  const pattern = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql<boolean>`${sql.ref('prompt_text')} like ${pattern} escape '\\'`;
}
