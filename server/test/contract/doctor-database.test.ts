import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkDatabase } from '../../src/cli/doctor-database.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/database/open.ts';
import { databaseOf, onPostgres } from '../../src/testing/databases.ts';

let folder: string;
let config: Config;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-doctor-'));
  const url = await databaseOf(folder);
  config = readConfig({ REELAY_DATA_DIR: folder, ...(url !== undefined && { DATABASE_URL: url }) });
  database = await openDatabase({ folder, url });
});

afterAll(async () => {
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

const examined = async () => new Map((await checkDatabase(config)).map((finding) => [finding.name, finding]));

test('a database that works is found to, beside a server that uses it', async () => {
  const found = await examined();
  expect([...found.values()].map(({ name, state }) => [name, state])).toEqual([
    ...['Database', 'Queue', 'Work', 'Uncertain', 'Reservations'].map((name) => [name, 'ok']),
    ...(onPostgres ? [['Clock', 'ok']] : []),
  ]);
  const kind = onPostgres ? /^PostgreSQL \d+\.\d+.*, [\d.]+ [KM]B, 0 tasks$/ : /^SQLite, [\d.]+ [KM]B, 0 tasks$/;
  expect(found.get('Database')?.detail).toMatch(kind);
});

test('a later version, and tasks that stand still or are unclear, are named', async () => {
  const { db } = database;
  await sql`insert into kysely_migration values ('9999_later', '2030-01-01')`.execute(db);
  const task = (id: string, state: 'running' | 'uncertain' | 'queued', phase: string) =>
    db
      .insertInto('tasks')
      .values({
        ...{ id, state, phase, account_id: 'acct', api: 'foxapi', model: 'm', requested_model: 'm', operation: 'edit' },
        ...{ request: '{}', parameters: '{}', provider: 'vendor', seq: 1, progress: 0, warnings: '[]', due_at: 1 },
        ...{ created_at: 1, estimated_cost_micros: 0, attempt_id: null, started_at: null, completed_at: null },
        cancel_requested_at: null,
      })
      .execute();
  await task('task-running', 'running', '{}');
  await task('task-uncertain', 'uncertain', `{"searchUntil":${Date.UTC(2030, 0, 1)}}`);
  await task('task-queued', 'queued', '{}');
  const found = await examined();
  expect(found.get('Database')).toMatchObject({ state: 'warning', detail: expect.stringContaining('9999_later') });
  expect(found.get('Work')).toMatchObject({ state: 'warning', detail: expect.stringMatching(/^2 tasks under way/) });
  expect(found.get('Queue')).toMatchObject({ state: 'warning', detail: expect.stringContaining('1 for vendor') });
  expect(found.get('Uncertain')?.detail).toMatch(/task-uncertain \(vendor, until 20(29|30)-/);
});
