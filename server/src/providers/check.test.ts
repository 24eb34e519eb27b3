import { describe, expect, onTestFinished, test } from 'vitest';
import type { Provider } from '../contract/index.ts';
import { type EmulatorAnswer, startEmulator } from '../testing/emulators/emulator.ts';
import { startFalEmulator } from '../testing/emulators/fal.ts';
import { startOpenaiEmulator } from '../testing/emulators/openai.ts';
import { startVertexEmulator } from '../testing/emulators/vertex.ts';
import { startXaiEmulator } from '../testing/emulators/xai.ts';
import { createProvider as fal } from './fal/provider.ts';
import { createProvider as openaiCompatible } from './openai-compatible/provider.ts';
import { createProvider as vertex } from './vertex/provider.ts';
import { createProvider as xai } from './xai/provider.ts';

const key = 'secret-key-of-ours';
const video = Buffer.from('video');
const settings = { submitTimeoutMs: 1_000, estimateMicros: () => 1, now: Date.now };

/** Each provider, given the origin of its upstream. */
const providers: Readonly<Record<string, (origin: string) => Provider>> = {
  xai: (origin) => xai({ ...settings, apiKey: key, baseUrl: `${origin}/v1` }),
  fal: (origin) => fal({ ...settings, key, queueUrl: origin, apiUrl: `${origin}/v1`, jwksUrl: origin }),
  vertex: (origin) =>
    vertex({
      ...settings,
      project: 'project-of-ours',
      location: 'us-central1',
      storageUri: 'gs://films/reelay',
      baseUrl: origin,
      gcsBaseUrl: origin,
      getToken: async () => key,
    }),
  'openai-compatible': (origin) => openaiCompatible({ ...settings, url: origin, key }),
};

const names = Object.keys(providers);

async function checkAt(name: string, origin: string) {
  const provider = providers[name]?.(origin);
  onTestFinished(() => provider?.close?.());
  return provider?.check?.();
}

/** An upstream that answers everything like this; what it was asked stays there to be looked at. */
async function upstreamOf(answer: EmulatorAnswer) {
  const upstream = await startEmulator({ 'GET /*path': () => answer, 'POST /*path': () => answer });
  onTestFinished(() => upstream.close());
  return upstream;
}

describe('the emulated vendor takes the key', () => {
  test.each([
    ['xai', () => startXaiEmulator({ key, video }), 'the key is accepted'],
    ['fal', () => startFalEmulator({ key, video }), 'the key is accepted'],
    ['vertex', () => startVertexEmulator({ token: key, video }), 'credentials found, gs://films/reelay can be read'],
    ['openai-compatible', () => startOpenaiEmulator({ key, video }), 'it lists'],
  ])('%s', async (name, start, detail) => {
    const emulator = await start();
    onTestFinished(() => emulator.close());
    expect(
      await checkAt(name, 'origin' in emulator ? emulator.origin : new URL(emulator.queueUrl).origin),
    ).toMatchObject({
      kind: 'usable',
      detail: expect.stringContaining(detail),
    });
    expect(emulator.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe.each(names)('%s', (name) => {
  test.each([401, 403])('a key that is refused with %i, in words that hold it not', async (status) => {
    const upstream = await upstreamOf({ status, json: { error: `wrong key ${key}` } });
    const check = await checkAt(name, upstream.origin);
    expect(check).toMatchObject({ kind: 'unusable', remedy: expect.stringMatching(/[A-Z_]{6,}|account the role/) });
    expect(JSON.stringify(check)).not.toContain(key);
    expect(upstream.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  test('an upstream that is down', async () => {
    expect(await checkAt(name, 'http://127.0.0.1:1')).toEqual({
      kind: 'unusable',
      problem: 'http://127.0.0.1:1 cannot be reached, or did not answer within 5 seconds',
      remedy: expect.stringMatching(/XAI_BASE_URL|FAL_API_URL|GCS_BASE_URL|OPENAI_COMPATIBLE_URL/),
    });
  });

  test('an upstream that is broken', async () => {
    const { origin } = await upstreamOf({ status: 502, body: '<html>' });
    expect(await checkAt(name, origin)).toMatchObject({ kind: 'unusable', problem: `${origin} answers 502` });
  });

  test('an upstream that asks for patience may be fine', async () => {
    const { origin } = await upstreamOf({ status: 429 });
    expect(await checkAt(name, origin)).toMatchObject({ kind: 'usable', detail: expect.stringContaining('429') });
  });
});

test('a key that xAI has disabled', async () => {
  const { origin } = await upstreamOf({ status: 200, json: { api_key_disabled: true } });
  expect(await checkAt('xai', origin)).toMatchObject({ kind: 'unusable', problem: 'the key is disabled' });
});

test('a bucket that is not there', async () => {
  const { origin } = await upstreamOf({ status: 404, json: {} });
  expect(await checkAt('vertex', origin)).toMatchObject({ problem: 'there is no bucket gs://films/reelay' });
});

test('no credentials of Google', async () => {
  const provider = vertex({
    ...settings,
    project: 'project-of-ours',
    location: 'us-central1',
    storageUri: 'gs://films/reelay',
    getToken: () => Promise.reject(new Error('none')),
  });
  onTestFinished(() => provider.close?.());
  expect(await provider.check?.()).toMatchObject({
    kind: 'unusable',
    remedy: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS'),
  });
});

test('an address that is no video server', async () => {
  const { origin } = await upstreamOf({ status: 200, body: '<html>' });
  expect(await checkAt('openai-compatible', origin)).toMatchObject({
    kind: 'unusable',
    remedy: expect.stringContaining('OPENAI_COMPATIBLE_URL'),
  });
});
