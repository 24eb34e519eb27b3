import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { testFolder } from '../../src/media/media.fixture.ts';
import { createS3Client, defaultS3Limits, type S3Limits } from '../../src/media/s3-client.ts';
import type { S3Settings } from '../../src/media/s3-settings.ts';
import { describeStorage } from '../../src/media/storage.contract.ts';
import { createS3Storage } from '../../src/media/storage-s3.ts';
import { type FaultProxy, type ServerFault, startFaultProxy } from '../../src/testing/fault-proxy.ts';
import { newBucket } from '../../src/testing/swift.ts';

function storageOn(settings: S3Settings, limits: Partial<S3Limits> = {}) {
  const storage = createS3Storage({ settings, limits, localFolder: tmpdir() });
  onTestFinished(() => storage.close());
  return storage;
}

function clientOn(settings: S3Settings) {
  const { s3, close } = createS3Client(settings, defaultS3Limits);
  onTestFinished(close);
  return s3;
}

/** A bucket behind a proxy that fails on demand. */
async function shakyBucket(): Promise<{ readonly settings: S3Settings; readonly proxy: FaultProxy }> {
  const proxy = await startFaultProxy(inject('s3Endpoint'));
  onTestFinished(() => proxy.close());
  const settings = await newBucket(inject('s3Endpoint'));
  return { settings: { ...settings, endpoint: proxy.url }, proxy };
}

const streamOf = (bytes: Uint8Array) => Readable.from([bytes], { objectMode: false });

const mebibyte = 1024 ** 2;

async function* chunks(count: number, failsAtEnd = false) {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(mebibyte, index);
  if (failsAtEnd) throw new Error('the sender went away');
}

describeStorage('S3', async () => storageOn(await newBucket(inject('s3Endpoint'))));

describe('files in a bucket', () => {
  it('of more than 64 MB go in parts and come back the same, a part in memory at a time', async () => {
    const settings = await newBucket(inject('s3Endpoint'));
    const storage = storageOn(settings);
    const path = join(await testFolder(), 'large');
    const file = await open(path, 'w');
    const hash = createHash('sha256');
    for (let index = 0; index < 81; index += 1) {
      const piece = randomBytes(mebibyte);
      hash.update(piece);
      await file.write(piece);
    }
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    await storage.put('large.mp4', { path }, { contentType: 'video/mp4' });
    clearInterval(watch);
    expect(await storage.stat('large.mp4')).toEqual({ sizeBytes: 81 * mebibyte });
    const read = createHash('sha256');
    for await (const chunk of (await storage.open('large.mp4')) ?? []) read.update(chunk);
    expect(read.digest('hex')).toBe(hash.digest('hex'));
    const middle = await storage.open('large.mp4', { start: 16 * mebibyte - 5, end: 16 * mebibyte + 4 });
    expect((middle && (await buffer(middle)))?.length).toBe(10);
    const { headers } = await clientOn(settings).getObjectRaw('large.mp4', false, 0, 1);
    expect(headers.get('content-type')).toBe('video/mp4');
    expect(most).toBeLessThan(64 * mebibyte);
  });

  it('leave no parts behind where the source of a large one fails', async () => {
    const settings = await newBucket(inject('s3Endpoint'));
    const storage = storageOn(settings);
    const source = Readable.from(chunks(40, true), { objectMode: false });
    await expect(storage.put('large.mp4', { stream: source })).rejects.toThrow('the sender went away');
    expect(await storage.stat('large.mp4')).toBeUndefined();
    expect(JSON.stringify(await clientOn(settings).listMultipartUploads())).not.toContain('large.mp4');
  });

  it('are copied into a folder once', async () => {
    const { settings, proxy } = await shakyBucket();
    const storage = storageOn(settings);
    await storage.put('a.mp4', { stream: streamOf(randomBytes(1_000)) });
    const folder = join(await testFolder(), 'copies');
    const path = await storage.materialise('a.mp4', folder);
    expect(await storage.materialise('a.mp4', folder)).toBe(path);
    expect(proxy.seen.filter((request) => request.startsWith('GET'))).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['a.mp4']);
  });
});

