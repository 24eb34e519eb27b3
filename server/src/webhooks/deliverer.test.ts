import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../contract/index.ts';
import { type Database, openDatabase } from '../database/open.ts';
import { parseAddressRules } from '../media/address.ts';
import { type CallbackOptions, createCallbackSender } from '../media/callbacks.ts';
import { databaseOf } from '../testing/databases.ts';
import { type Receiver, startReceiver, webhookHeaders } from '../testing/receiver.ts';
import { Deliverer, type DelivererOptions } from './deliverer.ts';
import { Deliveries, type Delivery, leaveDelivery } from './deliveries.ts';
import { patienceMs } from './retry.ts';
import { WebhookSecrets } from './secrets.ts';

/** How long a receiver has that is not to make it, in milliseconds. */
const limitMs = 400;

/** How long a state is waited for; far above what it takes. */
const patiently = { timeout: 20_000, interval: 5 };

const account = 'acct-test';
let folder: string;
let database: Database;
let deliveries: Deliveries;
let secrets: WebhookSecrets;
let receiver: Receiver;
let running: Deliverer[];
const clock = { now: 0 };
const now = () => clock.now;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reelay-deliveries-'));
  database = await openDatabase({ folder, url: await databaseOf(folder) });
  deliveries = new Deliveries(database.db, now);
  secrets = new WebhookSecrets(database.db, now);
});

beforeEach(async () => {
  clock.now = Date.now();
  running = [];
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
  await Promise.all(running.map((deliverer) => deliverer.stop()));
  for (const table of ['webhook_deliveries', 'webhook_secrets'] as const) await database.db.deleteFrom(table).execute();
});

afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const body: JsonObject = { id: 'task-1', status: 'completed', text: 'snow – 雪' };

/** One that sends only when it is woken. */
async function start(
  options: Partial<DelivererOptions> & { readonly sender?: Partial<CallbackOptions> } = {},
): Promise<Deliverer> {
  const { sender, ...rest } = options;
  const callbacks = createCallbackSender({ allow: parseAddressRules('127.0.0.0/8'), ...sender });
  onTestFinished(() => callbacks.close());
  const deliverer = new Deliverer({
    ...{ deliveries, secrets, callbacks, now },
    render: async () => body,
    random: () => 0.5,
    every: () => () => undefined,
    telemetry: { delivered: () => undefined },
    log: pino({ level: 'silent' }),
    ...rest,
  });
  running.push(deliverer);
  await deliverer.start();
  return deliverer;
}

async function leave(url: string, accountId = account): Promise<string> {
  const taskId = randomUUID();
  await leaveDelivery(database.db, { taskId, accountId, url, at: clock.now });
  const [delivery] = await deliveries.list({ limit: 1, taskId });
  return delivery?.id ?? '';
}

/** Waits until a delivery has been tried so often. */
async function tried(id: string, times: number): Promise<Delivery> {
  await expect.poll(async () => (await deliveries.get(id)).tries.length, patiently).toBe(times);
  return deliveries.get(id);
}

describe('what a receiver gets', () => {
  test('the body, signed so that the public verifier takes it', async () => {
    const id = await leave(`${receiver.url}/hook?token=1`);
    await start();
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered', tries: [{ status: 204 }] });
    const [got] = receiver.received;
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
      const id = await leave(receiver.url);
      deliverer.wake();
      await tried(id, 1);
      const got = receiver.received.at(-1);
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

/** A TCP server that does with a connection what it likes. */
const hasTries = ({ tries }: Delivery) => tries.length > 0;

async function listen(onConnection: (socket: Socket) => void): Promise<{
  readonly port: number;
  /** Connections that are open. */
  open(): number;
  /** Closes them. */
  close(): void;
}> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    onConnection(socket);
    // Else it would not see that the other side has gone.
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(async () => {
    close();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, open: () => open.size, close };
}

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
    await database.db.updateTable('webhook_deliveries').set({ url: receiver.url }).where('id', '=', id).execute();
    clock.now += 1_000;
    deliverer.wake();
    expect(await tried(id, 2)).toMatchObject({ state: 'delivered' });
    expect(receiver.received).toMatchObject([{ headers: { 'webhook-id': id } }]);
  });

  test('one that refuses connections', async () => {
    const { port } = receiver;
    await receiver.close();
    const id = await leave(receiver.url);
    const deliverer = await start();
    expect(await tried(id, 1)).toMatchObject({ tries: [{ error: 'cannot be reached: the host refuses connections' }] });
    receiver = await startReceiver({ port });
    clock.now += 1_000;
    deliverer.wake();
    expect(await tried(id, 2)).toMatchObject({ state: 'delivered' });
  });

  test('one that redirects to an internal address: it is not followed', async () => {
    const internal = await startReceiver();
    onTestFinished(() => internal.close());
    receiver.answer = (_request, response) => response.writeHead(307, { location: internal.url }).end();
    const id = await leave(receiver.url);
    await start();
    expect(await tried(id, 1)).toMatchObject({
      state: 'waiting',
      tries: [{ status: 307, error: 'redirects, which is not followed' }],
    });
    expect(internal.received).toEqual([]);
  });

  test('one that wants no more of it answers 410', async () => {
    receiver.answer = (_request, response) => response.writeHead(410).end();
    const id = await leave(receiver.url);
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
    receiver.answer = (_request, response) => response.writeHead(503).end();
    const id = await leave(receiver.url);
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
    receiver.answer = (_request, response) => response.writeHead(200).end();
    clock.now += patienceMs;
    await deliveries.redeliver(id);
    deliverer.wake();
    const times = receiver.received.length + 1;
    expect(await tried(id, times)).toMatchObject({ state: 'delivered' });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([id]));
  });

  test('a later pause differs by a fifth at most', async () => {
    receiver.answer = (_request, response) => response.writeHead(503).end();
    const id = await leave(receiver.url);
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
    receiver.answer = (_request, response) => void held.then(() => response.writeHead(204).end());
    const id = await leave(receiver.url);
    const deliverer = await start();
    await expect.poll(() => receiver.received.length, patiently).toBe(1);
    await deliveries.redeliver(id);
    deliverer.wake();
    release();
    await tried(id, 1);
    await deliverer.stop();
    expect(receiver.received).toHaveLength(1);
  });
});

