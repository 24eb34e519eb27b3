import { defineCommand } from 'citty';
import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { startReelay } from '../main.ts';

/** How long a second signal is waited for before the process ends anyway, in milliseconds. */
const stopTimeoutMs = 30_000;

export const serve = defineCommand({
  meta: { name: 'serve', description: 'Run the server' },
  args: {
    host: { type: 'string', description: 'Address to listen on (REELAY_HOST, default 127.0.0.1)' },
    port: { type: 'string', description: 'Port to listen on; 0 takes a free one (REELAY_PORT, default 8080)' },
    data: { type: 'string', description: 'Folder for database and files (REELAY_DATA_DIR, default ./data)' },
  },
  async run({ args }) {
    const config = readConfig(process.env, args);
    const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, process.stderr);
    const reelay = await startReelay(config, log);
    if (reelay.firstKey !== undefined) {
      process.stdout.write(`\nYour API key, shown only this once:\n\n  ${reelay.firstKey}\n\n`);
    }
    process.stdout.write(`Reelay listens on ${reelay.url}\n`);
    const stop = () => {
      setTimeout(() => process.exit(1), stopTimeoutMs).unref();
      reelay.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'the server did not stop cleanly');
          process.exit(1);
        },
      );
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  },
});
