import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server?.stop();
});

/** Paths that fetch would mend before sending them. */
async function raw(path: string): Promise<{ readonly status: number; readonly body: string }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return { status: Number(text.split(' ')[1]), body: text.slice(text.indexOf('\r\n\r\n') + 4) };
}

const shapes = {
  foxapi: { error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } },
  oxen: { error: { type: expect.any(String), title: expect.any(String) }, status: 'error' },
  none: { error: { code: expect.any(String), message: expect.any(String), remedy: expect.any(String) } },
};

test.each([
  ['foxapi', '/v1/%zz', 404],
  ['foxapi', `/v1/tasks/${'x'.repeat(300)}`, 404],
  ['foxapi', '/v1/no-such-route', 404],
  ['oxen', '/api/%zz', 404],
  ['oxen', `/api/ai/queue/${'x'.repeat(300)}`, 404],
  ['oxen', '/api/no-such-route', 404],
  ['none', '/%zz', 404],
  ['none', '/nothing', 404],
  ['none', '/files/x', 404],
] as const)('%s answers %s in its own envelope', async (api, path, status) => {
  const answer = await raw(path);
  expect(answer.status, answer.body).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject(shapes[api]);
});

test('every answer names its request', async () => {
  expect((await server.request('GET', '/v1/models')).headers.get('x-request-id')).toMatch(/^req-/);
});

test('health', async () => {
  expect(await server.request('GET', '/healthz', { key: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await server.request('GET', '/readyz', { key: null })).toMatchObject({
    status: 200,
    body: { status: 'ready', database: 'ok', storage: 'ok', ffmpeg: 'ok' },
  });
});
