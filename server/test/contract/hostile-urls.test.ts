import { type AddressInfo, createServer, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/**
 * Hostile URLs through a whole server, which may fetch from the attacker's server on this machine and from nothing else of it.
 * The canary is what they want to reach. All spellings are with the guard itself, in `server/src/media/url-form.test.ts`.
 */

let server: TestServer;
let attacker: FileServer;
let canary: Server;
let connections = 0;
let port: number;

const redirects: Readonly<Record<string, () => string>> = {
  '/to-address': () => `http://127.0.0.1:${port}/`,
  '/to-name': () => `http://localhost:${port}/`,
  '/to-metadata': () => 'http://169.254.169.254/latest/meta-data/',
  '/to-file': () => 'file:///etc/passwd',
  '/to-data': () => 'data:image/png;base64,AAAA',
  '/to-login': () => 'http://user:password@127.0.0.1/',
  '/to-itself': () => '/to-itself',
};

const bodies: Readonly<Record<string, string | Buffer>> = {
  '/compressed.mp4': gzipSync(Buffer.alloc(50_000_000)),
  '/page.mp4': '<html>sign in</html>',
  '/playlist.mp4': '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n',
};

beforeAll(async () => {
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  port = (canary.address() as AddressInfo).port;
  attacker = await serveFiles('/nowhere', {
    ...Object.fromEntries(
      Object.entries(redirects).map(([path, location]) => [
        path,
        (_request, response) => response.writeHead(302, { Location: location() }).end(),
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(bodies).map(([path, body]) => [
        path,
        (_request, response) =>
          response.writeHead(200, path === '/compressed.mp4' ? { 'Content-Encoding': 'gzip' } : {}).end(body),
      ]),
    ),
    '/endless.mp4': (_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', write);
      };
      write();
    },
    '/short.mp4': (request, response) => {
      response.writeHead(200, { 'Content-Length': 1_000 }).write('x', () => request.socket.destroy());
    },
  });
  server = await startTestServer({
    REELAY_ALLOW_ADDRESSES: `127.0.0.1:${new URL(attacker.url).port}`,
    REELAY_MAX_UPLOAD_MB: '2',
  });
});

afterAll(async () => {
  await server?.stop();
  await attacker?.close();
  canary?.close();
});

const upload = (url: string) => server.request('POST', '/v1/files/upload/url', { json: { url } });
const create = (url: string) =>
  server.request('POST', '/v1/videos/generations', {
    json: { model: 'grok-imagine-edit-video', prompt: 'snow', video_url: url },
  });

describe('a URL into this machine or its network', () => {
  test.each([
    ...['http://127.0.0.1:{port}/', 'http://127.1:{port}/', 'http://2130706433:{port}/', 'http://0x7f.1:{port}/'],
    ...[
      'http://0177.0.0.1:{port}/',
      'http://①②⑦.0.0.1:{port}/',
      'http://127。0。0。1:{port}/',
      'http://%31%32%37.0.0.1:{port}/',
    ],
    ...['http://[::1]:{port}/', 'http://[::ffff:127.0.0.1]:{port}/', 'http://[::]:{port}/', 'http://0:{port}/'],
    ...[
      'http://localhost:{port}/',
      'http://a.localhost.:{port}/',
      'http:\\\\127.0.0.1:{port}\\',
      'http://127.0.0.1:{port}#@example.org/',
    ],
    ...['http://169.254.169.254/latest/meta-data/', 'http://metadata.google.internal/', 'http://[fd00:ec2::254]/'],
    ...['http://[64:ff9b::7f00:1]/', 'http://[2002:7f00:1::]/', 'http://100.64.0.1/', 'http://printer.local/'],
    ...[
      'file:///etc/passwd',
      'gopher://127.0.0.1:{port}/_x',
      'http://user@127.0.0.1:{port}/',
      'concat:/etc/passwd|/etc/passwd',
    ],
  ])('is refused before anything is done: %s', async (spelling) => {
    const url = spelling.replace('{port}', String(port));
    for (const { status, body } of [await upload(url), await create(url)]) {
      expect([status, body.error.details[0].message]).toEqual([422, expect.stringMatching(/./)]);
      expect(JSON.stringify(body)).toMatch(/blocked_address|invalid_url|invalid_parameters/);
    }
    expect(connections).toBe(0);
  });
});

describe('a server that answers', () => {
  test.each([
    ...[
      ['/to-address', 'blocked_address'],
      ['/to-name', 'blocked_address'],
      ['/to-metadata', 'blocked_address'],
      ['/to-file', 'invalid_url'],
      ['/to-data', 'invalid_url'],
      ['/to-login', 'invalid_url'],
      ['/to-itself', 'input_unreachable'],
    ],
    ...[
      ['/compressed.mp4', 'input_unreachable'],
      ['/endless.mp4', 'input_too_large'],
      ['/short.mp4', 'input_unreachable'],
      ['/page.mp4', 'input_not_media'],
      ['/playlist.mp4', 'input_not_media'],
    ],
  ])('%s ends the task with %s', async (path, code) => {
    const { status, body } = await create(`${attacker.url}${path}`);
    expect(status).toBe(200);
    expect((await server.ended(body.id)).error.code).toBe(code);
    const answer = await upload(`${attacker.url}${path}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(connections).toBe(0);
  });
});