describe('a store that is not well', () => {
  const unavailable = { code: 'storage_unavailable', retryAfterSeconds: 30 };
  const limits = { silenceMs: 500 };

  it.each<[string, ServerFault, RegExp]>([
    ['answers 503', { kind: 'status', status: 503 }, /answers 503 \w+: it is overloaded or down/],
    ['says nothing', { kind: 'stall' }, /does not answer \(UND_ERR_HEADERS_TIMEOUT\)/],
    [
      'breaks the connection',
      { kind: 'cut-request', bytes: 1 },
      /does not answer \((UND_ERR_SOCKET|ECONNRESET|EPIPE)\)/,
    ],
  ])('%s: nothing is shown, what was there stays, and it works again afterwards', async (_, fault, reason) => {
    const { settings, proxy } = await shakyBucket();
    const storage = storageOn(settings, limits);
    await storage.put('a.mp4', { stream: streamOf(Buffer.from('before')) });
    proxy.fail(fault, (request) => request.startsWith('PUT'));
    const path = join(await testFolder(), 'file');
    await writeFile(path, randomBytes(3 * mebibyte));
    for (const key of ['a.mp4', 'b.mp4']) {
      await expect(storage.put(key, { path })).rejects.toMatchObject({
        ...unavailable,
        cause: { message: expect.stringMatching(reason) },
      });
    }
    await expect(storage.put('c.mp4', { stream: Readable.from(chunks(20)) })).rejects.toMatchObject(unavailable);
    proxy.fail(undefined);
    expect(await storage.stat('b.mp4')).toBeUndefined();
    expect(await storage.stat('c.mp4')).toBeUndefined();
    expect(await storage.stat('a.mp4')).toEqual({ sizeBytes: 6 });
    await storage.put('b.mp4', { path });
    expect(await storage.stat('b.mp4')).toEqual({ sizeBytes: 3 * mebibyte });
  });

  it.each(['stat', 'open', 'remove', 'materialise'] as const)(
    '%s tells of a fault, not of a missing file',
    async (method) => {
      const { settings, proxy } = await shakyBucket();
      const storage = storageOn(settings, limits);
      await storage.put('a.mp4', { stream: streamOf(Buffer.from('before')) });
      proxy.fail({ kind: 'status', status: 503 });
      const folder = await testFolder();
      const act = () => (method === 'materialise' ? storage.materialise('a.mp4', folder) : storage[method]('a.mp4'));
      await expect(act()).rejects.toMatchObject(unavailable);
      proxy.fail(undefined);
      expect(await storage.stat('a.mp4')).toEqual({ sizeBytes: 6 });
    },
  );

  it('breaks off in the middle of a file: the reader is told, and no half copy is kept', async () => {
    const { settings, proxy } = await shakyBucket();
    const storage = storageOn(settings, limits);
    await storage.put('a.mp4', { stream: streamOf(randomBytes(2 * mebibyte)) });
    proxy.fail({ kind: 'cut-answer', bytes: mebibyte });
    const stream = await storage.open('a.mp4');
    await expect(stream && buffer(stream)).rejects.toMatchObject(unavailable);
    const folder = await testFolder();
    await expect(storage.materialise('a.mp4', folder)).rejects.toMatchObject(unavailable);
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails once by chance: it is asked again', async () => {
    const { settings, proxy } = await shakyBucket();
    const storage = storageOn(settings, limits);
    let puts = 0;
    proxy.fail({ kind: 'lose-answer' }, (request) => {
      puts += request.startsWith('PUT') ? 1 : 0;
      return puts === 1;
    });
    await storage.put('a.mp4', { stream: streamOf(Buffer.from('content')) });
    expect(puts).toBe(2);
    expect(await storage.stat('a.mp4')).toEqual({ sizeBytes: 7 });
  });

  it('has lost the bucket: no file is taken for missing', async () => {
    const storage = storageOn({ ...(await newBucket(inject('s3Endpoint'))), bucket: 'nowhere' });
    const folder = await testFolder();
    for (const act of [
      () => storage.stat('a.mp4'),
      () => storage.open('a.mp4'),
      () => storage.remove('a.mp4'),
      () => storage.materialise('a.mp4', folder),
      () => storage.put('a.mp4', { stream: streamOf(Buffer.from('x')) }),
    ]) {
      await expect(act()).rejects.toMatchObject({
        ...unavailable,
        cause: {
          message: expect.stringMatching(
            /404 NoSuchBucket: there is no bucket nowhere: make it, or correct REELAY_S3_BUCKET/,
          ),
        },
      });
    }
  });
});

describe('the fault that is told', () => {
  it.each<[string, Partial<S3Settings>, RegExp | undefined]>([
    ['none', {}, undefined],
    [
      'a wrong secret',
      { secretAccessKey: 'wrong' },
      /403 SignatureDoesNotMatch: .*correct REELAY_S3_SECRET_ACCESS_KEY/,
    ],
    ['a wrong region', { region: 'mars-1' }, /not in the region mars-1: correct REELAY_S3_REGION/],
    ['a vanished bucket', { bucket: 'gone' }, /there is no bucket gone: make it, or correct REELAY_S3_BUCKET/],
    ['a wrong address', { endpoint: 'http://127.0.0.1:2' }, /does not answer \(ECONNREFUSED\): .*REELAY_S3_ENDPOINT/],
  ])('%s', async (_, wrong, told) => {
    const storage = storageOn({ ...(await newBucket(inject('s3Endpoint'))), ...wrong });
    const fault = await storage.fault();
    if (told === undefined) expect(fault).toBeUndefined();
    else expect(fault).toMatch(told);
    expect(fault ?? '').not.toContain('wrong');
  });
});
