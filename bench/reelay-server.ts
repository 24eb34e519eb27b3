/** The server as it is built, all of it but its providers. */
import { registerHooks } from 'node:module';
import { pino } from 'pino';
import { reportTo } from './measured-process.ts';

const providers = new URL('./idle-providers.ts', import.meta.url).href;
let replaced = false;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== './providers/registry.js') return next(specifier, context);
    replaced = true;
    return { url: providers, shortCircuit: true };
  },
});

const { readConfig } = await import('../server/dist/config.js');
const { startReelay } = await import('../server/dist/main.js');
if (!replaced) throw new Error('the server gets its providers from elsewhere now: its tasks would be rendered');

const config = readConfig(process.env);
const reelay = await startReelay(config, pino({ level: config.log.level, base: null }, process.stderr));
reportTo(process, reelay.url);
