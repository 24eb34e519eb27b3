import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, truncate, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { testFolder } from '../media/media.fixture.ts';
import { pourFile } from './pour-file.ts';

/** More than two rooms, and no whole number of them. */
const bytes = randomBytes(2_700_001);

/** A server that pours the file, or the part of it that the path names. `poured` resolves once a request was seen to its end. */
async function serve() {
  const path = join(await testFolder(), 'file');
  await writeFile(path, bytes);
  const closed: FileHandle[] = [];
  const pourings: Promise<void>[] = [];
  const server = createServer((request, response) => {
    const pour = async () => {
      const [start = 0, end = bytes.length - 1] = (request.url ?? '/').slice(1).split('-').filter(Boolean).map(Number);
      const handle = await open(path);
      response.writeHead(200, { 'Content-Length': end - start + 1 });
      await pourFile({ handle, start, end }, response);
      closed.push(handle);
    };
    pourings.push(pour());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, path, closed, poured: () => Promise.all(pourings) };
}

async function ask(url: string): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return answer;
}

test('many at once get their own bytes, whole and in parts', async () => {
  const { url, closed, poured } = await serve();
  const wanted = [[], [0, 0], [1_048_575, 1_048_576], [5, 2_600_000], [2_700_000, 2_700_000]];
  const answers = [...wanted, ...wanted, ...wanted].map(async (range) => {
    const [start = 0, end = bytes.length - 1] = range;
    const given = await buffer(await ask(`${url}/${range.join('-')}`));
    return given.equals(bytes.subarray(start, end + 1));
  });
  expect(new Set(await Promise.all(answers))).toEqual(new Set([true]));
  await poured();
  expect(closed.map(({ fd }) => fd)).toEqual(closed.map(() => -1));
});

test('a client that goes leaves no open file, and its room to nobody', async () => {
  const { url, closed, poured } = await serve();
  const leaving = await ask(url);
  leaving.destroy();
  await poured();
  expect(closed.map(({ fd }) => fd)).toEqual([-1]);
  expect((await buffer(await ask(url))).equals(bytes)).toBe(true);
});

test('a file that lost its end breaks the connection', async () => {
  const { url, path, closed, poured } = await serve();
  await truncate(path, 300_000);
  await expect(buffer(await ask(url))).rejects.toThrow('aborted');
  await poured();
  expect(closed.map(({ fd }) => fd)).toEqual([-1]);
});
