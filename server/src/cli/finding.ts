import { styled } from './output.ts';

/** What `doctor` found out about one thing. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'broken';
  readonly detail: string;
  /** How to mend it. */
  readonly remedy?: string;
}

/** A remedy as it is written in the middle of a line, as a sentence of its own. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export type Verdict = Omit<Finding, 'name'>;

const marks = { ok: ['green', '✓'], warning: ['yellow', '!'], broken: ['red', '✗'] } as const;

/** One line each, remedies on a line of their own. */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, state, detail, remedy }) => {
      const [colour, mark] = marks[state];
      const line = `${styled(colour, mark)} ${name.padEnd(width)}  ${detail}`;
      return remedy === undefined ? line : `${line}\n  ${' '.repeat(width)}  ${remedy}`;
    })
    .join('\n');
}
