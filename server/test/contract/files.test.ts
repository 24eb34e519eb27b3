import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { onPostgres } from '../../src/testing/databases.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
let files: FileServer;
let folder: string;
let clip: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-files-'));
  clip = await readFile(await sampleVideo(folder, 'clip.mp4', { seconds: 3 }));
  await samplePicture(folder, 'photo.png');
  files = await serveFiles(folder, {
    '/huge.mp4': (_request, response) => response.writeHead(200, { 'Content-Length': 5 * 1024 ** 3 }).write('x'),
  });
  server = await startTestServer({ REELAY_MAX_UPLOAD_MB: '2' });
});

afterAll(async () => {
  await server?.stop();
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

function form(parts: Readonly<Record<string, string | Blob>>, filename?: string): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(parts)) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, value, filename);
  }
  return data;
}

const upload = (body: FormData) => server.request('POST', '/v1/files/upload/stream', { body });

describe('an upload that is deleted', () => {
  const remove = (id: string) => server.request('DELETE', `/v1/files/${id}`);

  test('is gone with its link, once no task needs it any more', async () => {
    const photo = await readFile(join(folder, 'photo.png'));
    const { body: file } = await upload(form({ file: new Blob([new Uint8Array(photo)]) }, 'photo.png'));
    const json = { model: 'grok-imagine-image-to-video', prompt: 'fog [reelay:stuck]', image_url: file.url };
    const { body: task } = await server.request('POST', '/v1/videos/generations', { json });
    const inUse = await remove(file.id);
    expect([inUse.status, inUse.body.error.code]).toEqual([409, 'not_terminal']);
    expect(inUse.body.error.message).toContain(task.id);
    await server.request('POST', `/v1/tasks/${task.id}/cancel`);
    await server.ended(task.id);
    expect(await remove(file.id)).toMatchObject({ status: 200, body: { id: file.id, object: 'file', deleted: true } });
    expect((await fetch(file.url)).status).toBe(404);
    expect(await readdir(join(server.folder, 'files'), { recursive: true })).not.toContainEqual(
      expect.stringContaining(file.id),
    );
    expect((await remove(file.id)).status).toBe(404);
    const { body: late } = await server.request('POST', '/v1/videos/generations', { json });
    expect(await server.ended(late.id)).toMatchObject({ error: { code: 'input_unreachable' } });
  });

  test('stays beyond its time, and over a restart, while a task needs it', async () => {
    const environment = {
      REELAY_UPLOAD_RETENTION_DAYS: '0.00002',
      REELAY_DATA_DIR: await mkdtemp(join(folder, 'data-')),
    };
    let short = await startTestServer(environment);
    onTestFinished(() => short.stop());
    const photo = new Blob([new Uint8Array(await readFile(join(folder, 'photo.png')))]);
    const add = async () => {
      const body = form({ file: photo }, 'photo.png');
      return (await short.request('POST', '/v1/files/upload/stream', { body })).body;
    };
    const [needed, idle] = [await add(), await add()];
    const json = { model: 'grok-imagine-image-to-video', prompt: 'fog [reelay:stuck]', image_url: needed.url };
    const { body: task } = await short.request('POST', '/v1/videos/generations', { json });
    const status = async () => (await short.request('GET', `/v1/tasks/${task.id}`)).body.status;
    await expect.poll(status).toBe('processing');
    await pause(0.00002 * 86_400_000);
    await short.stop({ keepData: true });
    short = await startTestServer({ ...environment, REELAY_API_KEY: short.key });
    const stored = async () => (await readdir(join(short.folder, 'files'), { recursive: true })).join(' ');
    await expect.poll(stored).not.toContain(idle.id);
    expect(await stored()).toContain(needed.id);
    await short.request('POST', `/v1/tasks/${task.id}/cancel`);
    await short.ended(task.id);
    expect((await short.request('DELETE', `/v1/files/${needed.id}`)).status).toBe(200);
    expect(await stored()).not.toContain(needed.id);
  });

  test('is no result of a task: that one goes with its task', async () => {
    const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1 };
    const { body: task } = await server.request('POST', '/v1/videos/generations', { json });
    const { results } = await server.ended(task.id);
    const [, id = ''] = /files\/([^/]+)/.exec(results[0].url) ?? [];
    expect((await remove(id)).status).toBe(404);
    expect((await fetch(results[0].url)).status).toBe(200);
  });
});

