import type { JsonObject, JsonValue } from '../../contract/index.ts';

/** JSON for a word of bash in single quotes. */
export function bashJson(body: JsonObject): string {
  return JSON.stringify(body, null, 2).replaceAll("'", String.raw`'\''`);
}

interface Style {
  readonly indent: string;
  readonly words: { readonly true: string; readonly false: string; readonly null: string };
  readonly text: (text: string) => string;
  readonly key: (name: string) => string;
}

const python: Style = {
  indent: '    ',
  words: { true: 'True', false: 'False', null: 'None' },
  // What JSON escapes, Python reads the same way.
  text: (text) => JSON.stringify(text),
  key: (name) => JSON.stringify(name),
};

const typescript: Style = {
  indent: '  ',
  words: { true: 'true', false: 'false', null: 'null' },
  text: singleQuoted,
  key: (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : singleQuoted(name)),
};

/** `depth`: levels that the line is indented by on which the value begins. */
export function pythonLiteral(value: JsonValue, depth: number): string {
  return literal(value, python, depth);
}

export function typescriptLiteral(value: JsonValue, depth: number): string {
  return literal(value, typescript, depth);
}

function literal(value: JsonValue, style: Style, depth: number): string {
  if (typeof value === 'string') return style.text(value);
  if (typeof value === 'number') return String(value);
  if (value === null || typeof value === 'boolean') return style.words[`${value}`];
  const inner = (item: JsonValue) => literal(item, style, depth + 1);
  if (Array.isArray(value)) return block(['[', ']'], value.map(inner), { style, depth });
  const lines = Object.entries(value).map(([name, item]) => `${style.key(name)}: ${inner(item)}`);
  return block(['{', '}'], lines, { style, depth });
}

function block(
  [open, close]: readonly [string, string],
  items: readonly string[],
  { style, depth }: { readonly style: Style; readonly depth: number },
): string {
  if (items.length === 0) return open + close;
  const margin = style.indent.repeat(depth);
  return `${open}\n${items.map((item) => `${margin}${style.indent}${item},\n`).join('')}${margin}${close}`;
}

/** JSON's text in single quotes, or in its own where it holds some. */
function singleQuoted(text: string): string {
  const json = JSON.stringify(text);
  if (text.includes("'") && !text.includes('"')) return json;
  const inner = json.slice(1, -1).replaceAll(/\\(.)|'/g, (found, escaped) => {
    if (found === "'") return String.raw`\'`;
    return escaped === '"' ? '"' : found;
  });
  return `'${inner}'`;
}
