import { expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

test('defaults are those of the documentation', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    localQuality: 'full',
    retentionMs: 30 * 86_400_000,
    maxUploadBytes: 200 * 1024 * 1024,
    trustProxy: false,
    logLevel: 'info',
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
  [{ REELAY_PORT: '99999' }, /REELAY_PORT must be <= 65535, not "99999"/],
  [{ REELAY_PORT: 'http' }, /REELAY_PORT must be integer, not "http"/],
  [{ REELAY_LOCAL_QUALITY: 'best' }, /REELAY_LOCAL_QUALITY must be one of full, draft, not "best"/],
  [{ REELAY_API_KEY: 'short' }, /REELAY_API_KEY must NOT have fewer than 20 characters$/],
  [{ REELAY_ALLOW_ADDRESSES: '10.0.0.0/99' }, /REELAY_ALLOW_ADDRESSES.*10\.0\.0\.0\/99/],
])('%o names the variable and what it may be', (environment, message) => {
  expect(() => readConfig(environment)).toThrow(ConfigError);
  expect(() => readConfig(environment)).toThrow(message);
});
