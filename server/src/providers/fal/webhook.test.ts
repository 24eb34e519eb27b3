import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { loadCatalogue } from '../../catalogue/catalogue.ts';
import type { FindInput, WebhookDelivery, WebhookOutcome } from '../../contract/index.ts';
import { type FalDelivery, type FalEmulator, signedDelivery, startFalEmulator } from '../../testing/emulators/fal.ts';
import { createProvider, type FalSettings } from './provider.ts';

const key = 'fal-secret-key:0123456789';
const catalogue = await loadCatalogue();

function startInput(attemptId: string, webhookUrl?: string): FindInput {
  const model = catalogue.model('grok-imagine-text-to-video');
  if (model === undefined) throw new Error('no model');
  return {
    attemptId,
    taskId: 'task-1',
    model,
    request: { prompt: `a calm sea for ${attemptId}`, inputs: [], options: {}, operation: 'text-to-video' },
    inputs: [],
    workFolder: '/nonexistent',
    deadline: Number.MAX_SAFE_INTEGER,
    createdAt: Date.now(),
    ...(webhookUrl !== undefined && { webhookUrl }),
  };
}

async function createBench(over: Partial<FalSettings> = {}) {
  const emulator = await startFalEmulator({ key, video: Buffer.from('a film') });
  onTestFinished(() => emulator.close());
  const create = (more: Partial<FalSettings> = {}) => {
    const { queueUrl, apiUrl, jwksUrl } = emulator;
    const provider = createProvider({
      ...{ key, queueUrl, apiUrl, jwksUrl, submitTimeoutMs: 2_000, estimateMicros: () => 5, now: Date.now },
      ...over,
      ...more,
    });
    onTestFinished(() => provider.close?.());
    const receive = async (
      attemptId: string,
      { headers, body }: FalDelivery,
      asked?: NonNullable<WebhookDelivery['asked']>,
    ): Promise<WebhookOutcome> => {
      if (provider.webhook === undefined) throw new Error('no webhook');
      return provider.webhook({ attemptId, headers, body, ...(asked && { asked }) });
    };
    return { provider, receive };
  };
  const first = create();
  const start = async (attemptId: string): Promise<string> => {
    const outcome = await first.provider.start(startInput(attemptId));
    if (outcome.kind !== 'accepted') throw new Error('not accepted');
    return outcome.operationKey;
  };
  return { emulator, create, start, ...first };
}

const keyReads = ({ requests }: FalEmulator) => requests.filter(({ path }) => path === '/jwks.json').length;

