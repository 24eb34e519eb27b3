import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ReelayError } from '../errors.ts';
import { testFolder } from './media.fixture.ts';
import { describeStorage } from './storage.contract.ts';
import { asStorageError } from './storage.ts';
import { createFileStorage } from './storage-fs.ts';

describeStorage('file', async () => createFileStorage(await testFolder()));

describe('files in a folder', () => {
  it('spread over folders, with nothing left beside them', async () => {
    const folder = await testFolder();
    const storage = await createFileStorage(folder);
    for (let index = 0; index < 40; index += 1) {
      await storage.put(`asset${index}.mp4`, { stream: Readable.from([Buffer.from('x')]) });
    }
    const shards = await readdir(join(folder, 'objects'));
    expect(shards.length).toBeGreaterThan(20);
    expect(shards.every((name) => /^[0-9a-f]{2}$/.test(name))).toBe(true);
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });

  it('are found again by another one on the same folder', async () => {
    const folder = await testFolder();
    await (await createFileStorage(folder)).put('a.mp4', { stream: Readable.from([Buffer.from('x')]) });
    expect(await (await createFileStorage(folder)).stat('a.mp4')).toEqual({ sizeBytes: 1 });
  });

  it.runIf(existsSync('/dev/shm'))('take a file from another filesystem', async () => {
    const storage = await createFileStorage(await testFolder());
    const elsewhere = await mkdtemp('/dev/shm/reelay-media-');
    onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
    const path = join(elsewhere, 'source');
    await writeFile(path, 'content');
    await storage.put('a.txt', { path });
    expect(await storage.stat('a.txt')).toEqual({ sizeBytes: 7 });
    expect(existsSync(path)).toBe(false);
  });

  it('lose what a crash left behind a day ago, and nothing younger', async () => {
    const folder = await testFolder();
    const incoming = join(folder, 'incoming');
    await mkdir(incoming);
    for (const name of ['old', 'young']) await writeFile(join(incoming, name), 'x');
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(incoming, 'old'), longAgo, longAgo);
    await createFileStorage(folder);
    expect(await readdir(incoming)).toEqual(['young']);
  });

  it.each(['ENOSPC', 'EDQUOT', 'EROFS'])('say %s as storage_full', (code) => {
    const fault = Object.assign(new Error('write failed'), { code });
    expect(asStorageError(fault)).toMatchObject({ code: 'storage_full', retryAfterSeconds: 60 });
    expect(asStorageError(fault)).toBeInstanceOf(ReelayError);
  });

  it('say of what vanished while it was stored that the storage is not there', async () => {
    const storage = await createFileStorage(await testFolder());
    const gone = storage.put('a.mp4', { path: join(await testFolder(), 'gone') }, { contentType: 'video/mp4' });
    await expect(gone).rejects.toMatchObject({ code: 'storage_unavailable', retryAfterSeconds: 60 });
  });

  it('leave other faults as they are', () => {
    const fault = Object.assign(new Error('denied'), { code: 'EACCES' });
    expect(asStorageError(fault)).toBe(fault);
  });
});
