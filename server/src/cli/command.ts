import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import { nearest } from '../catalogue/nearest.ts';
import { usageFailure } from './failure.ts';

/**
 * What a command is, and how its arguments are read: by Node's own strict parser. Of the libraries tried, the smallest
 * ignored unknown flags, coloured pipes, and could not have `tasks ID` beside `tasks cancel ID`.
 */
export interface Command {
  /** One word or two: `serve`, `tasks cancel`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help, which may depend on the arguments. */
  help(args: readonly string[]): Promise<string>;
  /** Resolves with the exit code. */
  run(args: readonly string[]): Promise<number>;
}

export interface Option extends ParseArgsOptionDescriptor {
  readonly description: string;
  /** Stands for the value in the help: `FILE`. */
  readonly placeholder?: string;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<One extends Option> = One extends { readonly multiple: true }
  ? readonly string[]
  : One['type'] extends 'boolean'
    ? boolean
    : string;

export type Values<All extends Options> = { readonly [Name in keyof All]?: ValueOf<All[Name]> };

export interface Parsed<All extends Options> {
  readonly values: Values<All>;
  readonly positionals: readonly string[];
}

interface Definition<All extends Options> {
  readonly name: string;
  readonly summary: string;
  /** A paragraph beyond the summary; it is wrapped. */
  readonly about?: string;
  /** Positional arguments: `ID` is required, `[ID]` may be left out. */
  readonly positionals?: readonly string[];
  readonly options: All;
  /** Command lines without the leading `reelay`. */
  readonly examples: readonly string[];
  readonly run: (parsed: Parsed<All>) => Promise<number>;
}

/** `--json`, the same wherever data is printed. */
export const jsonOption = { json: { type: 'boolean', description: 'Print JSON' } } as const satisfies Options;

/** `--data`, for commands that open the database. */
export const dataOption = {
  data: { type: 'string', placeholder: 'DIR', description: 'Data folder (REELAY_DATA_DIR, default ./data)' },
} as const satisfies Options;

export function defineCommand<const All extends Options>(definition: Definition<All>): Command {
  const { name, summary, options, positionals = [] } = definition;
  return {
    name,
    summary,
    help: async () => renderHelp({ ...definition, usage: [...positionals, '[options]'] }),
    async run(args) {
      const parsed = parse(name, options, args);
      const required = positionals.filter((word) => !word.startsWith('['));
      if (parsed.positionals.length < required.length) {
        throw usageFailure(`${required[parsed.positionals.length]} is missing`, hintAt(name));
      }
      if (parsed.positionals.length > positionals.length) {
        throw usageFailure(`"${parsed.positionals[positionals.length]}" is one argument too many`, hintAt(name));
      }
      return definition.run(parsed);
    },
  };
}

/** Reads flags strictly. Throws a usage failure that names the flag. */
export function parse<const All extends Options>(name: string, options: All, args: readonly string[]): Parsed<All> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options },
      strict: true,
      allowPositionals: true,
      allowNegative: true,
    });
    return { values: values as Values<All>, positionals };
  } catch (error) {
    throw usageFailure(parserMessage(error, Object.keys(options)), hintAt(name));
  }
}

/** The parser's sentence without its lecture on positionals, and with the flag that was probably meant. */
function parserMessage(error: unknown, known: readonly string[]): string {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  const first = message.split(/\.\s/)[0] ?? message;
  const flag = /'(?:-\w, )?(-[^' ]*)/.exec(message)?.[1] ?? '';
  if (/ argument (missing|is ambiguous)/.test(message)) return `${flag} needs a value`;
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return first.split('\n')[0]?.replace(/\.$/, '') ?? first;
  const near = nearest(flag.replace(/^-+(no-)?/, ''), known);
  return `There is no option ${flag}${near === undefined ? '' : `; did you mean --${near}?`}`;
}

function hintAt(name: string): string {
  return `"reelay ${name} --help" shows how it is used.`;
}

/** `Usage`, what it does, options, examples: the same order everywhere. */
export function renderHelp(help: {
  readonly name: string;
  readonly summary: string;
  readonly about?: string;
  readonly usage: readonly string[];
  readonly options: Options;
  readonly examples: readonly string[];
}): string {
  const rows = Object.entries(help.options).map(([flag, option]) => {
    const shown = option.default === false || option.default === true ? `no-${flag}` : flag;
    return [
      `--${shown}${option.type === 'string' ? ` ${option.placeholder ?? 'VALUE'}` : ''}`,
      option.description,
    ] as const;
  });
  return [
    `${help.summary}.`,
    ...(help.about === undefined ? [] : [wrap(help.about, lineWidth).join('\n')]),
    `Usage: ${['reelay', help.name, ...help.usage].filter((word) => word !== '').join(' ')}`,
    ...(rows.length === 0 ? [] : [`Options:\n${columns(rows)}`]),
    `${help.examples.length > 1 ? 'Examples' : 'Example'}:\n${help.examples.map((line) => `  reelay ${line}`).join('\n')}`,
  ].join('\n\n');
}

/** Characters of the left column beyond which the right one starts on the next line. */
const leftColumnLimit = 30;

/** Characters of a line of help. */
const lineWidth = 100;

/** Two columns, the right one wrapped. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(leftColumnLimit, Math.max(...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => {
      const lines = wrap(right, lineWidth - width - 4);
      const head = left.length > width ? [`  ${left}`] : [`  ${left.padEnd(width)}  ${lines.shift() ?? ''}`.trimEnd()];
      return [...head, ...lines.map((line) => `${' '.repeat(width + 4)}${line}`)].join('\n');
    })
    .join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
