/** Moving a SQLite installation to PostgreSQL with the command, as an operator would. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { moveRows } from '../../src/database/move.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { S3Settings } from '../../src/media/s3-settings.ts';
import { type PostgresCluster, startPostgresCluster } from '../../src/testing/postgres-cluster.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';
import { newBucket, type Swift, startSwift } from '../../src/testing/swift.ts';

const run = promisify(execFile);
const entry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const key = 'sk-move-move-move-move-move';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };

let folder: string;
let cluster: PostgresCluster;
let swift: Swift;
const servers = new Set<ServerProcess>();

beforeAll(async () => {
  swift = await startSwift();
  folder = await mkdtemp(join(tmpdir(), 'reelay-move-'));
  cluster = await startPostgresCluster();
});

afterAll(async () => {
  for (const server of servers) await server.kill();
  await cluster?.remove();
  await swift?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    ...environment,
  });
  servers.add(server);
  return server;
}

async function stop(server: ServerProcess): Promise<void> {
  await server.stop();
  servers.delete(server);
}

/** What the command prints; nothing of it where the move was complete before. */
interface Moved {
  readonly tables?: readonly { readonly name: string; readonly rows: number; readonly written: number }[];
  readonly files?: { readonly files: number; readonly copied: number; readonly missing: readonly string[] };
}

interface Answer {
  readonly id: string;
  readonly status: string;
  readonly results: readonly { readonly url: string }[] | null;
}

async function ask({ url }: ServerProcess, path: string, body?: object): Promise<Answer> {
  const answer = await fetch(url + path, {
    headers,
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Answer;
}

const clip = { model: 'grok-imagine-text-to-video', prompt: 'the sea 𝄞 海', duration: 1, resolution: '480p' };
const ended = (server: ServerProcess, id: string) =>
  expect.poll(async () => (await ask(server, `/v1/tasks/${id}`)).status, { timeout: 60_000 }).toBe('completed');

function bucketOf({ endpoint, region, bucket, accessKeyId, secretAccessKey }: S3Settings): Record<string, string> {
  return {
    REELAY_S3_ENDPOINT: endpoint,
    REELAY_S3_REGION: region,
    REELAY_S3_BUCKET: bucket,
    REELAY_S3_ACCESS_KEY_ID: accessKeyId,
    REELAY_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

async function move(url: string, data = 'data', environment: Readonly<Record<string, string>> = {}) {
  const args = [entry, 'migrate', '--to', url, '--data', join(folder, data), '--json'];
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env['PATH'], ...environment } });
  return JSON.parse(stdout) as Moved;
}

test.each(['shared', 'S3'])(
  'tasks, keys, events and links go on where they were, files %s; twice is safe; the old one starts no more',
  async (place) => {
    const s3 = place === 'S3' ? await newBucket(swift.endpoint) : undefined;
    const environment: Record<string, string> = { REELAY_DATA_DIR: join(folder, place), ...(s3 && bucketOf(s3)) };
    const before = await start({ REELAY_DATA_DIR: join(folder, place) });
    const { id } = await ask(before, '/v1/videos/generations', clip);
    await ended(before, id);
    const link = (await ask(before, `/v1/tasks/${id}`)).results?.[0]?.url ?? '';
    const video = Buffer.from(await (await fetch(link)).arrayBuffer());
    // One that has not ended when the server is gone: it is rendered after the move.
    const waiting = await ask(before, '/v1/videos/generations', { ...clip, duration: 2 });
    await before.kill();
    servers.delete(before);

    const url = await cluster.createDatabase();
    const { tables = [], files } = await move(url, place, environment);
    for (const { rows, written } of tables) expect(written).toBe(rows);
    expect(tables.find(({ name }) => name === 'tasks')?.rows).toBe(2);
    expect(files).toEqual(s3 && expect.objectContaining({ files: 1, copied: 1, missing: [] }));
    expect(await move(url, place, environment)).toEqual({});
    await expect(start({ REELAY_DATA_DIR: join(folder, place) })).rejects.toThrow(/was moved to postgres:/);

    if (s3 !== undefined) await rm(join(folder, place), { recursive: true });
    const after = await start({ ...environment, DATABASE_URL: url });
    await ended(after, waiting.id);
    const results = (await ask(after, `/v1/tasks/${id}`)).results ?? [];
    for (const address of [results[0]?.url ?? '', link.replace(before.url, after.url)]) {
      expect(Buffer.from(await (await fetch(address)).arrayBuffer()).equals(video)).toBe(true);
    }
    await stop(after);
  },
  180_000,
);

test('a database in which something else is, and one on which a server runs, are refused and left alone', async () => {
  const other = await cluster.createDatabase();
  await stop(await start({ REELAY_DATA_DIR: join(folder, 'kept') }));
  const stranger = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'stranger'),
    REELAY_API_KEY: key,
    DATABASE_URL: other,
  });
  servers.add(stranger);
  await expect(move(other, 'kept')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/a server runs on the target/),
  });
  await stop(stranger);
  await expect(move(other, 'kept')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/another installation/),
  });
  const database = await openDatabase({ folder, url: other });
  expect(await database.db.selectFrom('tasks').select('id').execute()).toEqual([]);
  await database.close();
});

test('a move that was broken off goes on; a row that is not the same there is told, and the old installation is kept', async () => {
  const fresh = await startServerProcess({ REELAY_DATA_DIR: join(folder, 'fresh'), REELAY_API_KEY: key });
  servers.add(fresh);
  await stop(fresh);
  const url = await cluster.createDatabase();
  const args = [entry, 'migrate', '--to', url, '--data', join(folder, 'fresh')];
  const source = await openDatabase({ folder: join(folder, 'fresh') });
  const database = await openDatabase({ folder, url });
  // As it would stand had the machine failed between two tables.
  await moveRows(source.db, database.db, () => undefined);
  await database.db.deleteFrom('api_keys').execute();
  await source.close();
  await database.db.updateTable('accounts').set({ event_seq: 7 }).execute();
  const differs = { stderr: expect.stringMatching(/accounts .* differs/) };
  await expect(run(process.execPath, args)).rejects.toMatchObject(differs);
  await database.db.updateTable('accounts').set({ event_seq: 0 }).execute();
  await run(process.execPath, args);
  expect(await database.db.selectFrom('api_keys').select('hint').execute()).toEqual([{ hint: key.slice(0, 7) }]);
  await database.close();
});