describe('uploads', () => {
  test('stream: the file, then its name', async () => {
    const answer = await upload(
      form({ file: new Blob([new Uint8Array(clip)]), file_name: 'Mein Film.mov', auto_cleanup: 'true' }, 'blob.bin'),
    );
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^file-\d{10}-[a-z0-9]+$/),
      filename: 'Mein Film.mp4',
      url: expect.stringContaining('/files/file-'),
      size: clip.length,
      created: expect.any(Number),
    });
    const fetched = await fetch(answer.body.url);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(clip)).toBe(true);
    expect(fetched.headers.get('content-type')).toBe('video/mp4');
  });

  test('base64: plain and as a data URL', async () => {
    const photo = (await readFile(join(folder, 'photo.png'))).toString('base64');
    for (const data of [photo, `data:image/png;base64,${photo}`]) {
      const answer = await server.request('POST', '/v1/files/upload/base64', {
        json: { file_data: data, file_name: 'a.jpg' },
      });
      expect(answer).toMatchObject({ status: 200, body: { filename: 'a.png' } });
    }
  });

  test('url', async () => {
    const answer = await server.request('POST', '/v1/files/upload/url', { json: { url: `${files.url}/clip.mp4` } });
    expect(answer).toMatchObject({ status: 200, body: { filename: 'clip.mp4', size: clip.length } });
  });

  test('the link of an upload works as an input, whatever host it names, without a request to that host', async () => {
    const { body: file } = await upload(form({ file: new Blob([new Uint8Array(clip)]) }, 'clip.mp4'));
    const elsewhere = new URL(file.url);
    elsewhere.host = 'video.example.com';
    const json = { model: 'grok-imagine-edit-video', prompt: 'snow', video_url: elsewhere.href };
    const { body: created, status } = await server.request('POST', '/v1/videos/generations', { json });
    expect(status, JSON.stringify(created)).toBe(200);
    expect(await server.ended(created.id)).toMatchObject({ status: 'completed' });
  });

  test.each([
    ['no file', () => form({ file_name: 'x' }), 422, 'invalid_parameters', /file: is required/],
    [
      'another name for the file',
      () => form({ upload: new Blob(['x']) }),
      422,
      'invalid_parameters',
      /upload: is not the one file/,
    ],
    [
      'a page',
      () => form({ file: new Blob(['<html><body>hello</body></html>']) }, 'clip.mp4'),
      422,
      'invalid_file_type',
      /HTML/,
    ],
    ['an empty file', () => form({ file: new Blob([]) }, 'clip.mp4'), 422, /invalid_file_type|input_unreadable/, /./],
    [
      'half a clip',
      () => form({ file: new Blob([new Uint8Array(clip.subarray(0, clip.length / 2))]) }, 'clip.mp4'),
      422,
      'input_unreadable',
      /./,
    ],
    [
      'too large',
      () => form({ file: new Blob([new Uint8Array(3 * 1024 * 1024)]) }, 'clip.mp4'),
      413,
      'file_too_large',
      /2 MB/,
    ],
    [
      'an unknown field',
      () => form({ file: new Blob([new Uint8Array(clip)]), purpose: 'x' }, 'clip.mp4'),
      422,
      'invalid_parameters',
      /purpose/,
    ],
    [
      'a wrong flag',
      () => form({ file: new Blob([new Uint8Array(clip)]), auto_cleanup: 'maybe' }, 'clip.mp4'),
      422,
      'invalid_parameters',
      /auto_cleanup/,
    ],
  ])('stream with %s', async (_name, body, status, code, message) => {
    const answer = await upload(body());
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(answer.body.error.code).toMatch(code);
    expect(answer.body.error.message).toMatch(message);
  });

  test.each([
    ['base64', { file_data: '@@@@' }, 422, /./],
    ['base64', {}, 422, /file_data: is required/],
    ['base64', { file_data: 5 }, 422, /file_data: must be a string/],
    ['url', { url: 'http://169.254.169.254/latest' }, 422, /url: leads to the address 169.254.169.254/],
    ['url', { url: 'nonsense' }, 422, /url: is not a valid URL/],
    ['url', { url: '{files}/none.mp4' }, 422, /url: .*404/],
    ['url', { url: '{files}/huge.mp4' }, 413, /url: .*large/],
  ])('%s with %o', async (route, json, status, message) => {
    const filled = JSON.parse(JSON.stringify(json).replace('{files}', files.url));
    const answer = await server.request('POST', `/v1/files/upload/${route}`, { json: filled });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect(answer.body.error.message).toMatch(message);
  });

  test('JSON sent to the form route', async () => {
    const answer = await server.request('POST', '/v1/files/upload/stream', { json: { file: 'x' } });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_content_type' } } });
  });
});

