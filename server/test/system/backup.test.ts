/** Saving an installation beside its running server, and making one of the backup elsewhere, with the commands. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { backup } from '../../src/cli/backup.ts';
import { restore } from '../../src/cli/restore.ts';
import { openDatabase } from '../../src/database/open.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { type PostgresCluster, startPostgresCluster } from '../../src/testing/postgres-cluster.ts';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

const run = promisify(execFile);
const entry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const key = 'sk-back-back-back-back-back';
const vendorKey = 'xai-emulated-key';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
const patience = { timeout: 60_000, interval: 100 };

let folder: string;
let xai: XaiEmulator;
let photo: string;
const cleanUp: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-backup-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  photo = (await readFile(await samplePicture(folder, 'photo.png'))).toString('base64');
  xai = await startXaiEmulator({ key: vendorKey, video });
  cleanUp.push(() => xai.close());
});

afterAll(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function start(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const server = await startServerProcess({
    REELAY_API_KEY: key,
    XAI_API_KEY: vendorKey,
    XAI_BASE_URL: xai.baseUrl,
    REELAY_POLL_SECONDS: '1',
    REELAY_SUBMIT_TIMEOUT_SECONDS: '2',
    REELAY_UNCERTAIN_SECONDS: '2',
    REELAY_LOG_LEVEL: 'fatal',
    ...environment,
  });
  cleanUp.push(() => server.kill());
  return server;
}

interface Answer {
  readonly id: string;
  readonly url: string;
  readonly status: string;
  readonly results: readonly { readonly url: string }[] | null;
  readonly error: { readonly code: string } | null;
}

async function ask(server: ServerProcess, path: string, body?: object, more: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(server.url + path, {
    headers: { ...headers, ...more },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Answer;
}

const clip = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, resolution: '480p' };
const create = (server: ServerProcess) => ask(server, '/v1/videos/generations', clip);
const read = (server: ServerProcess, id: string) => ask(server, `/v1/tasks/${id}`);
const upload = (server: ServerProcess) => ask(server, '/v1/files/upload/base64', { file_data: photo });
const statusOf = async (server: ServerProcess, id: string) => (await read(server, id)).status;
const bytesAt = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());

async function reelay(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { stdout } = await run(process.execPath, [entry, ...args, '--json'], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  return JSON.parse(stdout);
}

const refused = (told: RegExp) => ({ code: 1, stderr: expect.stringMatching(told) });

/** Rows of a database as texts, in an order of their own. */
async function rowsOf(data: string, url?: string) {
  const database = await openDatabase({ folder: data, url });
  const tasks = await database.db.selectFrom('tasks').select(['id', 'state', 'attempt_id']).orderBy('id').execute();
  const assets = await database.db.selectFrom('assets').selectAll().orderBy('id').execute();
  const attempts = await database.db.selectFrom('attempts').select(['id', 'task_id']).orderBy('id').execute();
  await database.close();
  return { tasks, assets, attempts };
}

