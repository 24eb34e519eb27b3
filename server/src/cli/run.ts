import { nearest } from '../catalogue/nearest.ts';
import { ConfigError } from '../errors.ts';
import { type Command, columns } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { print, say, styled } from './output.ts';
import { Interrupted } from './stop-signals.ts';

export interface Tool {
  readonly version: string;
  /** By their names of one word or two. */
  readonly commands: Readonly<Record<string, () => Promise<Command>>>;
}

/** Runs the command that the arguments name. Resolves with the exit code: 0, 1 for a failure, 2 for a wrong call. */
export async function runTool(tool: Tool, args: readonly string[]): Promise<number> {
  try {
    return await dispatch(tool, args);
  } catch (error) {
    return report(error);
  }
}

async function dispatch(tool: Tool, args: readonly string[]): Promise<number> {
  const [first, ...others] = args;
  if (first === undefined) {
    say(await overview(tool));
    return 2;
  }
  if (first === '--version' || first === '-v') {
    print(tool.version);
    return 0;
  }
  if (first === 'help') return dispatch(tool, [...others, '--help']);
  const asksHelp = args.includes('--help') || args.includes('-h');
  const name = [args.slice(0, 2).join(' '), first].find((words) => Object.hasOwn(tool.commands, words));
  const command = name === undefined ? undefined : await tool.commands[name]?.();
  if (command !== undefined) {
    const rest = args.slice(command.name.split(' ').length);
    if (!asksHelp) return command.run(rest);
    print(await command.help(rest.filter((word) => !word.startsWith('-'))));
    return 0;
  }
  const group = Object.keys(tool.commands).filter((words) => words.startsWith(`${first} `));
  if (asksHelp && (first.startsWith('-') || group.length > 0)) {
    print(group.length > 0 ? await groupHelp(tool, first, group) : await overview(tool));
    return 0;
  }
  throw unknownCommand(tool, group, args);
}

function unknownCommand(tool: Tool, group: readonly string[], [first = '', second]: readonly string[]): CliFailure {
  if (group.length > 0) {
    const message =
      second === undefined ? `"reelay ${first}" needs to know what to do` : `There is no command "${first} ${second}"`;
    return usageFailure(`${message}.`, `There are ${group.map((name) => `"reelay ${name}"`).join(', ')}.`);
  }
  const words = Object.keys(tool.commands).map((name) => name.split(' ')[0] ?? name);
  const near = nearest(first, [...new Set(words)]);
  const what = first.startsWith('-') ? `There is no option ${first}` : `There is no command "${first}"`;
  const guess = near === undefined ? '.' : `; did you mean "${near}"?`;
  return usageFailure(`${what}${guess}`, '"reelay --help" lists the commands.');
}

async function groupHelp(tool: Tool, name: string, group: readonly string[]): Promise<string> {
  return [
    `Usage: reelay ${name} <command> [arguments]`,
    `Commands:\n${await list(tool, group)}`,
    `"reelay ${group[0]} --help" says more.`,
  ].join('\n\n');
}

async function overview(tool: Tool): Promise<string> {
  return [
    'Reelay, the self-hosted API for AI video.',
    'Usage: reelay <command> [arguments]',
    `Commands:\n${await list(tool, Object.keys(tool.commands))}`,
    [
      'generate, models, tasks and tasks cancel talk to the server at REELAY_URL (default http://127.0.0.1:8080)',
      'with the key in REELAY_API_KEY. keys, accounts, usage, webhooks, tasks resolve and backup open the data folder',
      'itself, or the database in DATABASE_URL, also beside a running server.',
    ].join('\n'),
    '"reelay <command> --help" says more, with examples.',
  ].join('\n\n');
}

async function list({ commands }: Tool, names: readonly string[]): Promise<string> {
  const rows = names.map(async (name) => [name, (await commands[name]?.())?.summary ?? ''] as const);
  return columns(await Promise.all(rows));
}

function report(error: unknown): number {
  if (error instanceof Interrupted) {
    say('Interrupted.');
    return error.exitCode;
  }
  const heading = styled('red', 'Error:', process.stderr);
  if (error instanceof CliFailure) {
    say(`${heading} ${error.message}`);
    if (error.advice !== undefined) say(error.advice);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    say(`${heading} ${error.message}`);
    return 1;
  }
  say(`${heading} an unexpected one; please report it with these lines.`);
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}
