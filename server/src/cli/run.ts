import { ConfigError } from '../config.ts';
import { type Command, columns, nearest } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { print, say, styled } from './output.ts';
import { Interrupted } from './stop-signals.ts';

export interface Tool {
  readonly version: string;
  readonly commands: readonly Command[];
}

/** Runs the command that the arguments name. Resolves with the exit code: 0, 1 for a failure, 2 for a wrong call. */
export async function runTool(tool: Tool, args: readonly string[]): Promise<number> {
  try {
    return await dispatch(tool, args);
  } catch (error) {
    return report(error);
  }
}

async function dispatch({ version, commands }: Tool, args: readonly string[]): Promise<number> {
  const [first, ...others] = args;
  if (first === '--version' || first === '-v') {
    print(version);
    return 0;
  }
  if (first === undefined) {
    say(overview(commands));
    return 2;
  }
  if (first === 'help') return dispatch({ version, commands }, [...others, '--help']);
  const asksHelp = args.includes('--help') || args.includes('-h');
  const command = named(commands, args);
  if (command !== undefined) {
    const rest = args.slice(command.name.split(' ').length);
    if (!asksHelp) return command.run(rest);
    print(await command.help(rest.filter((word) => !word.startsWith('-'))));
    return 0;
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (asksHelp && (first.startsWith('-') || group.length > 0)) {
    print(group.length > 0 ? groupHelp(first, group) : overview(commands));
    return 0;
  }
  throw unknownCommand(commands, group, args);
}

/** `tasks cancel` goes before `tasks`. */
function named(commands: readonly Command[], args: readonly string[]): Command | undefined {
  const two = args.slice(0, 2).join(' ');
  return commands.find(({ name }) => name === two) ?? commands.find(({ name }) => name === args[0]);
}

function unknownCommand(
  commands: readonly Command[],
  group: readonly Command[],
  [first = '', second]: readonly string[],
) {
  if (group.length > 0) {
    const names = group.map(({ name }) => `"reelay ${name}"`).join(', ');
    const message =
      second === undefined ? `"reelay ${first}" needs to know what to do` : `There is no command "${first} ${second}"`;
    return usageFailure(`${message}.`, `There are ${names}.`);
  }
  const near = nearest(first, [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))]);
  const what = first.startsWith('-') ? `There is no option ${first}` : `There is no command "${first}"`;
  return usageFailure(
    `${what}${near === undefined ? '.' : `; did you mean "${near}"?`}`,
    '"reelay --help" lists the commands.',
  );
}

function groupHelp(name: string, commands: readonly Command[]): string {
  const rows = commands.map((command) => [command.name, command.summary] as const);
  return `Usage: reelay ${name} <command> [arguments]\n\nCommands:\n${columns(rows)}\n\n"reelay ${commands[0]?.name} --help" says more.`;
}

function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    'Reelay, the self-hosted API for AI video.',
    'Usage: reelay <command> [arguments]',
    `Commands:\n${columns(rows)}`,
    'generate, models, tasks and tasks cancel talk to the server at REELAY_URL (default http://127.0.0.1:8080) with the\nkey in REELAY_API_KEY. keys and tasks resolve open the data folder itself, also beside a running server.',
    '"reelay <command> --help" says more, with examples.',
  ].join('\n\n');
}

function report(error: unknown): number {
  if (error instanceof Interrupted) {
    say('\nInterrupted.');
    return error.exitCode;
  }
  if (error instanceof CliFailure || error instanceof ConfigError) {
    say(`${styled('red', 'Error:', process.stderr)} ${error.message}`);
    if (error instanceof CliFailure && error.advice !== undefined) say(error.advice);
    return error instanceof CliFailure ? error.exitCode : 1;
  }
  say(`${styled('red', 'Error:', process.stderr)} an unexpected one; please report it with these lines.`);
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}