describe('a delivery of fal', () => {
  it('is news of the job, with the operation, as often as it comes', async () => {
    const { emulator, receive, start, provider } = await createBench();
    const id = await start('a');
    emulator.fate = 'done';
    const delivery = emulator.delivery(id);
    const outcome = await receive('a', delivery);
    expect(outcome).toMatchObject({ kind: 'news', operationKey: id, operation: { requestId: id, estimateMicros: 5 } });
    expect(await receive('a', delivery)).toEqual(outcome);
    expect(keyReads(emulator)).toBe(1);
    if (outcome.kind !== 'news' || outcome.operation === undefined) throw new Error('no operation');
    expect(await provider.status(outcome.operation)).toMatchObject({ kind: 'done' });
  });

  it('may come before our own POST has its answer', async () => {
    const { emulator, provider, receive } = await createBench();
    emulator.fate = 'done';
    const early: WebhookOutcome[] = [];
    emulator.onSubmission = async ({ requestId }) => {
      early.push(await receive('a', emulator.delivery(requestId)));
    };
    const outcome = await provider.start(startInput('a'));
    if (outcome.kind !== 'accepted') throw new Error('not accepted');
    expect(early).toMatchObject([{ kind: 'news', operationKey: outcome.operationKey, operation: outcome.operation }]);
  });

  it('is how a submission without an answer is found', async () => {
    const { emulator, provider, receive } = await createBench();
    emulator.submission = { kind: 'accept-then-drop' };
    expect(await provider.start(startInput('a'))).toMatchObject({ kind: 'unknown' });
    const id = emulator.jobs[0]?.requestId ?? '';
    expect(await receive('a', emulator.delivery(id))).toMatchObject({ kind: 'news', operation: { requestId: id } });
    expect(emulator.submissions).toHaveLength(1);
  });

  it('that meets a process which has restarted carries the operation where the task is known', async () => {
    const { emulator, create, start } = await createBench();
    const id = await start('a');
    const { model, request } = startInput('a');
    expect(await create().receive('a', emulator.delivery(id), { model, request })).toMatchObject({
      kind: 'news',
      operationKey: id,
      operation: { requestId: id, endpoint: 'xai/grok-imagine-video/text-to-video', estimateMicros: 5 },
    });
  });

  it('that meets a process which has restarted and knows nothing of the task wakes it, and the search asks fal', async () => {
    const { emulator, create, start } = await createBench();
    const id = await start('a');
    await start('a');
    const { provider, receive } = create();
    expect(await provider.find?.(startInput('a'))).toMatchObject({ kind: 'candidates', candidates: [{}, {}] });
    expect(await receive('a', emulator.delivery(id))).toEqual({ kind: 'news', operationKey: id });
    expect(await provider.find?.(startInput('a'))).toMatchObject({ kind: 'operation', operationKey: id });
  });

  it('goes over the wire as fal sends it', async () => {
    const { emulator, provider, receive } = await createBench();
    const outcomes: WebhookOutcome[] = [];
    const server = createServer(async (request, response) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      outcomes.push(await receive('a', { headers, body: await buffer(request) }));
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await provider.start(startInput('a', `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`));
    expect(await emulator.deliver(emulator.jobs[0]?.requestId ?? '')).toBe(200);
    expect(outcomes).toMatchObject([{ kind: 'news' }]);
  });
});

describe('attack: late-webhook: a delivery is refused', () => {
  const strangers = generateKeyPairSync('ed25519').privateKey;
  const body = (id: string) => Buffer.from(JSON.stringify({ request_id: id, status: 'OK', payload: {} }));

  test.each<[string, (emulator: FalEmulator, id: string) => FalDelivery]>([
    [
      'whose signature is made up',
      (emulator, id) => {
        const { headers, body } = emulator.delivery(id);
        return { headers: { ...headers, 'x-fal-webhook-signature': 'ab'.repeat(64) }, body };
      },
    ],
    [
      'whose signature is no hex',
      (emulator, id) => {
        const { headers, body } = emulator.delivery(id);
        return { headers: { ...headers, 'x-fal-webhook-signature': 'zz'.repeat(64) }, body };
      },
    ],
    [
      'signed with a key of somebody else',
      (emulator, id) =>
        signedDelivery(strangers, { requestId: id, userId: emulator.userId, at: Date.now(), body: body(id) }),
    ],
    ['that is older than five minutes', (emulator, id) => emulator.delivery(id, { at: Date.now() - 302_000 })],
    ['that comes from the future', (emulator, id) => emulator.delivery(id, { at: Date.now() + 302_000 })],
    [
      'whose time was made new',
      (emulator, id) => {
        const { headers, body } = emulator.delivery(id, { at: Date.now() - 302_000 });
        return { headers: { ...headers, 'x-fal-webhook-timestamp': String(Math.floor(Date.now() / 1_000)) }, body };
      },
    ],
    ['whose body was changed', (emulator, id) => ({ ...emulator.delivery(id), body: body(id) })],
    ['without a body', (emulator, id) => ({ ...emulator.delivery(id), body: Buffer.alloc(0) })],
    [
      'whose user was changed',
      (emulator, id) => {
        const { headers, body } = emulator.delivery(id);
        return { headers: { ...headers, 'x-fal-webhook-user-id': 'somebody-else' }, body };
      },
    ],
    ['without headers', (emulator, id) => ({ headers: {}, body: emulator.delivery(id).body })],
  ])('%s', async (_name, forge) => {
    const { emulator, receive, start } = await createBench();
    const id = await start('a');
    expect(await receive('a', forge(emulator, id))).toMatchObject({ kind: 'refused' });
    expect(emulator.submissions).toHaveLength(1);
  });

  it('that is signed for another user, once ours is known or set', async () => {
    const { emulator, create, receive, start } = await createBench();
    const id = await start('a');
    await receive('a', emulator.delivery(id));
    const foreign = emulator.delivery(id, { userId: 'somebody-else' });
    expect(await receive('a', foreign)).toMatchObject({ kind: 'refused' });
    expect(await create({ userId: emulator.userId }).receive('a', foreign)).toMatchObject({ kind: 'refused' });
    expect(await receive('a', emulator.delivery(id))).toMatchObject({ kind: 'news' });
  });

  it('that is sent to the address of another attempt', async () => {
    const { emulator, provider, receive, start } = await createBench();
    const mine = await start('a');
    const other = await start('b');
    expect(await receive('a', emulator.delivery(other))).toMatchObject({ kind: 'refused' });
    emulator.submission = { kind: 'accept-then-drop' };
    await provider.start(startInput('c'));
    expect(await receive('c', emulator.delivery(mine))).toMatchObject({ kind: 'refused' });
  });

  it('with what it says of a job that our key does not see: a wake-up, no operation, and nobody is pinned', async () => {
    const { emulator, provider, receive } = await createBench();
    emulator.submission = { kind: 'accept-then-drop' };
    await provider.start(startInput('a'));
    const foreign = emulator.delivery('11111111-0000-4000-8000-000000000000', { userId: 'somebody-else' });
    expect(await receive('a', foreign)).toEqual({
      kind: 'news',
      operationKey: '11111111-0000-4000-8000-000000000000',
    });
    const id = emulator.jobs[0]?.requestId ?? '';
    expect(await receive('a', emulator.delivery(id))).toMatchObject({ kind: 'news', operation: { requestId: id } });
  });
});

describe('the keys of fal', () => {
  it('are read again when they were replaced, and at most once a minute', async () => {
    let now = Date.now();
    const { emulator, receive, start } = await createBench({ now: () => now });
    const id = await start('a');
    const deliver = () => receive('a', emulator.delivery(id, { at: now }));
    expect(await deliver()).toMatchObject({ kind: 'news' });
    emulator.rotateKey();
    for (let again = 0; again < 20; again += 1) expect(await deliver()).toMatchObject({ kind: 'refused' });
    expect(keyReads(emulator)).toBe(1);
    now += 61_000;
    expect(await deliver()).toMatchObject({ kind: 'news' });
    expect(keyReads(emulator)).toBe(2);
  });

  it('are kept for a day', async () => {
    let now = Date.now();
    const { emulator, receive, start } = await createBench({ now: () => now });
    const id = await start('a');
    for (const hours of [0, 23, 25]) {
      now = Date.now() + hours * 3_600_000;
      expect(await receive('a', emulator.delivery(id, { at: now }))).toMatchObject({ kind: 'news' });
    }
    expect(keyReads(emulator)).toBe(2);
  });

  it('that cannot be read refuse every delivery', async () => {
    const { emulator, create } = await createBench();
    const { provider, receive } = create({ jwksUrl: 'http://127.0.0.1:1/jwks.json' });
    const outcome = await provider.start(startInput('a'));
    if (outcome.kind !== 'accepted') throw new Error('not accepted');
    expect(await receive('a', emulator.delivery(outcome.operationKey))).toMatchObject({ kind: 'refused' });
  });

  it('are asked for without our key', async () => {
    const { emulator, receive, start } = await createBench();
    await receive('a', emulator.delivery(await start('a')));
    const read = emulator.requests.find(({ path }) => path === '/jwks.json');
    expect(read?.headers.authorization).toBeUndefined();
  });
});