describe('attack: nobody holds up others', () => {
  test('a receiver that is stuck takes four places, and one once that is known', async () => {
    const stuck = await listen(() => undefined);
    for (let i = 0; i < 300; i += 1) await leave(`http://stuck.localhost:${stuck.port}/`);
    const ids = [];
    for (let i = 0; i < 20; i += 1) ids.push(await leave(`http://good.localhost:${receiver.port}/`));
    await start();
    for (const id of ids) expect(await tried(id, 1)).toMatchObject({ state: 'delivered' });
    expect(stuck.open()).toBe(4);
    // They are done: each is tried again one by one, until somebody takes them.
    stuck.close();
    const failed = async () => (await deliveries.list({ limit: 400, state: 'waiting' })).filter(hasTries).length;
    await expect.poll(failed, patiently).toBe(4);
    await expect.poll(stuck.open, patiently).toBe(1);
    await database.db.deleteFrom('webhook_deliveries').execute();
    stuck.close();
  });

  test("all the stuck receivers of one account leave room for another's", async () => {
    const stuck = await listen(() => undefined);
    for (let host = 0; host < 40; host += 1) {
      for (let i = 0; i < 4; i += 1) await leave(`http://stuck-${host}.localhost:${stuck.port}/`);
    }
    const id = await leave(`http://good.localhost:${receiver.port}/`, 'acct-other');
    await start();
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered' });
    await expect.poll(stuck.open, patiently).toBe(64);
    await database.db.deleteFrom('webhook_deliveries').execute();
    stuck.close();
  });
});

describe('several servers', () => {
  test('each delivery is sent by one of them', async () => {
    const ids = [];
    for (let i = 0; i < 60; i += 1) ids.push(await leave(`http://host-${i % 7}.localhost:${receiver.port}/`));
    const servers = await Promise.all([start({ server: 'one' }), start({ server: 'two' }), start({ server: 'three' })]);
    for (const server of servers) server.wake();
    for (const id of ids) await tried(id, 1);
    const sent = receiver.received.map(({ headers }) => String(headers['webhook-id']));
    expect(sent.toSorted()).toEqual(ids.toSorted());
  });

  test('crash: what a dead server was sending is free once that is known, and at the end of its claim', async () => {
    const [id, other] = [await leave(receiver.url), await leave(receiver.url)];
    const until = clock.now + 30_000;
    expect(await deliveries.claim([id, other], { sender: 'dead', until })).toHaveLength(2);
    const server = await start({ server: 'living' });
    expect(await deliveries.due({ limit: 9, withoutHosts: [], withoutAccounts: [] })).toEqual([]);
    clock.now = until;
    server.wake();
    await tried(other, 1);
    await tried(id, 1);
    const late = await leave(receiver.url);
    await deliveries.claim([late], { sender: 'dead', until: clock.now + 30_000 });
    await server.freeAbandoned();
    server.wake();
    expect(await tried(late, 1)).toMatchObject({ state: 'delivered' });
  });

  test('a server that froze with a claim does not send when it wakes', async () => {
    const { promise: frozen, resolve: wake } = Promise.withResolvers<void>();
    const id = await leave(receiver.url);
    const sleeper = await start({ server: 'sleeper', render: () => frozen.then(() => body) });
    await expect.poll(async () => (await deliveries.get(id)).dueAt, patiently).toBe(clock.now + 30_000);
    clock.now += 20_000;
    wake();
    await sleeper.stop();
    expect(receiver.received).toEqual([]);
    clock.now += 10_000;
    await start({ server: 'other' });
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered' });
  });

  test('what was sent after its claim was lost is not written down', async () => {
    const id = await leave(receiver.url);
    const [claimed] = await deliveries.claim([id], { sender: 'slow', until: clock.now + 1_000 });
    if (claimed === undefined) throw new Error('it was not claimed');
    clock.now += 1_000;
    await start({ server: 'fast' });
    await tried(id, 1);
    const tries = { at: clock.now, durationMs: 1, status: 500, error: 'late' };
    const written = await deliveries.finish(claimed, { sender: 'slow', tried: tries, end: { state: 'failed' } });
    expect(written).toBe(false);
    expect(await deliveries.get(id)).toMatchObject({ state: 'delivered' });
  });
});

test('a delivery that cannot be rendered stays for the next round', async () => {
  const id = await leave(receiver.url);
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
