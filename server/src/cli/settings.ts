import { type Config, readConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { CliFailure } from './failure.ts';

/** The configuration of this environment and these flags; a fault in it is told in a sentence. */
export function readSettings(flags: Parameters<typeof readConfig>[1]): Config {
  try {
    return readConfig(process.env, flags);
  } catch (error) {
    throw error instanceof ConfigError ? new CliFailure(error.message) : error;
  }
}
