import type { Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createDelivererBench, listen, patiently } from '../testing/deliverer-bench.ts';
import { startReceiver, webhookHeaders } from '../testing/receiver.ts';
import { patienceMs } from './retry.ts';

/** How long a receiver has that is not to make it, in milliseconds. */
const limitMs = 400;

const bench = await createDelivererBench();
const { database, clock, deliveries, secrets, account, body, start, leave, tried } = bench;
beforeEach(bench.begin);
afterEach(bench.end);
afterAll(bench.close);

describe('what a receiver gets', () => {
  test('the body, signed so that the public verifier takes it', async () => {
    const id = await leave(`${bench.receiver.url}/hook?token=1`);
    await start();
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered', tries: [{ status: 204 }] });
    const [got] = bench.receiver.received;
    if (got === undefined) throw new Error('nothing came');
    expect(got).toMatchObject({
      path: '/hook?token=1',
      headers: { 'content-type': 'application/json', 'webhook-id': id },
    });
    const [secret] = await secrets.list(account);
    expect(secret?.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Webhook(secret?.secret ?? '').verify(got.body, webhookHeaders(got))).toEqual(body);
    const changed = got.body.replace('completed', 'failed');
    expect(() => new Webhook(secret?.secret ?? '').verify(changed, webhookHeaders(got))).toThrow(
      'No matching signature',
    );
  });

  test('rotation: the old secret and the new one both verify for a day, then the new one alone', async () => {
    const [first] = await secrets.list(account);
    const [second, previous] = await secrets.rotate(account);
    expect(previous?.secret).toBe(first?.secret);
    const deliverer = await start();
    const verifies = async (secret = ''): Promise<boolean> => {
      const id = await leave(bench.receiver.url);
      deliverer.wake();
      await tried(id, 1);
      const got = bench.receiver.received.at(-1);
      if (got === undefined) throw new Error('nothing came');
      try {
        // The verifier looks at the machine's own clock.
        const timestamp = String(Math.floor(clock.now / 1_000));
        expect(got.headers['webhook-timestamp']).toBe(timestamp);
        const expected = new Webhook(secret).sign(id, new Date(Number(timestamp) * 1_000), got.body);
        return String(got.headers['webhook-signature']).split(' ').includes(expected);
      } catch {
        return false;
      }
    };
    expect([await verifies(first?.secret), await verifies(second?.secret)]).toEqual([true, true]);
    clock.now += 24 * 3_600_000;
    expect([await verifies(first?.secret), await verifies(second?.secret)]).toEqual([false, true]);
  });

  test('of secrets that are replaced again and again the newest four sign', async () => {
    const made = [];
    for (let i = 0; i < 6; i += 1) {
      clock.now += 1_000;
      made.unshift((await secrets.rotate(account))[0]?.secret);
    }
    expect((await secrets.list(account)).map(({ secret }) => secret)).toEqual(made.slice(0, 4));
  });
});

/** Writes again and again until nobody listens any more. */
function pour(socket: Socket, text: string, pauseMs = 0): void {
  const timer = setInterval(() => socket.write(text), pauseMs);
  socket.on('close', () => clearInterval(timer));
}

const impatient = { sender: { timeoutMs: limitMs } };

const answers = (text: string) => (socket: Socket) => void socket.once('data', () => socket.end(text));
const late = `did not answer within ${limitMs / 1_000} seconds`;
const notTaken = 'did not answer with a status of 200 to 299';
const head = 'HTTP/1.1 200 OK\r\n';

