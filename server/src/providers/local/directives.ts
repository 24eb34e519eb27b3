/**
 * What a prompt may ask of the local provider, for people who test their apps: `[reelay:fail]` and the like. Anything
 * else in such brackets does nothing, and the client is told so: a test with a misspelt directive would pass for nothing.
 */
export interface Directives {
  /** The prompt without them. */
  readonly prompt: string;
  /** Ends the job so, shortly after it started. */
  readonly ending?: 'fail' | 'moderation' | 'expired' | 'stuck';
  /** Seconds that the job takes longer. */
  readonly slowSeconds: number;
  /** Plain pictures in about a second. */
  readonly fast: boolean;
}

/** Longest `[reelay:slow=…]`, in seconds. */
const maximumSlowSeconds = 3_600;

const directive = /\[reelay:(?:(fail|moderation|expired|stuck|fast)|slow=(\d{1,9}))\]/g;

/** What somebody may have meant as one, and how much of it is told. */
const likeDirective = /\[\s*reelay\b[^\]]*\]?/gi;
const toldLength = 40;
const maximumTold = 5;

export function readDirectives(prompt: string): Directives {
  let ending: Directives['ending'];
  let slowSeconds = 0;
  let fast = false;
  for (const [, word, seconds] of prompt.matchAll(directive)) {
    if (word === 'fast') fast = true;
    else if (word !== undefined) ending = word as NonNullable<Directives['ending']>;
    else slowSeconds = Math.min(maximumSlowSeconds, Number(seconds));
  }
  return { prompt: prompt.replaceAll(directive, '').trim(), slowSeconds, fast, ...(ending && { ending }) };
}

/** What looks like directives and is none, each once. */
export function unknownDirectives(prompt: string): readonly string[] {
  const unknown = prompt.replaceAll(directive, '').matchAll(likeDirective);
  return [...new Set(Array.from(unknown, ([text]) => text.slice(0, toldLength)))].slice(0, maximumTold);
}
