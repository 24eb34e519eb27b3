import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { fillPromptText } from './fill-prompt-text.ts';
import { isPostgres } from './postgres.ts';

/** Migrations only add, so two versions can run side by side. They run in the order of their names. What takes long says so. */
export const createMigrations = (say: (progress: string) => void): Record<string, Migration> => ({
  '0001_tasks': { up: createTables },
  '0002_due_tasks': { up: narrowDueIndex },
  '0003_paying_providers': { up: addPayingProviders },
  '0004_unsettled_attempts': { up: indexUnsettledAttempts },
  '0005_prompt_text': { up: addPromptText },
  '0006_fill_prompt_text': { up: (db: Kysely<never>) => fillPromptText(db, say) },
  '0007_prompt_reading': { up: addPromptReading },
  '0008_servers': { up: addServers },
  '0009_loose_files': { up: addLooseFiles },
  '0010_live_tasks': { up: indexLiveTasks },
  '0011_key_limits': { up: addKeyLimits },
  '0012_file_totals': { up: indexFileSizes },
  '0013_webhooks': { up: addWebhooks },
});

async function createTables(db: Kysely<never>): Promise<void> {
  await createAccess(db);
  await createTasks(db);
  await createMedia(db);
}

async function createAccess(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('accounts')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .addColumn('event_seq', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.id'))
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('hint', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute();
  await db.schema
    .createTable('favorites')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('model', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('favorites_pk', ['account_id', 'model'])
    .execute();
  await db.schema
    .createTable('settings')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
}

async function createTasks(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('tasks')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('api', 'text', (c) => c.notNull())
    .addColumn('model', 'text', (c) => c.notNull())
    .addColumn('requested_model', 'text', (c) => c.notNull())
    .addColumn('operation', 'text', (c) => c.notNull())
    .addColumn('request', 'text', (c) => c.notNull())
    .addColumn('parameters', 'text', (c) => c.notNull())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('progress', 'integer', (c) => c.notNull())
    .addColumn('warnings', 'text', (c) => c.notNull())
    .addColumn('phase', 'text', (c) => c.notNull())
    .addColumn('attempt_id', 'text')
    .addColumn('due_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('completed_at', 'bigint')
    .addColumn('cancel_requested_at', 'bigint')
    .addColumn('estimated_cost_micros', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('tasks_by_account').on('tasks').columns(['account_id', 'created_at', 'id']).execute();
  await db.schema
    .createIndex('tasks_due')
    .on('tasks')
    .column('due_at')
    .where('due_at' as never, 'is not', null)
    .execute();
  await db.schema
    .createIndex('tasks_waiting')
    .on('tasks')
    .columns(['provider', 'created_at'])
    .where('state' as never, '=', 'queued' as never)
    .execute();
  await db.schema
    .createIndex('tasks_ended')
    .on('tasks')
    .column('completed_at')
    .where('completed_at' as never, 'is not', null)
    .execute();
  await db.schema
    .createTable('attempts')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('task_id', 'text', (c) => c.notNull())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('operation', 'text')
    .addColumn('operation_key', 'text')
    .addColumn('outcome', 'text')
    .addColumn('detail', 'text')
    .addColumn('cost_micros', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('deadline', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('attempts_operation', ['provider', 'operation_key'])
    .execute();
  await db.schema.createIndex('attempts_by_task').on('attempts').column('task_id').execute();
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('body_hash', 'text', (c) => c.notNull())
    .addColumn('task_ids', 'text', (c) => c.notNull())
    .addColumn('answer', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_pk', ['account_id', 'key'])
    .execute();
}

async function createMedia(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('id', 'bigint', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('previous', 'text', (c) => c.notNull())
    .addColumn('progress', 'integer', (c) => c.notNull())
    .addColumn('requested_model', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_pk', ['account_id', 'id'])
    .execute();
  await db.schema.createIndex('events_by_time').on('events').column('created_at').execute();
  await db.schema
    .createTable('assets')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('storage_key', 'text', (c) => c.notNull())
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('size_bytes', 'bigint', (c) => c.notNull())
    .addColumn('sha256', 'text', (c) => c.notNull())
    .addColumn('probe', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('assets_by_expiry').on('assets').column('expires_at').execute();
}

/** Leaves out the tasks that wait for their turn: whoever looks for overdue ones would pass all of them each time. */
async function narrowDueIndex(db: Kysely<never>): Promise<void> {
  await db.schema.dropIndex('tasks_due').execute();
  await db.schema
    .createIndex('tasks_due')
    .on('tasks')
    .column('due_at')
    .where('due_at' as never, 'is not', null)
    .where('state' as never, '<>', 'queued' as never)
    .execute();
}

async function addPayingProviders(db: Kysely<never>): Promise<void> {
  await db.schema
    .alterTable('tasks')
    .addColumn('provider_asked', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('attempts').addColumn('follow_up_at', 'bigint').execute();
  await db.schema.alterTable('attempts').addColumn('account_id', 'text').execute();
  await db.schema
    .createTable('ledger')
    .addColumn('attempt_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.notNull())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('cost_micros', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('ledger_by_account').on('ledger').columns(['account_id', 'created_at']).execute();
  await db.schema
    .createIndex('attempts_follow_up')
    .on('attempts')
    .column('follow_up_at')
    .where('follow_up_at' as never, 'is not', null)
    .execute();
}

/** What is set aside follows from the attempts without a known cost: few among all that there ever were. */
async function indexUnsettledAttempts(db: Kysely<never>): Promise<void> {
  await db.schema
    .createIndex('attempts_unsettled')
    .on('attempts')
    .column('task_id')
    .where('cost_micros' as never, 'is', null)
    .execute();
}

async function addPromptText(db: Kysely<never>): Promise<void> {
  await db.schema
    .alterTable('tasks')
    .addColumn('prompt_text', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
}

async function addPromptReading(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('tasks').addColumn('reading', 'text').execute();
}

/** Lists of what is under way would pass all tasks of the account: 3 s with a million of them. */
async function indexLiveTasks(db: Kysely<never>): Promise<void> {
  await db.schema
    .createIndex('tasks_live')
    .on('tasks')
    .columns(['account_id', 'created_at', 'id'])
    .where('completed_at' as never, 'is', null)
    .execute();
}

/** Keys under which bytes may be stored that no row names: before the row is written, and after it is gone. */
async function addLooseFiles(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('loose_files')
    .addColumn('storage_key', 'text', (c) => c.primaryKey())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .execute();
}

/** How much the files take is asked again and again, and their rows are long. */
async function indexFileSizes(db: Kysely<never>): Promise<void> {
  await db.schema.createIndex('assets_sizes').on('assets').columns(['purpose', 'size_bytes']).execute();
}

/** Whom the end of a task is told to, what became of that, and what it is signed with. */
async function addWebhooks(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('tasks').addColumn('callback_url', 'text').execute();
  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.notNull().unique())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('due_at', 'bigint')
    .addColumn('sender', 'text')
    .addColumn('tries', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  // The columns behind the time let a look pass those of a receiver that has enough without reading their rows.
  await db.schema
    .createIndex('webhook_deliveries_due')
    .on('webhook_deliveries')
    .columns(['due_at', 'host', 'account_id'])
    .where('due_at' as never, 'is not', null)
    .execute();
  await db.schema
    .createIndex('webhook_deliveries_by_account')
    .on('webhook_deliveries')
    .columns(['account_id', 'created_at', 'id'])
    .execute();
  await db.schema
    .createTable('webhook_secrets')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint')
    .addPrimaryKeyConstraint('webhook_secrets_pk', ['account_id', 'secret'])
    .execute();
  await db.schema
    .createIndex('webhook_secrets_current')
    .unique()
    .on('webhook_secrets')
    .column('account_id')
    .where('expires_at' as never, 'is', null)
    .execute();
}

/** For several servers on one database: who they are, and which of them works on a task. */
async function addServers(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable('servers')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.alterTable('tasks').addColumn('server', 'text').execute();
  await db.schema
    .createIndex('tasks_by_server')
    .on('tasks')
    .column('server')
    .where('server' as never, 'is not', null)
    .execute();
  if (!isPostgres(db)) return;
  // What a client sent may spell characters in its JSON that no text of this database can hold; such a parameter fits no filter.
  await sql`
    create function reelay_parameter(document text, name text) returns text language plpgsql immutable as $$
    begin
      return document::json ->> name;
    exception when others then
      return null;
    end $$`.execute(db);
}

/** What keys and accounts may do and use up, and which key a task and its costs belong to. */
async function addKeyLimits(db: Kysely<never>): Promise<void> {
  for (const column of ['name', 'scopes', 'models', 'limits']) {
    await db.schema.alterTable('api_keys').addColumn(column, 'text').execute();
  }
  await db.schema.alterTable('api_keys').addColumn('expires_at', 'bigint').execute();
  await db.schema.alterTable('accounts').addColumn('limits', 'text').execute();
  for (const table of ['tasks', 'attempts', 'ledger']) {
    await db.schema.alterTable(table).addColumn('key_id', 'text').execute();
  }
  for (const table of ['attempts', 'ledger']) {
    await db.schema.alterTable(table).addColumn('model', 'text').execute();
  }
  await db.schema.alterTable('attempts').addColumn('estimated_cost_micros', 'bigint').execute();
  // How often keys have called lately, where several servers count together; its columns and their order are the library's.
  await db.schema
    .createTable('request_rates')
    .addColumn('key', 'text', (c) => c.primaryKey())
    .addColumn('points', 'integer', (c) => c.notNull())
    .addColumn('expire', 'bigint')
    .execute();
}
