import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RequestOptions, startTestServer, type TestServer } from '../src/testing/test-server.ts';

const page = 'https://app.example.com';
const second = 'http://127.0.0.1:3000';
const stranger = 'https://evil.example.com';

let open: TestServer;
let shut: TestServer;

beforeAll(async () => {
  [open, shut] = await Promise.all([startTestServer({ REELAY_CORS_ORIGINS: `${page}, ${second}` }), startTestServer()]);
});
afterAll(async () => {
  await Promise.all([open?.stop(), shut?.stop()]);
});

const from = (origin: string) => ({ headers: { Origin: origin } });
const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea [reelay:fail]' };

/** Answers of every kind: of each API, of files and documents, good and bad. */
const asked: readonly (readonly [name: string, method: string, path: string, options: RequestOptions])[] = [
  ['a task', 'POST', '/v1/videos/generations', { json }],
  ['a list', 'GET', '/v1/tasks', {}],
  ['a fault', 'POST', '/v1/videos/generations', { json: {} }],
  ['a wrong key', 'GET', '/api/ai/queue', { key: 'sk-wrong-wrong-wrong-wrong' }],
  ['no such route', 'GET', '/api/none', {}],
  ['no such file', 'GET', '/files/a/b?expires=1&signature=x', { key: null }],
  ['a document', 'GET', '/openapi.json', { key: null }],
  ['a page', 'GET', '/docs', { key: null }],
  ['a text', 'GET', '/llms.txt', { key: null }],
  ['health', 'GET', '/healthz', { key: null }],
];

describe('pages of other origins', () => {
  test.each(asked)('may read %s where they are listed', async (_name, method, path, options) => {
    for (const origin of [page, second]) {
      const { headers } = await open.request(method, path, { ...options, headers: { Origin: origin } });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toMatch(/X-Request-Id/);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')?.split(/, ?/)).toContain('Origin');
    }
  });

  test.each(asked)('may not read %s where they are not, and caches know it', async (_name, method, path, options) => {
    for (const origin of [stranger, 'null', `${page}.evil.example.com`, page.toUpperCase(), `${page}/`]) {
      const { headers } = await open.request(method, path, { ...options, headers: { Origin: origin } });
      expect(headers.get('access-control-allow-origin'), origin).toBeNull();
      expect(headers.get('vary')?.split(/, ?/)).toContain('Origin');
    }
  });

  test.each(asked)('are told nothing of %s where no setting says so', async (_name, method, path, options) => {
    const { headers } = await shut.request(method, path, { ...options, headers: { Origin: page } });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test('ask before they send a key, and need none for that', async () => {
    const headers = {
      Origin: page,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
    };
    const path = '/v1/videos/generations';
    const answer = await fetch(open.url + path, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(page);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/Authorization, .*Idempotency-Key/);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const refused = await fetch(open.url + path, { method: 'OPTIONS', headers: { ...headers, Origin: stranger } });
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect((await fetch(shut.url + path, { method: 'OPTIONS', headers })).status).toBe(401);
  });

  test('may listen to events', async () => {
    const gone = new AbortController();
    const headers = { Authorization: `Bearer ${open.key}`, Origin: page };
    const answer = await fetch(`${open.url}/api/events`, { headers, signal: gone.signal });
    expect(answer.headers.get('access-control-allow-origin')).toBe(page);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    gone.abort();
  });

  test('any of them, where the setting is a star; never with credentials', async () => {
    const every = await startTestServer({ REELAY_CORS_ORIGINS: '*' });
    try {
      const { headers } = await every.request('GET', '/v1/models', from(stranger));
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    } finally {
      await every.stop();
    }
  });
});

describe('every answer is inert', () => {
  test('of every documented route that can be read, and of what is not there', async () => {
    const { paths } = (await shut.request('GET', '/openapi.json', { key: null })).body;
    const routes = Object.entries<object>(paths).filter(([, operations]) => 'get' in operations);
    const addresses = [
      ...routes.map(([path]) => path.replaceAll(/\{\w+\}/g, 'none')),
      '/none',
      '/v1/none',
      '/api/none',
    ];
    for (const path of addresses.filter((one) => one !== '/api/events')) {
      for (const accept of ['*/*', 'text/html']) {
        const headers = { Authorization: `Bearer ${shut.key}`, Accept: accept };
        const answer = await fetch(shut.url + path, { headers, redirect: 'manual' });
        await answer.arrayBuffer();
        expect(answer.headers.get('set-cookie'), path).toBeNull();
        expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
        expect(answer.headers.get('referrer-policy'), path).toBe('no-referrer');
        expect(answer.headers.get('content-security-policy'), path).toMatch(
          /^default-src 'none'; .*frame-ancestors 'none'$/,
        );
      }
    }
  });

  test('an answer to what is no HTTP says nothing of the server', async () => {
    const { hostname, port } = new URL(shut.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nConnection: close\r\n/);
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ error: { code: 'invalid_http' } });
  });

  test('redirects lead to this server, whatever is asked', async () => {
    for (const path of [
      '/',
      '/?x=//evil.example.com',
      '/workbench/?next=https://evil.example.com',
      '/workbench/?//evil',
    ]) {
      const answer = await fetch(shut.url + path, { redirect: 'manual', headers: { Host: 'x' } });
      const location = answer.headers.get('location');
      if (location !== null) expect(new URL(location, shut.url + path).origin, path).toBe(shut.url);
    }
  });
});
