import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';
import { Deliveries, type Delivery } from '../webhooks/deliveries.ts';
import { type WebhookSecret, WebhookSecrets } from '../webhooks/secrets.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { withDatabase } from './open-data.ts';
import { dateTime, print, printJson, say, table } from './output.ts';

/** Deliveries listed where nothing else is asked for. */
const defaultLimit = 20;

export const listWebhooks = defineCommand({
  name: 'webhooks list',
  summary: 'List what was told to receivers of callbacks, the newest first',
  options: {
    task: { type: 'string', placeholder: 'TASK', description: 'Only of this task' },
    failed: { type: 'boolean', description: 'Only those that were given up' },
    limit: { type: 'string', placeholder: 'N', description: `How many (default ${defaultLimit})` },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['webhooks list', 'webhooks list --failed --json'],
  async run({ values: { task: taskId, failed, limit = String(defaultLimit), data, json } }) {
    if (!/^[1-9]\d{0,5}$/.test(limit)) throw usageFailure('--limit takes a number from 1 to 999999');
    const query = { limit: Number(limit), taskId, state: failed ? ('failed' as const) : undefined };
    const found = await withDeliveries(data, (deliveries) => deliveries.list(query));
    if (json) printJson(found.map(shown));
    else if (found.length === 0) say('There are no such deliveries.');
    else print(table([['DELIVERY', 'STATUS', 'TRIES', 'CREATED', 'TASK', 'RECEIVER'], ...found.map(row)]));
    return 0;
  },
});

export const showWebhook = defineCommand({
  name: 'webhooks show',
  summary: 'Show a delivery with its tries',
  positionals: ['ID'],
  options: { ...dataOption, ...jsonOption },
  examples: ['webhooks show msg_2f1c9a7e0b3d4c5f8a6b7c8d9e0f1a2b'],
  async run({ values: { data, json }, positionals: [id = ''] }) {
    const delivery = await withDeliveries(data, (deliveries) => deliveries.get(id));
    if (json) printJson(shown(delivery));
    else print(describe(delivery));
    return 0;
  },
});

export const redeliverWebhook = defineCommand({
  name: 'webhooks redeliver',
  summary: 'Send a delivery once more',
  about:
    'Under the same id, with the task as it is now. A running server takes it up within a second, and tries for a day where it is not taken.',
  positionals: ['ID'],
  options: { ...dataOption, ...jsonOption },
  examples: ['webhooks redeliver msg_2f1c9a7e0b3d4c5f8a6b7c8d9e0f1a2b'],
  async run({ values: { data, json }, positionals: [id = ''] }) {
    const delivery = await withDeliveries(data, (deliveries) => deliveries.redeliver(id));
    if (json) printJson(shown(delivery));
    else print(`Delivery ${delivery.id} of task ${delivery.taskId} is sent again.`);
    return 0;
  },
});

export const webhookSecret = defineCommand({
  name: 'webhooks secret',
  summary: 'Print what webhooks are signed with',
  about: 'Prints the current secret of an account, alone on standard output; made where there is none yet.',
  options: {
    account: { type: 'string', placeholder: 'NAME', description: 'Whose it is (default "default")' },
    rotate: { type: 'boolean', description: 'Make a new one; the one before signs beside it for 24 hours' },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['webhooks secret', 'webhooks secret --rotate --account team-video'],
  async run({ values: { account = 'default', rotate = false, data, json } }) {
    const secrets = await withDatabase({ data }, async ({ db }) => {
      const id = await accountIdOf(db, account);
      const all = new WebhookSecrets(db, Date.now);
      return rotate ? all.rotate(id) : all.list(id);
    });
    const [current, ...previous] = secrets;
    if (json) printJson({ account, secret: current?.secret, previous: previous.map(shownSecret) });
    else {
      print(current?.secret ?? '');
      for (const { expiresAt = 0 } of previous) say(`One before it signs as well until ${dateTime(expiresAt)}.`);
    }
    return 0;
  },
});

async function withDeliveries<Result>(
  data: string | undefined,
  work: (deliveries: Deliveries) => Promise<Result>,
): Promise<Result> {
  return withDatabase({ data }, ({ db }) => work(new Deliveries(db, Date.now))).catch((error: unknown) => {
    throw error instanceof ReelayError ? new CliFailure(`${error.message}; "reelay webhooks list" shows all`) : error;
  });
}

async function accountIdOf(db: Kysely<Schema>, name: string): Promise<string> {
  const row = await db.selectFrom('accounts').select('id').where('name', '=', name).executeTakeFirst();
  if (row === undefined)
    throw new CliFailure(`There is no account "${name}".`, { advice: '"reelay accounts list" shows all.' });
  return row.id;
}

function row({ id, state, tries, createdAt, taskId, url }: Delivery): readonly string[] {
  return [id, state, String(tries.length), dateTime(createdAt), taskId, new URL(url).origin];
}

function describe({ id, taskId, url, state, dueAt, tries, createdAt }: Delivery): string {
  return table([
    ['Delivery', id],
    ['Task', taskId],
    ['Receiver', url],
    ['Status', state],
    ['Created', dateTime(createdAt)],
    ...(dueAt === undefined ? [] : [['Next try', dateTime(dueAt)]]),
    ...tries.map(({ at, durationMs, status, error }) => [
      'Try',
      [
        dateTime(at),
        `${durationMs} ms`,
        ...(status === undefined ? [] : [String(status)]),
        ...(error ? [error] : []),
      ].join('  '),
    ]),
  ]);
}

function shown({ createdAt, dueAt, since: _since, tries, ...delivery }: Delivery) {
  return {
    ...delivery,
    created: new Date(createdAt).toISOString(),
    nextTry: dueAt === undefined ? null : new Date(dueAt).toISOString(),
    tries: tries.map(({ at, ...tried }) => ({ at: new Date(at).toISOString(), ...tried })),
  };
}

function shownSecret({ secret, expiresAt = 0 }: WebhookSecret) {
  return { secret, expires: new Date(expiresAt).toISOString() };
}
