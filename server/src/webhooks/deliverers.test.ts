import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDelivererBench, listen, patiently } from '../testing/deliverer-bench.ts';
import type { Delivery } from './deliveries.ts';

const bench = await createDelivererBench();
const { database, clock, deliveries, body, start, leave, tried } = bench;
beforeEach(bench.begin);
afterEach(bench.end);
afterAll(bench.close);

const hasTries = ({ tries }: Delivery) => tries.length > 0;

describe('attack: nobody holds up others', () => {
  test('a receiver that is stuck takes four places, and one once that is known', async () => {
    const stuck = await listen(() => undefined);
    for (let i = 0; i < 300; i += 1) await leave(`http://stuck.localhost:${stuck.port}/`);
    const ids = [];
    for (let i = 0; i < 20; i += 1) ids.push(await leave(`http://good.localhost:${bench.receiver.port}/`));
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
    const id = await leave(`http://good.localhost:${bench.receiver.port}/`, 'acct-other');
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
    for (let i = 0; i < 60; i += 1) ids.push(await leave(`http://host-${i % 7}.localhost:${bench.receiver.port}/`));
    const servers = await Promise.all([start({ server: 'one' }), start({ server: 'two' }), start({ server: 'three' })]);
    for (const server of servers) server.wake();
    for (const id of ids) await tried(id, 1);
    const sent = bench.receiver.received.map(({ headers }) => String(headers['webhook-id']));
    expect(sent.toSorted()).toEqual(ids.toSorted());
  });

  test('crash: what a dead server was sending is free once that is known, and at the end of its claim', async () => {
    const [id, other] = [await leave(bench.receiver.url), await leave(bench.receiver.url)];
    const until = clock.now + 30_000;
    expect(await deliveries.claim([id, other], { sender: 'dead', until })).toHaveLength(2);
    const server = await start({ server: 'living' });
    expect(await deliveries.due({ limit: 9, withoutHosts: [], withoutAccounts: [] })).toEqual([]);
    clock.now = until;
    server.wake();
    await tried(other, 1);
    await tried(id, 1);
    const late = await leave(bench.receiver.url);
    await deliveries.claim([late], { sender: 'dead', until: clock.now + 30_000 });
    await server.freeAbandoned();
    server.wake();
    expect(await tried(late, 1)).toMatchObject({ state: 'delivered' });
  });

  test('a server that froze with a claim does not send when it wakes', async () => {
    const { promise: frozen, resolve: wake } = Promise.withResolvers<void>();
    const id = await leave(bench.receiver.url);
    const sleeper = await start({ server: 'sleeper', render: () => frozen.then(() => body) });
    await expect.poll(async () => (await deliveries.get(id)).dueAt, patiently).toBe(clock.now + 30_000);
    clock.now += 20_000;
    wake();
    await sleeper.stop();
    expect(bench.receiver.received).toEqual([]);
    clock.now += 10_000;
    await start({ server: 'other' });
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered' });
  });

  test('what was sent after its claim was lost is not written down', async () => {
    const id = await leave(bench.receiver.url);
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
