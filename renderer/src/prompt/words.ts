/** How rows of the lexicon are written: one string of entries with commas between them, in any number of pieces. */
export function words(...pieces: readonly string[]): readonly string[] {
  return pieces.flatMap((piece) => piece.split(', '));
}

/** The forms of an English verb: push, pushes, pushing, pushed. Irregular ones are written out in their row. */
function formsOf(verb: string): readonly string[] {
  if (/[^aeiou]y$/.test(verb)) {
    const stem = verb.slice(0, -1);
    return [verb, `${stem}ies`, `${verb}ing`, `${stem}ied`];
  }
  if (verb.endsWith('e')) return [verb, `${verb}s`, `${verb.slice(0, -1)}ing`, `${verb}d`];
  const doubled = verb.length <= 4 && /[^aeiou][aeiou][^aeiouwxy]$/.test(verb) ? verb + verb.slice(-1) : verb;
  return [verb, /(?:s|x|z|ch|sh)$/.test(verb) ? `${verb}es` : `${verb}s`, `${doubled}ing`, `${doubled}ed`];
}

/** Entries that begin with a verb, each in all forms of that verb. */
export function verbs(...pieces: readonly string[]): readonly string[] {
  return words(...pieces).flatMap((entry) => {
    const [verb = '', ...rest] = entry.split(' ');
    return formsOf(verb).map((form) => [form, ...rest].join(' '));
  });
}
