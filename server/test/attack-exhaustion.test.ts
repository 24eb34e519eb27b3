import { mkdir, readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../src/testing/test-server.ts';

/** Attacks by those who send too much, too slowly, or what is no request at all. */

let server: TestServer;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = await startTestServer({ REELAY_MAX_UPLOAD_MB: '2' });
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});
afterAll(async () => {
  await server?.stop();
});

function open(text: string): { readonly socket: Socket; answer(): Promise<string> } {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  sockets.add(socket);
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.write(text);
  return {
    socket,
    answer: () =>
      new Promise((resolve) => {
        if (socket.closed) resolve(received);
        else socket.once('close', () => resolve(received));
      }),
  };
}

const boundary = 'b';

function form(name: string, content: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="a.png"\r\n\r\n${content}`;
}

function uploadHead(length: number): string {
  return [
    'POST /v1/files/upload/stream HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${server.key}`,
    `Content-Type: multipart/form-data; boundary=${boundary}`,
    `Content-Length: ${length}`,
    '\r\n',
  ].join('\r\n');
}

async function filesOnTheWay(): Promise<readonly string[]> {
  const folder = join(server.folder, 'temporary');
  await mkdir(folder, { recursive: true });
  return (await readdir(folder)).filter((name) => name.startsWith('upload-'));
}

/** One that works, to see that the server still does. */
async function uploadWorks(): Promise<void> {
  const body = new FormData();
  const picture = await (await fetch(`${server.url}/workbench/sample.jpg`)).bytes();
  body.set('file', new Blob([picture]), 'sample.jpg');
  expect((await server.request('POST', '/v1/files/upload/stream', { body })).status).toBe(200);
}

describe('uploads', () => {
  test('many slow ones: a key has a number of them at once, and leaves no file when they break', async () => {
    const slow = Array.from({ length: 16 }, () => open(uploadHead(1_000_000) + form('file', 'x'.repeat(1_000))));
    await expect.poll(async () => (await filesOnTheWay()).length).toBe(16);
    const body = new FormData();
    body.set('file', new Blob(['x']), 'a.png');
    const refused = await server.request('POST', '/v1/files/upload/stream', { body });
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'too_many_at_once' } } });
    expect(refused.headers.get('retry-after')).toBe('5');
    for (const { socket } of slow) socket.destroy();
    await expect.poll(async () => (await filesOnTheWay()).length).toBe(0);
    await uploadWorks();
  });

  test.each([
    ['too many parts', () => Array.from({ length: 500 }, (_, index) => form(`f${index}`, 'x')).join('\r\n')],
    [
      'too many fields',
      () =>
        Array.from(
          { length: 50 },
          (_, index) => `--b\r\nContent-Disposition: form-data; name="a${index}"\r\n\r\nx`,
        ).join('\r\n'),
    ],
    ['more bytes than are taken', () => form('file', 'x'.repeat(3 * 1024 ** 2))],
    ['a name that is a prototype', () => form('__proto__', 'x')],
    ['no end', () => form('file', 'x').slice(0, -1)],
    ['no boundary', () => 'x'.repeat(1_000)],
    ['no header', () => `--${boundary}\r\n\r\nx`],
  ])('with %s are refused, and leave nothing', async (_name, content) => {
    const text = `${content()}\r\n`;
    const { socket, answer } = open(uploadHead(text.length) + text);
    socket.once('data', () => socket.end());
    expect(await answer()).toMatch(/^HTTP\/1\.1 4(13|22) /);
    expect(await filesOnTheWay()).toEqual([]);
  });
});

describe('bodies', () => {
  const create = '/v1/videos/generations';

  test.each([
    ['deeper than any model', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`, 400],
    ['as deep as a stack', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 400],
    ['of a million fields', `{${Array.from({ length: 1_000_000 }, (_, index) => `"${index}":1`).join(',')}}`, 400],
    [
      'of many wrong fields',
      JSON.stringify({
        model: 'veo-3.1',
        ...Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, 1])),
      }),
      422,
    ],
    ['with a prototype', '{"model":"veo-3.1","__proto__":{"admin":true}}', 400],
    ['with a constructor', '{"model":"veo-3.1","constructor":{"prototype":{"admin":true}}}', 400],
  ])('%s are refused with a short answer', async (_name, body, status) => {
    const answer = await server.request('POST', create, { body, headers: { 'Content-Type': 'application/json' } });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body).length).toBeLessThan(20_000);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('longer than a route takes are refused before they are read', async () => {
    const head = `POST ${create} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\nContent-Type: application/json\r\n`;
    const { socket, answer } = open(`${head}Content-Length: 999999999999\r\n\r\n{`);
    socket.once('data', () => socket.end());
    expect(await answer()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('need a key before they are read', async () => {
    const { socket, answer } = open(`POST ${create} HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n{`);
    socket.once('data', () => socket.end());
    expect(await answer()).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('what is not one request', () => {
  const start = 'POST /v1/tasks/x/cancel HTTP/1.1\r\nHost: x\r\n';

  test.each([
    ['two lengths', `${start}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, 400],
    [
      'a length and chunks',
      `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/tasks HTTP/1.1\r\nHost: x\r\n\r\n`,
      400,
    ],
    [
      'chunks that are named twice',
      `${start}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a length that is no number', `${start}Content-Length: 1x\r\n\r\n{`, 400],
    ['a length below zero', `${start}Content-Length: -1\r\n\r\n`, 400],
    ['a chunk that is no number', `${start}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    [
      'a broken chunk after the last answer',
      `HEAD /files/${'x'.repeat(300)}/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
      '4..',
    ],
    ['a space before the colon', `${start}Content-Length : 5\r\n\r\nhello`, 400],
    ['a folded header', `${start}X-A: b\r\n c\r\n\r\n`, 400],
    ['a header without a colon', `${start}nonsense\r\n\r\n`, 400],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n', 400],
    ['a carriage return in a header', `${start}X-A: b\rc\r\n\r\n`, 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['another protocol', '\u0016\u0003\u0001\u0000\u00a5\u0001', 400],
    ['an address of 40,000 characters', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['headers of 40,000 characters', `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('%s is refused once, and the connection ended', async (_name, text, status) => {
    const answer = await open(text).answer();
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  });

  test('what comes in the midst of an answer ends it, and is not answered within it', async () => {
    const { socket, answer } = open(
      `GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key}\r\n\r\n`,
    );
    socket.once('data', () => socket.write('no request\r\n\r\n'));
    expect((await answer()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  test('several in one packet are answered in order', async () => {
    const { answer } = open(
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    expect((await answer()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  });
});

describe('an Idempotency-Key', () => {
  const json = { model: 'grok-imagine-text-to-video', prompt: 'a sea [reelay:fail]' };
  const ask = (key: string, body: object = json) =>
    server.request('POST', '/v1/videos/generations', {
      json: body as typeof json,
      headers: { 'Idempotency-Key': key },
    });

  test('too long, or of spaces, is refused', async () => {
    expect((await ask('x'.repeat(256))).status).toBe(422);
    expect((await ask('x'.repeat(255))).status).toBe(200);
  });

  test('of many at once makes one task, and of another body none', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('the same')));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await ask('the same', { ...json, prompt: 'other' })).status).toBe(409);
  });

  test('that looks like something else is only a text', async () => {
    for (const key of ['__proto__', "' or 1=1 --", '%00', '../x', '{}', 'é']) {
      expect((await ask(key)).status, key).toBe(200);
      expect((await ask(key)).headers.get('idempotent-replayed'), key).toBe('true');
    }
  });
});