test('under load: all that the saved database names is there to the byte, and goes on elsewhere without being paid again', async () => {
  const [data, saved, restored] = ['data', 'saved', 'restored'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const server = await start({ REELAY_DATA_DIR: data });
  xai.fate = 'done';
  const { id: early } = await create(server);
  await expect.poll(() => statusOf(server, early), patience).toBe('completed');
  const link = (await read(server, early)).results?.[0]?.url ?? '';
  const video = await bytesAt(link);

  // Paid, and running at the vendor when it is saved.
  xai.fate = 'pending';
  const { id: running } = await create(server);
  await expect.poll(() => xai.submissions.length, patience).toBe(2);
  // Sent, and nobody knows its outcome yet.
  xai.submission = { kind: 'accept-then-silence' };
  const { id: unsure } = await create(server);
  await expect.poll(() => xai.submissions.length, patience).toBe(3);
  xai.submission = { kind: 'accept' };

  const loaded = new AbortController();
  const load = (async () => {
    // Files that come and go as fast as they can: an input is fetched for each task, and removed at its end.
    for (let round = 0; !loaded.signal.aborted; round += 1) {
      await upload(server);
      if (round % 5 > 0) continue;
      const picture = {
        model: 'grok-imagine-image-to-video',
        prompt: 'wind',
        duration: 1,
        image_url: `data:image/png;base64,${photo}`,
      };
      await ask(server, '/v1/videos/generations', picture, { 'X-Reelay-Provider': 'local' });
    }
  })();
  await expect.poll(async () => (await rowsOf(data)).assets.length, patience).toBeGreaterThan(8);
  const first = await reelay(['backup', saved, '--data', data]);
  const second = await reelay(['backup', saved, '--data', data]);
  loaded.abort();
  await load;
  expect(second.made.files).toBeGreaterThanOrEqual(first.made.files - 4);
  expect(second.made.missing).toEqual([]);
  // More happens after the backup, and then the machine is lost.
  const { id: late } = await create(server);
  await expect.poll(() => xai.submissions.length, patience).toBe(4);
  await server.kill();
  await rm(data, { recursive: true });

  const check = await run('sha256sum', ['--check', '--quiet', 'files.sha256'], { cwd: saved });
  expect(check.stdout).toBe('');
  expect(await reelay(['backup', saved, '--verify'])).toEqual(second);
  await expect(start({ REELAY_DATA_DIR: saved })).rejects.toThrow(/is a backup of 20/);
  await reelay(['restore', saved, '--data', restored]);
  for (const { storage_key: name, sha256 } of (await rowsOf(restored)).assets) {
    const folderOfKey = createHash('sha256').update(name).digest('hex').slice(0, 2);
    const bytes = await readFile(join(restored, 'files', 'objects', folderOfKey, name));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
  const { tasks, attempts } = await rowsOf(restored);
  expect(tasks).toHaveLength(second.made.tasks);

  xai.fate = 'done';
  const after = await start({ REELAY_DATA_DIR: restored });
  for (const { id } of tasks) await expect.poll(() => statusOf(after, id), patience).toMatch(/completed|failed/);
  expect(await statusOf(after, running)).toBe('completed');
  expect(await statusOf(after, unsure)).toBe('completed');
  expect((await read(after, late)).error).toMatchObject({ code: expect.stringMatching(/not_found/) });
  expect((await bytesAt(link.replace(server.url, after.url))).equals(video)).toBe(true);
  // As many as were made before: those of `early`, `running` and `unsure`, and that of `late`, of which the backup knows nothing.
  expect(xai.submissions).toHaveLength(4);
  for (const { id } of attempts) expect(xai.posts(id)).toBeLessThanOrEqual(1);
  expect(await after.stop()).toBe(0);
}, 180_000);

test('what still waited to be submitted is ended where that costs money, unless nothing can have run since', async () => {
  const data = join(folder, 'waiting');
  const saved = join(folder, 'waiting-saved');
  const server = await start({ REELAY_DATA_DIR: data, REELAY_PROVIDER_JOBS: 'xai=1' });
  xai.fate = 'pending';
  const paidBefore = xai.submissions.length;
  const { id: running } = await create(server);
  await expect.poll(() => xai.submissions.length, patience).toBe(paidBefore + 1);
  const { id: waiting } = await create(server);
  const free = await ask(
    server,
    '/v1/videos/generations',
    { ...clip, prompt: 'a sea [reelay:stuck]' },
    { 'X-Reelay-Provider': 'local' },
  );
  await backup.run([saved, '--data', data]);
  // The server that the backup is of submits it after all.
  xai.fate = 'done';
  await expect.poll(() => statusOf(server, waiting), patience).toBe('completed');
  await server.kill();

  const restored = join(folder, 'waiting-restored');
  await restore.run([saved, '--data', restored]);
  const after = await start({ REELAY_DATA_DIR: restored });
  await expect.poll(() => statusOf(after, running), patience).toBe('completed');
  expect(await read(after, waiting)).toMatchObject({ status: 'failed', error: { code: 'submission_unknown' } });
  expect(await statusOf(after, free.id)).toBe('processing');
  expect(xai.submissions).toHaveLength(paidBefore + 2);
  await after.kill();
  await restore.run([saved, '--run-waiting', '--data', join(folder, 'again')]);
  const { tasks } = await rowsOf(join(folder, 'again'));
  expect(tasks.find(({ id }) => id === waiting)?.state).toBe('queued');
}, 120_000);

test('places that are taken and backups that are broken are refused, and nothing is written', async () => {
  const data = join(folder, 'small');
  const saved = join(folder, 'small-saved');
  const server = await start({ REELAY_DATA_DIR: data });
  await upload(server);
  await server.stop();
  await expect(backup.run([saved, '--data', join(folder, 'none')])).rejects.toThrow(/no Reelay database/);
  await mkdir(join(folder, 'mine'));
  await writeFile(join(folder, 'mine', 'diary.txt'), 'dear');
  await expect(backup.run([join(folder, 'mine'), '--data', data])).rejects.toThrow(/something else/);
  const foreign = join(folder, 'foreign');
  await mkdir(foreign);
  await writeFile(join(foreign, 'backup.json'), JSON.stringify({ format: 1, installation: 'another' }));
  await expect(backup.run([foreign, '--data', data])).rejects.toThrow(/something else/);
  await backup.run([saved, '--data', data]);
  expect((await stat(saved)).mode & 0o077).toBe(0);
  expect((await stat(join(saved, 'reelay.sqlite'))).mode & 0o077).toBe(0);
  await expect(restore.run([saved, '--data', join(folder, 'mine')])).rejects.toThrow(/is not empty/);
  const fresh = join(folder, 'fresh');
  vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/none');
  await expect(restore.run([saved, '--data', fresh])).rejects.toThrow(/unset DATABASE_URL/);
  vi.unstubAllEnvs();
  await appendFile(join(saved, 'reelay.sqlite'), 'x');
  await expect(backup.run([saved, '--verify'])).rejects.toThrow(/reelay\.sqlite is not as it was/);
  await backup.run([saved, '--data', data]);
  const [object = ''] = (await readdir(join(saved, 'files', 'objects'), { recursive: true })).filter((name) =>
    name.includes('.'),
  );
  await rm(join(data, 'files'), { recursive: true });
  await truncate(join(saved, 'files', 'objects', object), 10);
  await expect(restore.run([saved, '--data', fresh])).rejects.toThrow(/is not as it was/);
  await expect(stat(fresh)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(restore.run([join(folder, 'mine'), '--data', fresh])).rejects.toThrow(/no complete backup/);
}, 60_000);

test('PostgreSQL: the files are saved here, the database by pg_dump, and both come together again', async () => {
  const cluster: PostgresCluster = await startPostgresCluster();
  cleanUp.push(() => cluster.remove());
  const url = await cluster.createDatabase();
  const [data, saved, restored] = ['shared', 'shared-saved', 'shared-restored'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const server = await start({ REELAY_DATA_DIR: data, DATABASE_URL: url, REELAY_PROVIDER_JOBS: 'xai=1' });
  xai.fate = 'pending';
  const { id: running } = await create(server);
  await expect.poll(() => statusOf(server, running), patience).toBe('processing');
  const { id: waiting } = await create(server);
  const { url: link } = await upload(server);
  const bytes = await bytesAt(link);
  await reelay(['backup', saved, '--data', data], { DATABASE_URL: url });
  const dump = join(folder, 'reelay.dump');
  await cluster.run('pg_dump', ['--format=custom', '--exclude-table-data=servers', '--file', dump, url]);
  expect(await reelay(['backup', saved, '--data', data], { DATABASE_URL: url })).toMatchObject({
    database: 'postgres',
  });
  const target = await cluster.createDatabase();
  await expect(reelay(['restore', saved, '--data', restored], { DATABASE_URL: target })).rejects.toMatchObject(
    refused(/not that of the installation/),
  );
  await expect(reelay(['restore', saved, '--data', restored], { DATABASE_URL: url })).rejects.toMatchObject(
    refused(/A server runs on the database/),
  );
  await server.kill();
  await cluster.run('pg_restore', ['--clean', '--if-exists', '--no-owner', '--dbname', target, dump]);
  await cluster.dropDatabase(url);
  await rm(data, { recursive: true });
  const paid = xai.submissions.length;
  xai.fate = 'done';
  const environment = { DATABASE_URL: target };
  expect(await reelay(['restore', saved, '--data', restored], environment)).toMatchObject({ ended: 1 });
  const after = await start({ ...environment, REELAY_DATA_DIR: restored });
  await expect.poll(() => statusOf(after, running), patience).toBe('completed');
  expect(await statusOf(after, waiting)).toBe('failed');
  expect((await bytesAt(link.replace(server.url, after.url))).equals(bytes)).toBe(true);
  expect(xai.submissions).toHaveLength(paid);
}, 120_000);
