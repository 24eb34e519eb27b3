import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { ConfigError } from './errors.ts';

test('defaults are those of the documentation', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    localQuality: 'full',
    retentionMs: 30 * 86_400_000,
    maxUploadBytes: 200 * 1024 * 1024,
    trustProxy: false,
    corsOrigins: [],
    log: { level: 'info', showsPrompts: false },
    allowAddresses: [],
  });
  expect(config.dataFolder).toMatch(/\/data$/);
  expect(Object.isFrozen(config)).toBe(true);
});

test('a flag goes before the environment, an empty variable counts as unset', () => {
  expect(readConfig({ REELAY_PORT: '9000', REELAY_HOST: '' }, { port: '9001' })).toMatchObject({
    port: 9001,
    host: '127.0.0.1',
  });
});

test.each([
  [{ REELAY_PORT: '99999' }, /REELAY_PORT must be at most 65535, not "99999"/],
  [{ REELAY_PORT: 'http' }, /REELAY_PORT must be a whole number, not "http"/],
  [{ REELAY_LOCAL_QUALITY: 'best' }, /REELAY_LOCAL_QUALITY must be one of full, draft, not "best"/],
  [{ REELAY_API_KEY: 'short' }, /REELAY_API_KEY must have at least 20 characters$/],
  [{ REELAY_ALLOW_ADDRESSES: '10.0.0.0/99' }, /REELAY_ALLOW_ADDRESSES.*10\.0\.0\.0\/99/],
  [{ REELAY_TRUST_PROXY: 'yes' }, /REELAY_TRUST_PROXY must be true or false, not "yes"/],
  [{ DATABASE_URL: 'mysql://u:secret@host/x' }, /^DATABASE_URL must begin with postgres:\/\/$/],
  [{ REELAY_POLL_SECONDS: '0' }, /REELAY_POLL_SECONDS must be at least 1, not "0"/],
  [{ REELAY_PROVIDER_JOBS: 'xai' }, /REELAY_PROVIDER_JOBS must give each provider once, as NAME=NUMBER .*, not "xai"/],
  [{ REELAY_PROVIDER_JOBS: 'xai=0' }, /REELAY_PROVIDER_JOBS .*from 1 to 10000/],
  [{ REELAY_PROVIDER_JOBS: 'xai=10001' }, /REELAY_PROVIDER_JOBS .*from 1 to 10000/],
  [{ REELAY_PROVIDER_JOBS: 'xai=1.5' }, /REELAY_PROVIDER_JOBS/],
  [{ REELAY_PROVIDER_JOBS: 'xai=5,xai=6' }, /REELAY_PROVIDER_JOBS must give each provider once/],
  [
    { REELAY_S3_ENDPOINT: 'minio:9000' },
    /REELAY_S3_ENDPOINT must be an http:\/\/ or https:\/\/ address, not "minio:9000"/,
  ],
  [
    { REELAY_S3_ENDPOINT: 'http://minio:9000', REELAY_S3_BUCKET: 'files' },
    /: set REELAY_S3_REGION, REELAY_S3_ACCESS_KEY_ID, REELAY_S3_SECRET_ACCESS_KEY$/,
  ],
  [
    { REELAY_S3_DIRECT_LINKS: 'true' },
    /files in an object store need all of REELAY_S3_ENDPOINT, .*: set REELAY_S3_ENDPOINT/,
  ],
  [{ REELAY_S3_SECRET_ACCESS_KEY: 'two words' }, /^REELAY_S3_SECRET_ACCESS_KEY must have no spaces$/],
  [{ REELAY_CORS_ORIGINS: 'app.example.com' }, /REELAY_CORS_ORIGINS must list origins .*"app.example.com" is none/],
  [{ REELAY_CORS_ORIGINS: 'https://app.example.com/' }, /REELAY_CORS_ORIGINS .*"https:\/\/app.example.com\/" is none/],
  [{ REELAY_CORS_ORIGINS: 'https://a.example.com,*' }, /REELAY_CORS_ORIGINS .*"\*" is none/],
  [{ REELAY_CORS_ORIGINS: 'null' }, /REELAY_CORS_ORIGINS .*"null" is none/],
  [{ REELAY_PROVIDER_SUBMITS_PER_MINUTE: 'xai:5' }, /REELAY_PROVIDER_SUBMITS_PER_MINUTE .*not "xai:5"/],
])('%o names the variable and what it may be', (environment, message) => {
  expect(() => readConfig(environment)).toThrow(ConfigError);
  expect(() => readConfig(environment)).toThrow(message);
});

test('a part of a day is whole milliseconds, which is all that a database takes', () => {
  expect(readConfig({ REELAY_RETENTION_DAYS: '0.000011' }).retentionMs).toBe(951);
});

test('an object store is all of its settings or none', () => {
  expect(readConfig({})).not.toHaveProperty('s3');
  const { s3, directLinks } = readConfig({
    REELAY_S3_ENDPOINT: 'http://minio:9000/',
    REELAY_S3_REGION: 'us-east-1',
    REELAY_S3_BUCKET: 'files',
    REELAY_S3_ACCESS_KEY_ID: 'key',
    REELAY_S3_SECRET_ACCESS_KEY: 'secret',
  });
  const identity = { accessKeyId: 'key', secretAccessKey: 'secret' };
  expect(s3).toEqual({ endpoint: 'http://minio:9000', region: 'us-east-1', bucket: 'files', ...identity });
  expect(directLinks).toBe(false);
});

test('limits of providers are read by name', () => {
  const { providerLimits, pollMs } = readConfig({
    REELAY_PROVIDER_JOBS: 'xai=20, fal=50',
    REELAY_PROVIDER_SUBMITS_PER_MINUTE: 'xai=60',
    REELAY_POLL_SECONDS: '7',
  });
  expect([...providerLimits.jobs]).toEqual([
    ['xai', 20],
    ['fal', 50],
  ]);
  expect([...providerLimits.submitsPerMinute]).toEqual([['xai', 60]]);
  expect(pollMs).toBe(7_000);
  expect(readConfig({})).not.toHaveProperty('pollMs');
});
