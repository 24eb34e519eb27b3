import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { createS3Client, defaultS3Limits } from '../../src/media/s3-client.ts';
import { newBucket } from '../../src/testing/swift.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const { services } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8'), { merge: true });
// Compose takes a doubled dollar for a plain one.
const [, ...words]: readonly string[] = services.bucket.entrypoint.map((word: string) => word.replaceAll('$$', '$'));

test('the bucket of compose.yaml is made once, found again, and refused to a wrong secret', async () => {
  const { bucket: taken, ...store } = await newBucket(inject('s3Endpoint'));
  const settings = { ...store, bucket: `${taken}-compose` };
  const run = (secret: string) =>
    promisify(execFile)(process.execPath, words, {
      cwd: root,
      env: {
        REELAY_S3_ENDPOINT: settings.endpoint,
        REELAY_S3_REGION: settings.region,
        REELAY_S3_BUCKET: settings.bucket,
        REELAY_S3_ACCESS_KEY_ID: settings.accessKeyId,
        REELAY_S3_SECRET_ACCESS_KEY: secret,
      },
    });
  await expect(run('wrong')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(settings.bucket) });
  await run(settings.secretAccessKey);
  await run(settings.secretAccessKey);
  const { s3, close } = createS3Client(settings, defaultS3Limits);
  expect(await s3.bucketExists()).toBe(true);
  await close();
});
