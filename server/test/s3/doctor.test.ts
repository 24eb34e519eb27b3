import { expect, inject, test } from 'vitest';
import { checkStorage } from '../../src/cli/doctor-storage.ts';
import { readConfig } from '../../src/config.ts';
import { createS3Client, defaultS3Limits } from '../../src/media/s3-client.ts';
import { newBucket } from '../../src/testing/swift.ts';

async function examined(wrong: Readonly<Record<string, string>> = {}, offline = false) {
  const settings = await newBucket(inject('s3Endpoint'));
  const config = readConfig({
    REELAY_S3_ENDPOINT: settings.endpoint,
    REELAY_S3_REGION: settings.region,
    REELAY_S3_BUCKET: settings.bucket,
    REELAY_S3_ACCESS_KEY_ID: settings.accessKeyId,
    REELAY_S3_SECRET_ACCESS_KEY: settings.secretAccessKey,
    ...wrong,
  });
  const findings = await checkStorage(config, offline);
  const { s3, close } = createS3Client(settings, defaultS3Limits);
  expect(await s3.listObjects()).toEqual([]);
  await close();
  return findings;
}

test('a bucket that works is found to, and left as it was', async () => {
  expect(await examined()).toEqual([
    {
      name: 'File storage',
      state: 'ok',
      detail: expect.stringMatching(/takes and gives files; files are served through/),
    },
  ]);
});

test.each([
  [
    { REELAY_S3_SECRET_ACCESS_KEY: 'not-it' },
    /answers 403 SignatureDoesNotMatch/,
    /^Correct REELAY_S3_SECRET_ACCESS_KEY/,
  ],
  [{ REELAY_S3_BUCKET: 'vanished' }, /answers 404 NoSuchBucket/, /^Make it, or correct REELAY_S3_BUCKET/],
  [{ REELAY_S3_ENDPOINT: 'http://127.0.0.1:2' }, /does not answer \(ECONNREFUSED\)/, /REELAY_S3_ENDPOINT/],
] as const)('%o is named with what mends it', async (wrong, detail, remedy) => {
  expect(await examined(wrong)).toEqual([
    {
      name: 'File storage',
      state: 'broken',
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(remedy),
    },
  ]);
});

test('nothing is asked offline, nor without a store', async () => {
  expect(await examined({ REELAY_S3_SECRET_ACCESS_KEY: 'not-it' }, true)).toMatchObject([{ state: 'ok' }]);
  expect(await checkStorage(readConfig({}), false)).toEqual([]);
});
