import { afterEach, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import type { Provider } from '../contract/index.ts';
import { ConfigError } from '../errors.ts';
import { createProviders } from './registry.ts';

const made: Provider[] = [];

afterEach(() => Promise.all(made.splice(0).map((provider) => provider.close?.())));

const keys = {
  XAI_API_KEY: 'xai-key',
  FAL_KEY: 'fal-key',
  GOOGLE_CLOUD_PROJECT: 'project',
  VERTEX_STORAGE_URI: 'gs://bucket/folder',
  OPENAI_COMPATIBLE_URL: 'http://127.0.0.1:1',
};

function providersOf(environment: Readonly<Record<string, string>>): Readonly<Record<string, Provider>> {
  const config = readConfig(environment);
  const providers = createProviders({
    local: { quality: 'draft', concurrency: 1, ffmpegPath: 'ffmpeg' },
    vendors: config.vendors,
    order: config.providerOrder,
    limits: config.providerLimits,
    pollMs: config.pollMs,
    submitTimeoutMs: config.submitTimeoutMs,
    estimateMicros: () => 0,
    now: () => 0,
    log: () => undefined,
  });
  made.push(...providers);
  return Object.fromEntries(providers.map((provider) => [provider.name, provider]));
}

const roomOf = (providers: Readonly<Record<string, Provider>>) =>
  Object.fromEntries(Object.values(providers).map((provider) => [provider.name, provider.room()]));

test('each provider has its own limit of jobs, and the operator another', () => {
  const own = { xai: 20, fal: 1_000, vertex: 100, 'openai-compatible': 4, local: 2 };
  expect(roomOf(providersOf(keys))).toEqual(own);
  const limits = 'xai=50,fal=5,vertex=7,openai-compatible=1';
  expect(roomOf(providersOf({ ...keys, REELAY_PROVIDER_JOBS: limits }))).toEqual({
    xai: 50,
    fal: 5,
    vertex: 7,
    'openai-compatible': 1,
    local: 2,
  });
});

test('submissions per minute take room, too', () => {
  const { xai, fal } = providersOf({ ...keys, REELAY_PROVIDER_SUBMITS_PER_MINUTE: 'xai=3' });
  expect([xai?.room(), fal?.room()]).toEqual([3, 1_000]);
});

test.each([
  [{ REELAY_PROVIDER_JOBS: 'xia=3' }, /^REELAY_PROVIDER_JOBS names xia, but there are xai, fal, vertex, openai-comp/],
  [{ REELAY_PROVIDER_JOBS: 'local=3' }, /^REELAY_PROVIDER_JOBS names local, but REELAY_RENDER_CONCURRENCY limits/],
  [{ REELAY_PROVIDER_SUBMITS_PER_MINUTE: 'nobody=3' }, /^REELAY_PROVIDER_SUBMITS_PER_MINUTE names nobody, but there/],
  [{ REELAY_PROVIDERS: 'nobody' }, /^REELAY_PROVIDERS names nobody, but there are/],
  [{ REELAY_PROVIDERS: 'xai', XAI_API_KEY: '' }, /^REELAY_PROVIDERS names xai, but XAI_API_KEY is not set/],
  [{ GOOGLE_CLOUD_PROJECT: '' }, /^VERTEX_STORAGE_URI is set, but GOOGLE_CLOUD_PROJECT is not/],
])('%j is a fault that names the variable', (environment, message) => {
  expect(() => providersOf({ ...keys, ...environment })).toThrow(ConfigError);
  expect(() => providersOf({ ...keys, ...environment })).toThrow(message);
});

test('a limit of a provider that is off does no harm', () => {
  expect(Object.keys(providersOf({ REELAY_PROVIDER_JOBS: 'fal=3' }))).toEqual(['local']);
});
