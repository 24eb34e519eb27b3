import { existsSync } from 'node:fs';
import { readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, expect, onTestFinished } from 'vitest';
import { testFolder } from './media.fixture.ts';
import { type OpenFile, OpenFiles } from './open-files.ts';

/** Where a system lists what a process has open. */
const openFolder = '/proc/self/fd';
const test = base.runIf(existsSync(openFolder));

/** Longer than any test. */
const longMs = 3_600_000;

async function openFiles(keptMs: number) {
  const folder = await testFolder();
  const files = new OpenFiles((key) => join(folder, key), keptMs);
  onTestFinished(() => files.close());
  /** How many files of the folder this process has open. */
  const opened = async () => {
    const links = (await readdir(openFolder)).map((fd) => readlink(join(openFolder, fd)).catch(() => ''));
    return (await Promise.all(links)).filter((path) => path.startsWith(folder)).length;
  };
  return { files, opened, write: (text: string) => writeFile(join(folder, 'a'), text) };
}

async function read(file: OpenFile, position = 0): Promise<string> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(10), 0, 10, position);
  return buffer.toString('latin1', 0, bytesRead);
}

test('many who come at once read one open file, and the next one finds it open', async () => {
  const { files, opened, write } = await openFiles(longMs);
  await write('0123456789');
  const readers = await Promise.all(Array.from({ length: 5 }, () => files.open('a')));
  expect(await Promise.all(readers.map((file, index) => read(file, index)))).toContain('456789');
  await Promise.all(readers.map((file) => file.close()));
  expect(await opened()).toBe(1);
  const next = await files.open('a');
  expect(await opened()).toBe(1);
  await next.close();
  await files.close();
  expect(await opened()).toBe(0);
});

test('who reads what is forgotten goes on, and the last one closes it', async () => {
  const { files, opened, write } = await openFiles(longMs);
  await write('before');
  const [first, second] = [await files.open('a'), await files.open('a')];
  await files.forget('a');
  await first.close();
  expect(await read(second)).toBe('before');
  await second.close();
  expect(await opened()).toBe(0);
});

test('what nobody reads any more is closed after a while', async () => {
  const { files, opened, write } = await openFiles(1);
  await write('bytes');
  await (await files.open('a')).close();
  await expect.poll(opened).toBe(0);
});