/** What a receiver does, and the try that comes of it. */
const misbehaviours: readonly {
  readonly what: string;
  readonly does: (socket: Socket) => void;
  readonly scheme?: 'https';
  readonly tried: object;
}[] = [
  { what: 'never answers', does: () => undefined, tried: { error: late } },
  {
    what: 'drips its headers',
    does: (socket) => {
      socket.write(head);
      pour(socket, 'x: y\r\n', 50);
    },
    tried: { error: late },
  },
  {
    what: 'says 100 Continue for ever',
    does: (socket) => pour(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
    tried: {},
  },
  { what: 'closes in the midst of its headers', does: answers(`${head}content-le`), tried: {} },
  { what: 'closes without a word', does: (socket) => socket.end(), tried: {} },
  { what: 'resets', does: (socket) => void socket.once('data', () => socket.resetAndDestroy()), tried: {} },
  { what: 'speaks something else', does: answers('SSH-2.0-OpenSSH_9.2\r\n'), tried: {} },
  { what: 'sends huge headers', does: answers(`${head}x: ${'y'.repeat(1e6)}\r\n\r\n`), tried: {} },
  { what: 'answers 500', does: answers('HTTP/1.1 500 No\r\n\r\n'), tried: { status: 500, error: notTaken } },
  { what: 'answers 404', does: answers('HTTP/1.1 404 No\r\n\r\n'), tried: { status: 404, error: notTaken } },
  { what: 'never shakes hands', does: () => undefined, scheme: 'https', tried: { error: late } },
  { what: 'breaks the handshake', does: answers('no'), scheme: 'https', tried: {} },
];

describe('a receiver that misbehaves is tried again, and gets it when it behaves', () => {
  test.each(misbehaviours)('one that $what', async ({ does, scheme = 'http', tried: expected }) => {
    const bad = await listen(does);
    const id = await leave(`${scheme}://127.0.0.1:${bad.port}/`);
    const hasToWait = 'error' in expected && expected.error === late;
    const deliverer = await start(hasToWait ? impatient : {});
    const first = await tried(id, 1);
    expect(first).toMatchObject({
      state: 'waiting',
      tries: [{ error: expect.stringMatching(/^\w.{10,}/), ...expected }],
    });
    expect(first.dueAt).toBe((first.tries[0]?.at ?? 0) + 1_000);
    // Nothing is held open for it.
    await expect.poll(bad.open, patiently).toBe(0);
    await database.db.updateTable('webhook_deliveries').set({ url: bench.receiver.url }).where('id', '=', id).execute();
    clock.now += 1_000;
    deliverer.wake();
    expect(await tried(id, 2)).toMatchObject({ state: 'delivered' });
    expect(bench.receiver.received).toMatchObject([{ headers: { 'webhook-id': id } }]);
  });

  test('one that refuses connections', async () => {
    const { port, url, close } = await startReceiver();
    await close();
    const id = await leave(url);
    const deliverer = await start();
    expect(await tried(id, 1)).toMatchObject({ tries: [{ error: 'cannot be reached: the host refuses connections' }] });
    const again = await startReceiver({ port });
    onTestFinished(() => again.close());
    clock.now += 1_000;
    deliverer.wake();
    expect(await tried(id, 2)).toMatchObject({ state: 'delivered' });
  });

  test('one that redirects to an internal address: it is not followed', async () => {
    const internal = await startReceiver();
    onTestFinished(() => internal.close());
    bench.receiver.answer = (_request, response) => response.writeHead(307, { location: internal.url }).end();
    const id = await leave(bench.receiver.url);
    await start();
    expect(await tried(id, 1)).toMatchObject({
      state: 'waiting',
      tries: [{ status: 307, error: 'redirects, which is not followed' }],
    });
    expect(internal.received).toEqual([]);
  });

  test('one that wants no more of it answers 410', async () => {
    bench.receiver.answer = (_request, response) => response.writeHead(410).end();
    const id = await leave(bench.receiver.url);
    await start();
    const ended = await tried(id, 1);
    expect(ended).toMatchObject({ state: 'failed', tries: [{ status: 410 }] });
    expect(ended.dueAt).toBeUndefined();
  });

  test('one whose answer has no end: its status is enough', async () => {
    const endless = await listen((socket) => {
      socket.once('data', () => socket.write(`${head}\r\n`, () => pour(socket, 'x'.repeat(65_536))));
    });
    const id = await leave(`http://127.0.0.1:${endless.port}/`);
    await start();
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered', tries: [{ status: 200 }] });
    await expect.poll(endless.open, patiently).toBe(0);
  });

  test('one that answers twice, and one that comes after it', async () => {
    const twice = await listen(answers(`${head}content-length: 0\r\n\r\nHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n`));
    const ids = [await leave(`http://127.0.0.1:${twice.port}/`), await leave(`http://127.0.0.1:${twice.port}/`)];
    await start();
    for (const id of ids) expect(await tried(id, 1)).toMatchObject({ state: 'delivered', tries: [{ status: 200 }] });
  });
});

describe('when it is tried', () => {
  test('after 1, 2, 4 s, then twice as late each time up to an hour, for a day; then when somebody asks', async () => {
    bench.receiver.answer = (_request, response) => response.writeHead(503).end();
    const id = await leave(bench.receiver.url);
    const begun = clock.now;
    const deliverer = await start();
    const pauses: number[] = [];
    for (let times = 1; ; times += 1) {
      const { dueAt, tries } = await tried(id, times);
      if (dueAt === undefined) break;
      pauses.push(Math.round((dueAt - (tries.at(-1)?.at ?? 0)) / 1_000));
      // A moment before, nothing is sent.
      clock.now = dueAt - 1;
      expect(await deliveries.due({ limit: 1, withoutHosts: [], withoutAccounts: [] })).toEqual([]);
      clock.now = dueAt;
      deliverer.wake();
    }
    expect(pauses.slice(0, 14)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
    expect(clock.now - begun).toBeGreaterThan(patienceMs - 3_600_000);
    expect(clock.now - begun).toBeLessThanOrEqual(patienceMs);
    expect((await deliveries.get(id)).state).toBe('failed');
    bench.receiver.answer = (_request, response) => response.writeHead(200).end();
    clock.now += patienceMs;
    await deliveries.redeliver(id);
    deliverer.wake();
    const times = bench.receiver.received.length + 1;
    expect(await tried(id, times)).toMatchObject({ state: 'delivered' });
    expect(new Set(bench.receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
  });

  test('a later pause differs by a fifth at most', async () => {
    bench.receiver.answer = (_request, response) => response.writeHead(503).end();
    const id = await leave(bench.receiver.url);
    const randoms = [0, 1];
    const deliverer = await start({ random: () => randoms.shift() ?? 0 });
    const pauses: number[] = [];
    for (let times = 1; times <= 5; times += 1) {
      const { dueAt = 0, tries } = await tried(id, times);
      pauses.push(dueAt - (tries.at(-1)?.at ?? 0));
      clock.now = dueAt;
      deliverer.wake();
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 6_400, 19_200]);
    await deliverer.stop();
  });

  test('order: asking for it anew while it is being sent sends it once', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    bench.receiver.answer = (_request, response) => void held.then(() => response.writeHead(204).end());
    const id = await leave(bench.receiver.url);
    const deliverer = await start();
    await expect.poll(() => bench.receiver.received.length, patiently).toBe(1);
    await deliveries.redeliver(id);
    deliverer.wake();
    release();
    await tried(id, 1);
    await deliverer.stop();
    expect(bench.receiver.received).toHaveLength(1);
  });
});

test('a delivery that cannot be rendered stays for the next round', async () => {
  const id = await leave(bench.receiver.url);
  let broken = true;
  const deliverer = await start({
    render: async () => {
      if (broken) throw new Error('the database does not answer');
      return body;
    },
  });
  await expect.poll(async () => (await deliveries.get(id)).dueAt, patiently).toBe(clock.now + 30_000);
  broken = false;
  clock.now += 30_000;
  deliverer.wake();
  expect(await tried(id, 1)).toMatchObject({ state: 'delivered' });
});
