/**
 * Takes out of a line what nobody who reads a log should have. Whoever writes a line may pass on what a vendor, a driver or
 * a client said, so the line is looked at as a whole, just before it leaves.
 */

/** Stands where something was taken out. */
const gone = '…';

/** Characters that a text in a line cannot go on with: blanks, quotes, and the backslash of the JSON around it. */
const end = String.raw`\s"'\\`;

type Rule = readonly [pattern: RegExp, replacement: string];

const rules: readonly Rule[] = [
  [new RegExp(`\\bdata:[\\w.+-]+/[\\w.+-]+[^${end},]*,[^${end}]*`, 'gi'), `data:${gone}`],
  // Of an address only who was asked: its query may be a signature, and its path a receiver's secret. Stacks keep their files.
  [
    new RegExp(`\\b(?!file:|node:)([a-z][a-z\\d+.-]*://)(?:[^${end}/?#@]*@)?([^${end}/?#]*)(?:[/?#][^${end}]*)?`, 'gi'),
    `$1$2/${gone}`,
  ],
  [new RegExp(`(/webhooks/[^${end}/]+/[^${end}/]+/)[^${end}?]+`, 'g'), `$1${gone}`],
  [new RegExp(`([?&][\\w.-]+=)[^${end}&]+`, 'g'), `$1${gone}`],
  [/\b(Bearer|Basic|Key|Token) +[\w.~+/:=-]{12,}/g, `$1 ${gone}`],
  [/\b(sk-|xai-|whsec_|AIza|ya29\.)[\w+/=.-]{12,}/g, `$1${gone}`],
];

/** Shortest text that is taken out by its value: a shorter one would be found in every other word. */
const minimumLength = 6;

/** As much of a hidden text as has to be there for it to be recognised: an answer may quote only its beginning. */
const recognisedBy = 16;

/** How a text may be spelt in a line of JSON: as one of its values, or inside a JSON text that is one. */
function spellings(text: string): readonly string[] {
  const once = JSON.stringify(text).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  return once === twice ? [once] : [once, twice];
}

export interface Redaction {
  /** Known by their value, such as the operator's keys. */
  readonly secrets: readonly string[];
  /** Texts of which no beginning may be seen either, such as the prompt of the task that the line is about. */
  readonly hidden: () => readonly string[];
}

export function createRedactor({ secrets, hidden }: Redaction): (line: string) => string {
  const known = secrets.filter((secret) => secret.length >= minimumLength).flatMap(spellings);
  return (line) => {
    let text = line;
    for (const secret of known) text = text.replaceAll(secret, gone);
    for (const prompt of hidden()) for (const spelt of spellings(prompt)) text = withoutQuote(text, spelt);
    for (const [pattern, replacement] of rules) text = text.replace(pattern, replacement);
    return text;
  };
}

/** The line without the quoted text, wherever it is quoted and however soon the quotation breaks off. */
function withoutQuote(line: string, quoted: string): string {
  if (quoted.length < minimumLength) return line;
  const beginning = quoted.slice(0, recognisedBy);
  const [first = '', ...others] = line.split(beginning);
  const rest = quoted.slice(beginning.length);
  return others.reduce((text, other) => `${text}${gone}${other.slice(sharedLength(other, rest))}`, first);
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < other.length && one[length] === other[length]) length += 1;
  return length;
}
