import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAnswersInert } from './browser-rules.ts';
import { answerErrors } from './error-answers.ts';
import { registerWorkbench } from './workbench.ts';

let root: string;
let app: FastifyInstance;

const script = `export const page = ${JSON.stringify('x'.repeat(5_000))};\n`;
const html = '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__"></script>';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'reelay-page-'));
  const folder = join(root, 'page');
  await mkdir(join(folder, 'assets', 'deep'), { recursive: true });
  await Promise.all([
    writeFile(join(root, 'secret.json'), '{"secret":true}'),
    writeFile(join(root, 'sample.jpg'), 'jpeg'),
    writeFile(join(folder, 'index.html'), html),
    writeFile(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    writeFile(join(folder, 'assets', 'index-Ab_1.js'), script),
    writeFile(join(folder, 'assets', 'index-Ab_1.css'), 'body{}'),
    writeFile(join(folder, 'assets', 'server.ts'), 'const hidden = true;'),
    writeFile(join(folder, 'assets', '.env'), 'SECRET=1'),
    writeFile(join(folder, 'assets', 'deep', 'a.js'), ''),
  ]);
  app = fastify();
  makeAnswersInert(app);
  answerErrors(app);
  registerWorkbench(app, {
    folder,
    samplePicture: join(root, 'sample.jpg'),
    publicUrl: () => 'https://video.example.org/reelay',
  });
});

afterAll(async () => {
  await app?.close();
  await rm(root, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers });

describe('the page', () => {
  test('has a policy with a nonce of its own each time', async () => {
    const [first, second] = [await get('/workbench?model=x'), await get('/workbench')];
    expect(first.statusCode).toBe(200);
    expect(first.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = String(first.headers['content-security-policy']);
    const [, nonce = ''] = /'nonce-([\w-]{24})'/.exec(policy) ?? [];
    expect(first.body).toBe(html.replaceAll('__CSP_NONCE__', nonce));
    expect(policy).toContain("default-src 'none'; script-src 'self'; ");
    expect(policy).toContain("img-src 'self' blob: data: https://video.example.org;");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(second.headers['content-security-policy']).not.toBe(policy);
    for (const answer of [first, second]) expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  test('the bare address leads to it', async () => {
    expect(await get('/')).toMatchObject({ statusCode: 302, headers: { location: 'workbench' } });
  });

  test('a slash at the end leads to it', async () => {
    const answer = await get('/workbench/?model=x');
    expect(answer).toMatchObject({ statusCode: 308, headers: { location: '../workbench?model=x' } });
  });

  test('where it was not built, it says so', async () => {
    const bare = fastify();
    registerWorkbench(bare, { folder: join(root, 'none'), samplePicture: '', publicUrl: () => 'http://127.0.0.1:1' });
    const answer = await bare.inject('/workbench');
    expect(answer).toMatchObject({ statusCode: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(answer.body).toContain('was not built');
    await bare.close();
  });
});

describe('files', () => {
  test.each([
    ['/workbench/assets/index-Ab_1.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/workbench/assets/index-Ab_1.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/workbench/favicon.svg', 'image/svg+xml', 'no-cache'],
    ['/workbench/sample.jpg', 'image/jpeg', 'public, max-age=86400'],
  ])('%s', async (url, type, cacheControl) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'cache-control': cacheControl,
      'x-content-type-options': 'nosniff',
    });
    const again = await get(url, { 'if-none-match': String(answer.headers.etag) });
    expect(again).toMatchObject({ statusCode: 304, body: '' });
    const head = await app.inject({ method: 'HEAD', url });
    expect(head).toMatchObject({ statusCode: 200, body: '', headers: { 'content-type': type } });
    expect(head.headers['content-length']).toBe(String(answer.rawPayload.length));
  });

  test('are compressed for those who take it', async () => {
    const url = '/workbench/assets/index-Ab_1.js';
    for (const accepted of ['gzip, deflate, br', 'br;q=1, gzip;q=0.5', '*']) {
      const answer = await get(url, { 'accept-encoding': accepted });
      expect(answer.headers, accepted).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
      expect(gunzipSync(answer.rawPayload).toString()).toBe(script);
    }
    for (const accepted of ['identity', 'br', 'gzip;q=0', 'gzip;q=0.0', '']) {
      expect((await get(url, { 'accept-encoding': accepted })).body, accepted).toBe(script);
    }
  });

  test('a file that was built anew is read anew', async () => {
    const path = join(root, 'page', 'later.json');
    await writeFile(path, '1');
    expect((await get('/workbench/later.json')).body).toBe('1');
    await writeFile(path, '22');
    expect((await get('/workbench/later.json')).body).toBe('22');
    await rm(path);
    expect((await get('/workbench/later.json')).statusCode).toBe(404);
  });

  test.each([
    '/workbench/index.html',
    '/workbench/assets/../secret.json',
    '/workbench/assets/..%2f..%2fsecret.json',
    '/workbench/..%2fsecret.json',
    '/workbench/%2e%2e%2fsecret.json',
    '/workbench/..%5csecret.json',
    '/workbench/assets/%2e%2e/%2e%2e/secret.json',
    '/workbench/assets/....%2f%2fsecret.json',
    '/workbench/assets/index-Ab_1.js%00.css',
    '/workbench/assets/index-Ab_1.js/',
    '/workbench/assets/deep',
    '/workbench/assets/deep%2fa.js',
    '/workbench/assets/deep/a.js',
    '/workbench/assets/.env',
    '/workbench/assets/server.ts',
    '/workbench/assets/',
    '/workbench/assets',
    '/workbench/assets/none.js',
    `/workbench/assets/${'a'.repeat(90)}.js`,
  ])('%s is not there', async (url) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toMatch(/"secret":true|const hidden|SECRET=/);
  });

  test.each(['POST', 'PUT', 'DELETE'] as const)('%s does nothing', async (method) => {
    expect((await app.inject({ method, url: '/workbench/favicon.svg' })).statusCode).toBe(404);
  });
});
