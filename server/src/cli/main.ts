#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { generate } from './generate.ts';
import { keys } from './keys.ts';
import { models } from './models.ts';
import { runTool } from './run.ts';
import { serve } from './serve.ts';
import { tasks } from './tasks.ts';

// A reader that has seen enough, as in `reelay models | head -1`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
  readonly version: string;
};

const commands = [serve, demo, doctor, generate, models, ...tasks, ...keys];

process.exitCode = await runTool({ version, commands }, process.argv.slice(2));
