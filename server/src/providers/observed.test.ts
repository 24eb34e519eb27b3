import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { FindInput, Provider, ProviderCall, StatusOutcome, Telemetry, WebhookOutcome } from '../contract/index.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { observed } from './observed.ts';

const input = { attemptId: 'a' } as FindInput;

function observe(provider: Provider) {
  const calls: ProviderCall[] = [];
  const clock = { now: 0 };
  const nothing = () => undefined;
  const telemetry: Telemetry = {
    delivered: () => undefined,
    accepted: nothing,
    moved: nothing,
    settled: nothing,
    posted: nothing,
    rendered: nothing,
    addressRefused: nothing,
    webhookRefused: nothing,
    answered: nothing,
    databaseFailed: nothing,
    storageFailed: nothing,
    called: (call) => calls.push(call),
  };
  return {
    calls,
    clock,
    seen: observed(provider, { telemetry, log: pino({ level: 'silent' }), now: () => clock.now }),
  };
}

test('tells each call with its outcome and its time', async () => {
  const provider = createScriptedProvider({ name: 'vendor' });
  const { calls, clock, seen } = observe(provider);
  provider.script.start = async () => {
    clock.now += 1_500;
    return { kind: 'unknown', detail: 'the connection broke' };
  };
  await seen.start(input);
  await seen.find?.(input);
  await seen.cancel?.({ id: 'a' });
  expect(calls).toEqual([
    { provider: 'vendor', method: 'start', outcome: 'unknown', seconds: 1.5 },
    { provider: 'vendor', method: 'find', outcome: 'not-yet', seconds: 0 },
    { provider: 'vendor', method: 'cancel', outcome: 'told', seconds: 0 },
  ]);
});

test.each<[StatusOutcome, string]>([
  [{ kind: 'running', checkAfterMs: 1 }, 'running'],
  [{ kind: 'running', checkAfterMs: 1, unclear: 'limited' }, 'limited'],
  [{ kind: 'queued', checkAfterMs: 1, unclear: 'unanswered' }, 'unanswered'],
  [{ kind: 'lost' }, 'lost'],
])('a look that answers %j counts as %s', async (outcome, counted) => {
  const provider = createScriptedProvider();
  provider.script.status = async () => outcome;
  const { calls, seen } = observe(provider);
  expect(await seen.status({ id: 'a' })).toEqual(outcome);
  expect(calls).toMatchObject([{ method: 'status', outcome: counted }]);
});

test.each<WebhookOutcome>([{ kind: 'news' }, { kind: 'refused', cause: 'signature', reason: 'forged' }])(
  'a webhook that is worth %j counts as that',
  async (outcome) => {
    const { calls, seen } = observe({ ...createScriptedProvider(), webhook: async () => outcome });
    expect(await seen.webhook?.({ attemptId: 'a', headers: {}, body: new Uint8Array() })).toEqual(outcome);
    expect(calls).toMatchObject([{ method: 'webhook', outcome: outcome.kind }]);
  },
);

test('a call that throws counts as an error and throws on', async () => {
  const provider = createScriptedProvider();
  provider.script.status = async () => {
    throw new Error('a defect');
  };
  const { calls, seen } = observe(provider);
  await expect(seen.status({ id: 'a' })).rejects.toThrow('a defect');
  expect(calls).toMatchObject([{ method: 'status', outcome: 'error' }]);
});

test('what a provider cannot do, it cannot do when observed; what is new passes through', () => {
  const { find: _find, cancel: _cancel, ...plain } = createScriptedProvider();
  const discovery = { list: async () => [], describe: () => ({}) } as unknown as NonNullable<Provider['discovery']>;
  const { seen } = observe({ ...plain, discovery });
  for (const ability of ['find', 'cancel', 'webhook', 'download', 'estimateMicros'] as const) {
    expect(seen).not.toHaveProperty(ability);
  }
  expect(seen.discovery).toBe(discovery);
});
