import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Accounts } from '../../src/access/accounts.ts';
import { accountContents, deleteAccount } from '../../src/access/delete-account.ts';
import { openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const key = 'xai-emulated-key';
let folder: string;
let data: string;
let xai: XaiEmulator;
let server: TestServer;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-erasure-'));
  data = join(folder, 'data');
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1, width: 160, height: 90 }));
  xai = await startXaiEmulator({ key, video });
  environment = { REELAY_DATA_DIR: data, XAI_API_KEY: key, XAI_BASE_URL: xai.baseUrl };
  server = await startTestServer(environment);
});

afterAll(async () => {
  await server?.stop();
  await xai?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Where one of these is still found: files of the data folder and, where there is one, tables of the server's database. */
async function placesOf(...canaries: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (canaries.some((canary) => bytes.includes(canary))) found.push(path);
  }
  const url = await databaseOf(data);
  if (url === undefined) return found;
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { name } of rows) {
    const table = await client.query<{ row: string }>(`select t::text as row from "${name}" t`);
    if (table.rows.some(({ row }) => canaries.some((canary) => row.includes(canary.toString('latin1')))))
      found.push(name);
  }
  await client.end();
  return found;
}

async function make(json: object, headers: Readonly<Record<string, string>>, key = server.key): Promise<string> {
  const made = { json: json as never, headers, key };
  const { status, body } = await server.request('POST', '/v1/videos/generations', made);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.id;
}

async function endedFor(id: string, owner: string) {
  const read = async () => (await server.request('GET', `/v1/tasks/${id}`, { key: owner })).body;
  await expect.poll(async () => (await read()).status, { timeout: 60_000 }).toMatch(/completed|failed/);
  return read();
}

/** A task of the local provider with an input and a result, and the bytes in the middle of both. */
async function rendered(prompt: string, owner = server.key) {
  const picture = await readFile(await samplePicture(folder, 'input.png'));
  const image_url = `data:image/png;base64,${picture.toString('base64')}`;
  const wanted = { model: 'grok-imagine-image-to-video', prompt, image_url, duration: 1 };
  const id = await make(wanted, { 'X-Reelay-Provider': 'local', 'Idempotency-Key': `key-${prompt.length}` }, owner);
  const ended = await endedFor(id, owner);
  expect(ended).toMatchObject({ status: 'completed' });
  const result = Buffer.from(await (await fetch(ended.results[0].url)).arrayBuffer());
  const middleOf = (bytes: Buffer) => bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 48);
  return {
    id,
    link: String(ended.results[0].url),
    canaries: [prompt.split(' ')[0] ?? '', middleOf(picture), middleOf(result)],
  };
}

describe('attack: erasure', () => {
  test('a deleted task leaves no word and no byte behind, also where its vendor quoted the prompt', async () => {
    const { id, link, canaries } = await rendered('canarydelete of a lighthouse by the sea');
    const echo = { status: 422, json: { code: 'invalid-argument', error: 'canaryrefused is refused' } };
    xai.submission = { kind: 'refuse', answer: echo };
    const refused = await make({ model: 'grok-imagine-text-to-video', prompt: 'canaryrefused', duration: 1 }, {});
    expect(await server.ended(refused)).toMatchObject({ status: 'failed' });
    expect(await placesOf(...canaries, 'canaryrefused')).not.toEqual([]);
    for (const task of [id, refused]) expect((await server.request('DELETE', `/v1/tasks/${task}`)).status).toBe(200);
    await expect.poll(() => placesOf(...canaries, 'canaryrefused'), { timeout: 10_000 }).toEqual([]);
    const { status, body } = await server.request('GET', `/v1/tasks/${id}`);
    expect([status, body.error.message]).toEqual([404, expect.stringContaining('expired or been deleted')]);
    expect((await fetch(link)).status).toBe(404);
  });

  test('a deleted account takes everything along but what it was charged', async () => {
    const { body: team } = await server.request('POST', '/admin/keys', { json: { account: 'canaryteam' } });
    const { canaries } = await rendered('canaryaccount of a street in the rain', team.key);
    const url = await databaseOf(data);
    const database = await openDatabase({ folder: data, url });
    const id = await new Accounts(database.db, Date.now).find('canaryteam');
    await expect.poll(() => accountContents(database.db, id)).toEqual({ keys: 1, tasks: 1, files: 1 });
    await deleteAccount(database.db, id, Date.now());
    await database.close();
    await server.stop({ keepData: true });
    server = await startTestServer({ ...environment, REELAY_API_KEY: server.key });
    await expect.poll(() => placesOf(...canaries, 'canaryteam'), { timeout: 10_000 }).toEqual([]);
    expect((await server.request('GET', '/v1/models', { key: team.key })).status).toBe(401);
  });

  test('what has expired goes as thoroughly', async () => {
    const { id, link, canaries } = await rendered('canaryexpired of a harbour by night');
    await server.stop({ keepData: true });
    server = await startTestServer({ ...environment, REELAY_API_KEY: server.key, REELAY_RETENTION_DAYS: '0.000001' });
    await expect.poll(() => placesOf(...canaries), { timeout: 10_000 }).toEqual([]);
    expect((await server.request('GET', `/v1/tasks/${id}`)).status).toBe(404);
    expect((await server.request('GET', `/api/ai/generations/${id}`)).status).toBe(404);
    expect((await fetch(new URL(new URL(link).pathname + new URL(link).search, server.url))).status).toBe(404);
  });
});
