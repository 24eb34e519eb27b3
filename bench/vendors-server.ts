/** The server as it is built, with its providers: the environment says where their vendors are. */
import { pino } from 'pino';
import { readConfig } from '../server/dist/config.js';
import { startReelay } from '../server/dist/main.js';
import { reportTo } from './measured-process.ts';

const config = readConfig(process.env);
const reelay = await startReelay(config, pino({ level: config.log.level, base: null }, process.stderr));
reportTo(process, reelay.url);
