import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Config } from '../config.ts';
import { createS3Storage } from '../media/storage-s3.ts';
import { type Finding, sentence } from './finding.ts';

/** Longest silence of a store that is only asked whether it works, in milliseconds. */
const silenceMs = 10_000;

/** Puts a small object, reads it back and removes it: what a server does, with the same key. */
export async function checkStorage({ s3, directLinks }: Config, offline: boolean): Promise<readonly Finding[]> {
  if (s3 === undefined) return [];
  const name = 'File storage';
  const where = `the bucket ${s3.bucket} at ${s3.endpoint}`;
  if (offline) return [{ name, state: 'ok', detail: `${where}, not asked` }];
  const storage = createS3Storage({ settings: s3, localFolder: '.', limits: { silenceMs } });
  const key = `doctor-${randomUUID()}`;
  try {
    await storage.put(key, { stream: Readable.from([Buffer.from(key)]) });
    const stored = await storage.stat(key);
    await storage.remove(key);
    if (stored?.sizeBytes !== key.length) throw new Error(`${where} does not give back what was put into it`);
    const links = directLinks ? 'links lead there' : 'files are served through this server';
    return [{ name, state: 'ok', detail: `${where} takes and gives files; ${links}` }];
  } catch (error) {
    // The store's own fault is the cause: what a client would hear names nothing.
    const { cause, message } = error as Error;
    const told = cause instanceof Error ? cause.message : message;
    const [detail = told, remedy] = told.split(/: (?=[^:]*$)/);
    return [{ name, state: 'broken', detail, ...(remedy !== undefined && { remedy: sentence(remedy) }) }];
  } finally {
    await storage.close();
  }
}
