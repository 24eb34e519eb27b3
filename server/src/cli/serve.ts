import { once } from 'node:events';
import { unknownSettings } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { createLog } from '../log/create-log.ts';
import { startReelay } from '../main.ts';
import { dataOption, defineCommand } from './command.ts';
import { CliFailure } from './failure.ts';
import { print } from './output.ts';
import { readSettings } from './settings.ts';
import { listenForStop } from './stop-signals.ts';

/** How long a stop may take, in milliseconds: longer than tasks in the middle of a step are waited for. */
const stopTimeoutMs = 35_000;

export const serve = defineCommand({
  name: 'serve',
  summary: 'Run the server',
  about: [
    'Settings come from the environment (the README lists them); these flags go before it. The first start makes',
    'an API key and prints it once, unless REELAY_API_KEY brings one. Ctrl-C finishes what is under way and stops.',
  ].join(' '),
  options: {
    host: {
      type: 'string',
      placeholder: 'ADDRESS',
      description: 'Address to listen on (REELAY_HOST, default 127.0.0.1)',
    },
    port: { type: 'string', placeholder: 'PORT', description: 'Port; 0 takes a free one (REELAY_PORT, default 8080)' },
    ...dataOption,
    role: {
      type: 'string',
      placeholder: 'all|api|worker',
      description: 'Take requests, run tasks, or both; with DATABASE_URL (REELAY_ROLE, default all)',
    },
  },
  examples: ['serve', 'serve --port 9000 --data /var/lib/reelay', 'serve --role worker'],
  async run({ values }) {
    const config = readSettings(values);
    const log = createLog(config.log, process.stderr);
    const unknown = unknownSettings(process.env);
    if (unknown.length > 0)
      log.warn({ variables: unknown }, 'nothing reads these variables: "reelay doctor" says more');
    const stop = listenForStop();
    const reelay = await startReelay(config, log).catch((error: unknown) => {
      throw startFailure(error);
    });
    if (reelay.firstKey !== undefined) {
      print(`\nYour API key, shown only this once:\n\n  ${reelay.firstKey}\n`);
    }
    print(`Reelay listens on ${reelay.url}`);
    print(`The workbench is at ${reelay.url}/workbench`);
    if (!stop.signal.aborted) await once(stop.signal, 'abort');
    setTimeout(() => {
      log.error('the server did not stop in time');
      process.exit(1);
    }, stopTimeoutMs).unref();
    await reelay.stop();
    return 0;
  },
});

/** Faults of the surroundings, in a sentence; anything else is a defect and keeps its stack. */
function startFailure(error: unknown): unknown {
  if (error instanceof ConfigError) return new CliFailure(error.message);
  const { code, message, port, address } = error as NodeJS.ErrnoException & {
    readonly port?: number;
    readonly address?: string;
  };
  switch (code) {
    case 'EADDRINUSE':
      return new CliFailure(`Port ${port} is taken by another program.`, {
        advice: 'Choose another with --port or REELAY_PORT.',
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CliFailure(`${address ?? 'The host'} is not an address of this machine.`, {
        advice: 'Choose another with --host or REELAY_HOST.',
      });
    case 'EACCES':
    case 'EEXIST':
    case 'EPERM':
    case 'EROFS':
    case 'ENOSPC':
    case 'ENOTDIR':
    case 'SQLITE_CANTOPEN':
      return new CliFailure(message, {
        advice:
          'The data folder has to be a folder that can be written; choose another with --data or REELAY_DATA_DIR.',
      });
    case undefined:
      // What the parts of the server say about their surroundings is written for the operator.
      return error instanceof Error && error.constructor === Error ? new CliFailure(error.message) : error;
    default:
      return error;
  }
}
