#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demo } from './demo.ts';
import { runTool } from './run.ts';
import { serve } from './serve.ts';

// A reader that has seen enough, as in `reelay models | head -1`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
  readonly version: string;
};

process.exitCode = await runTool({ version, commands: [serve, demo] }, process.argv.slice(2));
