import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { installationSecret } from '../../src/database/secret.ts';
import { createLinks } from '../../src/media/links.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { samplePicture } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';
import { sendRaw } from '../fuzz/raw-client.ts';

/** Attacks on signed links by those who hold one, or none. */

const dayMs = 24 * 3_600_000;

let server: TestServer;
let picture: Buffer;
let link: URL;
let other: URL;
let secret: string;

beforeAll(async () => {
  server = await startTestServer();
  picture = await readFile(await samplePicture(server.folder, 'photo.png', { width: 32, height: 32 }));
  [link, other] = [await upload('photo.png'), await upload('photo.png')];
  const beside = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
  secret = await installationSecret(beside.db, 'link-secret');
  await beside.close();
});
afterAll(async () => {
  await server?.stop();
});

async function upload(name: string): Promise<URL> {
  const json = { file_data: picture.toString('base64'), file_name: name };
  return new URL((await server.request('POST', '/v1/files/upload/base64', { json })).body.url);
}

/** Sent as it is: other clients mend a path before they send it. */
async function refused(target: string, { method = 'GET', range }: { method?: string; range?: string } = {}) {
  const headers = range === undefined ? [] : [['Range', range] as const];
  const answer = await sendRaw(new URL(server.url), { method, target, headers, body: Buffer.alloc(0) });
  expect(answer?.status, target).toBeOneOf([400, 403, 404]);
  expect(answer?.body, target).not.toContain('IHDR');
  expect(answer?.headers, target).not.toHaveProperty('accept-ranges');
}

test('as it was given it leads to the file', async () => {
  expect(Buffer.from(await (await fetch(link)).arrayBuffer()).equals(picture)).toBe(true);
});

test('every character changed, in several ways', { timeout: 120_000 }, async () => {
  const text = link.pathname + link.search;
  for (let at = '/files/'.length; at < text.length; at++) {
    const character = text.charCodeAt(at);
    for (const bit of [1, 2, 32]) {
      const changed = String.fromCharCode(character ^ bit);
      // Such a character would end the address, or the request's first line.
      if (/[\s\u007f-\uffff]/.test(changed) || changed < ' ') continue;
      await refused(text.slice(0, at) + changed + text.slice(at + 1));
    }
    await refused(text.slice(0, at) + text.slice(at + 1));
  }
});

describe('refused is', () => {
  test.each<[string, () => string]>([
    ['the signature of another file', () => link.pathname + other.search],
    ['the file of another signature', () => other.pathname + link.search],
    ['another name', () => link.pathname.replace('photo.png', 'photo.html') + link.search],
    [
      'a later end',
      () => link.pathname + link.search.replace(/expires=(\d+)/, (_all, end) => `expires=${Number(end) + 3_600}`),
    ],
    ['an end of all times', () => link.pathname + link.search.replace(/expires=\d+/, 'expires=999999999999')],
    ['the end written otherwise', () => link.pathname + link.search.replace('expires=', 'expires=%2B')],
    ['the end with a zero before it', () => link.pathname + link.search.replace('expires=', 'expires=0')],
    ['the end twice', () => `${link.pathname}${link.search}&expires=999999999999`],
    ['the signature twice', () => `${link.pathname}${link.search}&signature=x`],
    [
      'the signature in capitals',
      () =>
        link.pathname +
        link.search.replace(/signature=.*/, (part) => part.toUpperCase().replace('SIGNATURE', 'signature')),
    ],
    [
      'the signature in the other alphabet',
      () => link.pathname + link.search.replace(/signature=.*/, (part) => `signature=%2B${part.slice(11)}`),
    ],
    ['the signature with padding', () => `${link.pathname}${link.search}=`],
    ['no signature', () => link.pathname + link.search.replace(/&signature=.*/, '')],
    ['an empty signature', () => link.pathname + link.search.replace(/signature=.*/, 'signature=')],
    ['no query', () => link.pathname],
    ['the id in another spelling', () => link.pathname.replace('/files/f', '/files/%66') + link.search],
    ['a path through it', () => link.pathname.replace('/files/', '/files/x/../') + link.search],
    ['a path beyond it', () => `${link.pathname}/..${link.search}`],
    ['two slashes', () => link.pathname.replace('/files/', '//files/') + link.search],
    ['another file of the data folder', () => `/files/..%2f..%2freelay.sqlite/x${link.search}`],
  ])('%s', async (_name, path) => {
    await refused(path());
    await refused(path(), { range: 'bytes=12-15' });
    await refused(path(), { method: 'HEAD' });
  });

  test('a link whose time is over, and one of another installation', async () => {
    const [, id = '', filename = ''] = /\/files\/([^/]+)\/(.+)$/.exec(link.pathname) ?? [];
    const asset = { id, filename, expiresAt: Date.now() + 30 * dayMs };
    const at = (time: number, of = secret) =>
      new URL(createLinks({ secret: of, publicUrl: () => server.url, now: () => time }).sign(asset));
    const fresh = at(Date.now());
    expect((await fetch(fresh)).status).toBe(200);
    for (const old of [at(Date.now() - 2 * dayMs), at(Date.now(), 'guessed')]) await refused(old.pathname + old.search);
  });

  test('any other method than reading', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      await refused(link.pathname + link.search, { method });
  });
});

test('the order of the query does not matter, and the file is the same', async () => {
  const expires = link.searchParams.get('expires');
  const signature = link.searchParams.get('signature');
  const answer = await fetch(`${server.url}${link.pathname}?signature=${signature}&expires=${expires}`);
  expect(Buffer.from(await answer.arrayBuffer()).equals(picture)).toBe(true);
});

test('a name that would say more to a header or a browser says nothing', async () => {
  const hostile = await upload('a"; filename=b.html\r\nSet-Cookie: x=1; <script>alert(1)</script>.png');
  const answer = await fetch(hostile);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('set-cookie')).toBeNull();
  expect(answer.headers.get('content-type')).toBe('image/png');
  expect(answer.headers.get('content-disposition')).toMatch(/^inline; filename="[^"\\<>\r\n]+\.png"$/);
  expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
});

test.each([
  ['a page', '<!doctype html><script>alert(1)</script>'],
  ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['a script', 'alert(document.cookie)'],
  ['a document', '%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj'],
  ['a style', 'body { background: url(//evil.example.com) }'],
  [
    'a document of markup',
    '<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></x>',
  ],
])('%s is not taken in as a file, whatever it is called', async (_name, text) => {
  for (const name of ['x.png', 'x.html', 'x.mp4']) {
    const json = { file_data: Buffer.from(text).toString('base64'), file_name: name };
    const { status, body } = await server.request('POST', '/v1/files/upload/base64', { json });
    expect(status).toBe(422);
    expect(body.error.code).toMatch(/invalid_file_type|input_unreadable/);
  }
});

test('a picture with a page behind it is handed out as a picture', async () => {
  const polyglot = Buffer.concat([picture, Buffer.from('<html><script>alert(1)</script></html>')]);
  const json = { file_data: polyglot.toString('base64'), file_name: 'x.html' };
  const { status, body } = await server.request('POST', '/v1/files/upload/base64', { json });
  if (status !== 200) return expect(status).toBe(422);
  const answer = await fetch(body.url);
  expect(body.filename).toBe('x.png');
  expect(answer.headers.get('content-type')).toBe('image/png');
  expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
});
