import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testFolder } from './media.fixture.ts';
import type { MediaStorage } from './storage.ts';

type Create = () => Promise<MediaStorage>;

const streamOf = (bytes: Buffer) => Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]);

async function read(storage: MediaStorage, key: string, range?: { start?: number; end?: number }) {
  const stream = await storage.open(key, range);
  return stream && buffer(stream);
}

function testWriting(create: Create): void {
  it('gives back what a stream and what a path put in', async () => {
    const storage = await create();
    const bytes = randomBytes(300_000);
    await storage.put('stream.mp4', { stream: streamOf(bytes) });
    const path = join(await testFolder(), 'source');
    await writeFile(path, bytes);
    await storage.put('path.mp4', { path });
    for (const key of ['stream.mp4', 'path.mp4']) {
      expect(await storage.stat(key)).toEqual({ sizeBytes: bytes.length });
      expect((await read(storage, key))?.equals(bytes)).toBe(true);
    }
  });

  it('replaces what was under the key', async () => {
    const storage = await create();
    await storage.put('a', { stream: streamOf(Buffer.from('the first content')) });
    await storage.put('a', { stream: streamOf(Buffer.from('the second')) });
    expect(String(await read(storage, 'a'))).toBe('the second');
  });

  it('keeps an empty file', async () => {
    const storage = await create();
    await storage.put('empty', { stream: Readable.from([]) });
    expect(await storage.stat('empty')).toEqual({ sizeBytes: 0 });
    expect((await read(storage, 'empty'))?.length).toBe(0);
  });

  it('shows nothing of a file whose stream failed, and keeps the one before', async () => {
    const storage = await create();
    await storage.put('a', { stream: Readable.from([Buffer.from('before')]) });
    const failing = async function* () {
      yield Buffer.alloc(100_000);
      throw new Error('the sender went away');
    };
    await expect(storage.put('a', { stream: Readable.from(failing()) })).rejects.toThrow('the sender went away');
    await expect(storage.put('b', { stream: Readable.from(failing()) })).rejects.toThrow('the sender went away');
    expect(String(await read(storage, 'a'))).toBe('before');
    expect(await storage.stat('b')).toBeUndefined();
  });

  it('takes many writers of one key; one of them wins whole', async () => {
    const storage = await create();
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000));
    await Promise.all(contents.map((text) => storage.put('a', { stream: Readable.from([Buffer.from(text)]) })));
    expect(contents).toContain(String(await read(storage, 'a')));
  });
}

function testFiles(create: Create): void {
  it('opens files, where it has any, to be read to the end even when they are removed', async () => {
    const storage = await create();
    await storage.put('a.bin', { stream: Readable.from([Buffer.from('0123456789')]) });
    const { openFile } = storage;
    if (openFile === undefined) return;
    const file = await openFile('a.bin');
    const room = Buffer.alloc(4);
    await storage.remove('a.bin');
    await file?.read(room, 0, 4, 3);
    expect(room.toString()).toBe('3456');
    await file?.close();
    expect(await openFile('a.bin')).toBeUndefined();
    expect(await openFile('missing')).toBeUndefined();
  });
}

function testReading(create: Create): void {
  it('reads ranges with both ends included, cut at the end of the file', async () => {
    const storage = await create();
    await storage.put('a.bin', { stream: Readable.from([Buffer.from('0123456789')]) });
    expect(String(await read(storage, 'a.bin', { start: 2, end: 4 }))).toBe('234');
    expect(String(await read(storage, 'a.bin', { start: 9 }))).toBe('9');
    expect(String(await read(storage, 'a.bin', { end: 0 }))).toBe('0');
    expect(String(await read(storage, 'a.bin', { start: 8, end: 100 }))).toBe('89');
    await expect(storage.open('a.bin', { start: 10 })).rejects.toThrow(RangeError);
    await expect(storage.open('a.bin', { start: 5, end: 4 })).rejects.toThrow(RangeError);
    await expect(storage.open('a.bin', { start: -1 })).rejects.toThrow(RangeError);
  });

  it('knows nothing of a key that was never put, or was removed', async () => {
    const storage = await create();
    await storage.put('gone', { stream: Readable.from([Buffer.from('x')]) });
    await storage.remove('gone');
    await storage.remove('gone');
    for (const key of ['gone', 'never']) {
      expect(await storage.stat(key)).toBeUndefined();
      expect(await storage.open(key)).toBeUndefined();
      expect(await storage.materialise(key, await testFolder())).toBeUndefined();
    }
  });

  it('gives a path on this machine', async () => {
    const storage = await create();
    await storage.put('a.txt', { stream: Readable.from([Buffer.from('content')]) });
    const folder = join(await testFolder(), 'job');
    await mkdir(folder);
    const path = await storage.materialise('a.txt', folder);
    expect(path && (await readFile(path, 'utf8'))).toBe('content');
  });

  it('takes plain names only', async () => {
    const storage = await create();
    const bad = [
      '',
      '.',
      '..',
      '../x',
      '/etc/passwd',
      'a/b',
      'a\\b',
      'a\0b',
      '.hidden',
      'a b',
      'a..b',
      'a.b.c',
      'é',
      'CON:',
    ];
    const strange = fc.oneof(
      fc.constantFrom(...bad),
      fc.constant('a'.repeat(300)),
      fc.webPath().map((path) => `/${path}`),
    );
    await fc.assert(
      fc.asyncProperty(strange, async (key) => {
        const stream = Readable.from([Buffer.from('x')]);
        for (const action of [
          () => storage.put(key, { stream }),
          () => storage.open(key),
          () => storage.stat(key),
          () => storage.materialise(key, '/nowhere'),
          () => storage.remove(key),
        ]) {
          await expect((async () => action())()).rejects.toThrow('not a storage key');
        }
      }),
      { numRuns: 40 },
    );
  });

  it('says how much is free, or that it cannot', async () => {
    const free = await (await create()).freeBytes();
    expect(free === undefined || free > 0).toBe(true);
  });
}

/** What every storage must do, however it does it. Call it in a test file of the storage. */
export function describeStorage(name: string, create: Create): void {
  describe(`${name} storage`, () => {
    testWriting(create);
    testReading(create);
    testFiles(create);
  });
}
