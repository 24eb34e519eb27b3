import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, onTestFinished, test } from 'vitest';
import type { GenerationRequest } from '../contract/index.ts';
import { startTestServer } from '../testing/test-server.ts';
import { createMigrations } from './migrations.ts';
import { openDatabase } from './open.ts';
import type { Schema } from './schema.ts';
import { searchText } from './search-text.ts';
import { openSqlite } from './sqlite.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'reelay-prompts-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** The database as version 0005 left it. */
async function withEarlierDatabase(where: string, fill: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
  const db = new Kysely<Schema>({ dialect: openSqlite(join(where, 'reelay.sqlite')).dialect });
  const provider = { getMigrations: async () => createMigrations(() => undefined) };
  const { error } = await new Migrator({ db, provider }).migrateTo('0005_prompt_text');
  expect(error).toBeUndefined();
  await fill(db);
  await db.destroy();
}

interface Earlier {
  readonly id: string;
  readonly api: Schema['tasks']['api'];
  readonly prompt: string;
  readonly accountId?: string;
  readonly inputs?: GenerationRequest['inputs'];
}

function taskRow({ id, api, prompt, accountId = 'acct', inputs = [] }: Earlier) {
  const request: GenerationRequest = { operation: 'text-to-video', inputs, options: {}, prompt };
  return {
    ...{ id, api, account_id: accountId, model: 'grok-imagine-text-to-video', operation: request.operation },
    requested_model: 'grok-imagine-text-to-video',
    request: JSON.stringify(request),
    ...{ parameters: '{}', provider: 'local', state: 'cancelled' as const, seq: 2, progress: 0, warnings: '[]' },
    ...{ phase: '{}', attempt_id: null, due_at: null, created_at: 1_000, started_at: null, completed_at: 2_000 },
    ...{ cancel_requested_at: null, estimated_cost_micros: 0 },
  };
}

const prompts = [
  ['plain', 'A red fox'],
  ['letters', 'ÄÖÜ ＫÄUZCHEN ﬁn'],
  ['none', ''],
  ['signs', '100 % "quoted" \\ \'; drop table tasks; --\n\t𝄞'],
  ['zero', 'a\u0000b'],
  ['half a pair', 'x\ud800y'],
] as const;

test('each prompt is kept as a new task would keep it', async () => {
  const where = await folder();
  const rows = prompts.map(([id, prompt], at) => taskRow({ id, prompt, api: at % 2 === 0 ? 'foxapi' : 'oxen' }));
  await withEarlierDatabase(where, async (db) => {
    await db.insertInto('tasks').values(rows).execute();
  });
  const database = await openDatabase({ folder: where });
  const found = await database.db.selectFrom('tasks').select(['id', 'prompt_text', 'request']).execute();
  const kept = Object.fromEntries(found.map((row) => [row.id, row.prompt_text]));
  // A half of a pair has no bytes in UTF-8.
  expect(kept).toEqual(Object.fromEntries(prompts.map(([id, prompt]) => [id, searchText(prompt).toWellFormed()])));
  expect(found.map(({ request }) => request).toSorted()).toEqual(rows.map(({ request }) => request).toSorted());
  await database.close();
});

test('many tasks, large ones and one that was filled before a crash', async () => {
  const where = await folder();
  const film = {
    role: 'video',
    url: `data:video/mp4;base64,${'A'.repeat(20 * 1024 ** 2)}`,
    field: 'video_url',
  } as const;
  const small = Array.from({ length: 2_300 }, (_, at) =>
    taskRow({ id: `task-${String(at).padStart(5, '0')}`, api: 'oxen', prompt: `Number ${at}` }),
  );
  const large = ['a', 'b', 'c'].map((id) => taskRow({ id, api: 'foxapi', prompt: `Large ${id}`, inputs: [film] }));
  await withEarlierDatabase(where, async (db) => {
    for (let at = 0; at < small.length; at += 500) {
      await db
        .insertInto('tasks')
        .values(small.slice(at, at + 500))
        .execute();
    }
    for (const row of large) await db.insertInto('tasks').values(row).execute();
    await db.updateTable('tasks').set({ prompt_text: 'done' }).where('id', '=', 'task-00007').execute();
  });
  const told: string[] = [];
  const database = await openDatabase({ folder: where, onProgress: (progress) => told.push(progress) });
  expect(told).toEqual(['the prompts of earlier tasks are made searchable: about 2 minutes for a million of them']);
  const texts = await database.db.selectFrom('tasks').select(['id', 'prompt_text']).orderBy('id').execute();
  expect(texts.map((row) => row.prompt_text)).toEqual([
    ...['large a', 'large b', 'large c'],
    ...small.map((_, at) => (at === 7 ? 'done' : `number ${at}`)),
  ]);
  await database.close();
});

test('tasks of both APIs from before are found by their words', async () => {
  const where = await folder();
  const environment = { REELAY_DATA_DIR: where, REELAY_API_KEY: 'sk-test-of-the-prompts-0123456789' };
  const clip = { model: 'grok-imagine-text-to-video', duration: 1, resolution: '480p' };
  const before = await startTestServer(environment);
  const fox = await before.request('POST', '/v1/videos/generations', { json: { ...clip, prompt: 'A red FOX' } });
  const owl = await before.request('POST', '/api/ai/queue', { json: { ...clip, prompt: 'A gray KÄUZCHEN' } });
  const ids = [fox.body.id, owl.body.generations[0].generation_id];
  for (const id of ids) await before.ended(id);
  await before.stop({ keepData: true });
  await takeBack(where);
  const after = await startTestServer(environment);
  for (const [at, search] of ['fox', 'käuzchen'].entries()) {
    const { body } = await after.request('GET', `/v1/tasks?search=${encodeURIComponent(search)}`);
    expect(body.data.map(({ id }: { readonly id: string }) => id)).toEqual([ids[at]]);
  }
  await after.stop();
});

/** Makes of a database what it was before its prompts were filled in, whatever has been added to it since. */
async function takeBack(where: string): Promise<void> {
  const later = join(where, 'later.sqlite');
  await rename(join(where, 'reelay.sqlite'), later);
  await withEarlierDatabase(where, async (db) => {
    const tables = await db.introspection.getTables();
    await sql`attach ${later} as later`.execute(db);
    for (const { name, columns } of tables) {
      const list = sql.join(columns.map((column) => sql.ref(column.name)));
      await sql`insert into main.${sql.ref(name)} (${list}) select ${list} from later.${sql.ref(name)}`.execute(db);
    }
    await db.updateTable('tasks').set({ prompt_text: '' }).execute();
  });
}
