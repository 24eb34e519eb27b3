import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './command.ts';
import { runTool } from './run.ts';

/** Loaded when they are called: all of them together take half a second, most of it the server. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  demo: async () => (await import('./demo.ts')).demo,
  doctor: async () => (await import('./doctor.ts')).doctor,
  emulate: async () => (await import('./emulate.ts')).emulate,
  explain: async () => (await import('./explain.ts')).explain,
  generate: async () => (await import('./generate.ts')).generate,
  render: async () => (await import('./render.ts')).render,
  models: async () => (await import('./models.ts')).models,
  tasks: async () => (await import('./tasks.ts')).showTasks,
  'tasks cancel': async () => (await import('./tasks.ts')).cancelTask,
  'tasks resolve': async () => (await import('./tasks-resolve.ts')).resolve,
  migrate: async () => (await import('./migrate.ts')).migrate,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  'keys create': async () => (await import('./keys.ts')).createKey,
  'keys update': async () => (await import('./keys.ts')).updateKey,
  'keys list': async () => (await import('./keys.ts')).listKeys,
  'keys revoke': async () => (await import('./keys.ts')).revokeKey,
  'accounts list': async () => (await import('./accounts.ts')).listAccounts,
  'accounts delete': async () => (await import('./accounts.ts')).removeAccount,
  'accounts update': async () => (await import('./accounts.ts')).updateAccount,
  usage: async () => (await import('./usage.ts')).usage,
  'webhooks list': async () => (await import('./webhooks.ts')).listWebhooks,
  'webhooks show': async () => (await import('./webhooks.ts')).showWebhook,
  'webhooks redeliver': async () => (await import('./webhooks.ts')).redeliverWebhook,
  'webhooks secret': async () => (await import('./webhooks.ts')).webhookSecret,
};

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
  readonly version: string;
};

// A reader that has seen enough, as in `reelay models | head -1`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runTool({ version, commands }, process.argv.slice(2));