describe('links', () => {
  let url: string;
  beforeAll(async () => {
    url = (await upload(form({ file: new Blob([new Uint8Array(clip)]) }, 'clip.mp4'))).body.url;
  });

  test('a file is inert and needs no key', async () => {
    const { headers, status } = await fetch(url);
    expect(status).toBe(200);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('content-disposition')).toBe('inline; filename="clip.mp4"');
  });

  test('HEAD tells the size without the bytes', async () => {
    const answer = await fetch(url, { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe(String(clip.length));
    expect(await answer.text()).toBe('');
  });

  test.each([
    ['bytes=0-9', 206, [0, 10]],
    ['bytes=10-', 206, [10, undefined]],
    ['bytes=-5', 206, [-5, undefined]],
    ['bytes=5-99999999', 206, [5, undefined]],
    ['bytes=99999999-', 416, undefined],
    ['bytes=9-3', 416, undefined],
    ['bytes=-0', 416, undefined],
    ['items=0-1', 200, [0, undefined]],
    ['bytes=0-1,5-6', 200, [0, undefined]],
  ] as const)('Range: %s', async (range, status, slice) => {
    const answer = await fetch(url, { headers: { Range: range } });
    expect(answer.status).toBe(status);
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (slice !== undefined) expect(bytes.equals(clip.subarray(...slice))).toBe(true);
    else expect(answer.headers.get('content-range')).toBe(`bytes */${clip.length}`);
  });

  test('an ETag saves the second transfer', async () => {
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    expect((await fetch(url, { headers: { 'If-Range': '"other"', Range: 'bytes=0-1' } })).status).toBe(200);
  });

  test.each([
    ['another file', (link: URL) => link.pathname.replace(/file-\d+/, 'file-1111111111'), undefined],
    ['another name', (link: URL) => link.pathname.replace('clip', 'clop'), undefined],
    ['a later expiry', undefined, 'expires'],
    ['another signature', undefined, 'signature'],
  ])('a link changed to %s is refused', async (_name, path, parameter) => {
    const link = new URL(url);
    if (path !== undefined) link.pathname = path(link);
    if (parameter !== undefined) link.searchParams.set(parameter, `${link.searchParams.get(parameter)}1`);
    const answer = await fetch(link);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'link_invalid' } });
  });

  test('no link, no file; nothing beside the files', async () => {
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
    expect((await fetch(`${server.url}/files/..%2f..%2freelay.sqlite/x?expires=1&signature=x`)).status).toBe(403);
  });

  test.skipIf(onPostgres)('nobody else on the machine may read the database', async () => {
    expect((await stat(join(server.folder, 'reelay.sqlite'))).mode & 0o077).toBe(0);
  });
});
