import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { findMediaTools } from '../../src/media/ffmpeg.ts';
import { samplePicture } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const run = promisify(execFile);
const cleanUp: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'reelay-faults-'));
  cleanUp.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function serve(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await startTestServer(environment);
  cleanUp.push(() => server.stop());
  return server;
}

const create = (server: TestServer, prompt: string) =>
  server.request('POST', '/v1/videos/generations', {
    json: { model: 'grok-imagine-text-to-video', prompt, duration: 1, resolution: '480p' },
  });

/** A filesystem of its own that is soon full; undefined where this user may not mount one. */
async function smallDisk(megabytes: number): Promise<string | undefined> {
  const path = await folder();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
  } catch {
    return undefined;
  }
  cleanUp.push(() => run('umount', ['-l', path]));
  return path;
}

test('a broken ffmpeg fails tasks with a reason; the server and what comes after it live on', async () => {
  const bin = await folder();
  const tools = await findMediaTools();
  if ('missing' in tools) throw new Error(tools.missing);
  const script = `#!/bin/sh\nif [ "$1" = -version ] && [ ! -e ${bin}/broken ]; then exec ${tools.ffmpeg} -version; fi\n[ -e ${bin}/broken ] && { echo "broken pipe dream" >&2; exit 1; }\nexec ${tools.ffmpeg} "$@"\n`;
  await writeFile(join(bin, 'ffmpeg'), script);
  await chmod(join(bin, 'ffmpeg'), 0o755);
  await symlink(tools.ffprobe, join(bin, 'ffprobe'));
  const server = await serve({ FFMPEG_PATH: bin });
  await writeFile(join(bin, 'broken'), '');
  const { body: created } = await create(server, 'a sea');
  expect(await server.ended(created.id)).toMatchObject({
    status: 'failed',
    error: { code: /generation_failed|provider_unavailable/ },
  });
  expect((await server.request('GET', '/readyz')).status).toBe(503);
  await rm(join(bin, 'broken'));
  const { body: second } = await create(server, 'a sea');
  expect(await server.ended(second.id)).toMatchObject({ status: 'completed' });
}, 60_000);

test('a full disk: uploads and accepts answer 503, tasks fail with storage_full, nothing accepted is lost', async (context) => {
  const disk = await smallDisk(24);
  if (disk === undefined) return context.skip('this user may not mount a small filesystem');
  const server = await serve({ REELAY_DATA_DIR: join(disk, 'data') });
  const { body: accepted } = await create(server, 'a sea [reelay:slow=1]');
  expect(await server.ended(accepted.id)).toMatchObject({ status: 'failed', error: { code: 'storage_full' } });
  const media = await folder();
  const { readFile } = await import('node:fs/promises');
  const file_data = (await readFile(await samplePicture(media, 'a.png'))).toString('base64');
  const upload = await server.request('POST', '/v1/files/upload/base64', { json: { file_data } });
  expect(upload).toMatchObject({
    status: 503,
    body: { error: { code: 'storage_full', type: 'service_unavailable_error' } },
  });

  const { body: before } = await create(server, 'a sea [reelay:stuck]');
  await run('dd', ['if=/dev/zero', `of=${disk}/filler`, 'bs=4096']).catch(() => undefined);
  const statuses: number[] = [];
  for (let i = 0; i < 40; i++)
    statuses.push((await create(server, `a sea ${'x'.repeat(3_900)} [reelay:stuck]`)).status);
  expect(statuses).toContain(503);
  expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
  await rm(join(disk, 'filler'));
  await expect.poll(async () => (await create(server, 'a sea [reelay:stuck]')).status, { timeout: 10_000 }).toBe(200);
  const { body: still } = await server.request('GET', `/v1/tasks/${before.id}`);
  expect(still).toMatchObject({ id: before.id, status: 'processing' });
  const { body: list } = await server.request('GET', '/v1/tasks?limit=100');
  expect(list.data.length).toBe(statuses.filter((status) => status === 200).length + 3);
}, 120_000);
