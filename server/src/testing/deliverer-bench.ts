import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import type { JsonObject } from '../contract/index.ts';
import { openDatabase } from '../database/open.ts';
import { parseAddressRules } from '../media/address.ts';
import { type CallbackOptions, createCallbackSender } from '../media/callbacks.ts';
import { Deliverer, type DelivererOptions } from '../webhooks/deliverer.ts';
import { Deliveries, type Delivery, leaveDelivery } from '../webhooks/deliveries.ts';
import { WebhookSecrets } from '../webhooks/secrets.ts';
import { databaseOf } from './databases.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** How long a state is waited for; far above what it takes. */
export const patiently = { timeout: 20_000, interval: 5 };

const account = 'acct-test';
const body: JsonObject = { id: 'task-1', status: 'completed', text: 'snow – 雪' };

/** Deliverers on a real database with a receiver on a real socket, and a clock that stands still. */
export async function createDelivererBench() {
  const folder = mkdtempSync(join(tmpdir(), 'reelay-deliveries-'));
  const database = await openDatabase({ folder, url: await databaseOf(folder) });
  const clock = { now: Date.now() };
  const now = () => clock.now;
  const deliveries = new Deliveries(database.db, now);
  const secrets = new WebhookSecrets(database.db, now);
  let running: Deliverer[] = [];
  let receiver: Receiver | undefined;
  return {
    ...{ database, clock, deliveries, secrets, account, body },
    /** Of the present test. */
    get receiver(): Receiver {
      if (receiver === undefined) throw new Error('no test has begun');
      return receiver;
    },

    /** Before each test. */
    async begin(): Promise<void> {
      clock.now = Date.now();
      receiver = await startReceiver();
    },

    /** After each test. */
    async end(): Promise<void> {
      await receiver?.close();
      await Promise.all(running.map((deliverer) => deliverer.stop()));
      running = [];
      for (const table of ['webhook_deliveries', 'webhook_secrets'] as const)
        await database.db.deleteFrom(table).execute();
    },

    /** One that sends only when it is woken. */
    async start(options: Partial<DelivererOptions> & { readonly sender?: Partial<CallbackOptions> } = {}) {
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
    },

    async leave(url: string, accountId = account): Promise<string> {
      const taskId = randomUUID();
      await leaveDelivery(database.db, { taskId, accountId, url, at: clock.now });
      const [delivery] = await deliveries.list({ limit: 1, taskId });
      return delivery?.id ?? '';
    },

    /** Waits until a delivery has been tried so often. */
    async tried(id: string, times: number): Promise<Delivery> {
      await expect.poll(async () => (await deliveries.get(id)).tries.length, patiently).toBe(times);
      return deliveries.get(id);
    },

    async close(): Promise<void> {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A TCP server that does with a connection what it likes. */
export async function listen(onConnection: (socket: Socket) => void): Promise<{
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
