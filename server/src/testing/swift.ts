import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createS3Client, defaultS3Limits } from '../media/s3-client.ts';
import type { S3Settings } from '../media/s3-settings.ts';

/**
 * A real S3 server: OpenStack Swift from Debian's packages, on a free port of the loopback. Debian's own Python runs it,
 * whatever other one is on the path.
 */

const python = '/usr/bin/python3';
const program = fileURLToPath(new URL('swift-server.py', import.meta.url));

/** The one account that the server knows. */
const identity = { region: 'us-east-1', accessKeyId: 'test:tester', secretAccessKey: 'testing' };

export interface Swift {
  readonly endpoint: string;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export async function startSwift(): Promise<Swift> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-swift-'));
  const child = spawn(python, [program, folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  let faults = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    faults += text;
  });
  const ended = once(child, 'exit');
  const port = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => Number(line)),
    ended.then(([code]) => Promise.reject(new Error(`Swift ended with ${code}: ${faults}`))),
  ]);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async remove() {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let buckets = 0;

/** Makes an empty bucket; it goes with the server. */
export async function newBucket(endpoint: string): Promise<S3Settings> {
  buckets += 1;
  const settings = { ...identity, endpoint, bucket: `bucket-${process.pid}-${Date.now()}-${buckets}` };
  const { s3, close } = createS3Client(settings, defaultS3Limits);
  if (!(await s3.createBucket())) throw new Error(`the bucket ${settings.bucket} could not be made`);
  await close();
  return settings;
}
