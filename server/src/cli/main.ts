#!/usr/bin/env node
import { defineCommand, runMain } from 'citty';
import { serve } from './serve.ts';

const main = defineCommand({
  meta: { name: 'reelay', description: 'The self-hosted API for AI video' },
  subCommands: { serve },
});

await runMain(main);
