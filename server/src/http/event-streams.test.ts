import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { EventStream } from '../dialects/dialect.ts';
import { answerErrors } from './error-answers.ts';
import { EventStreams, type StreamLimits } from './event-streams.ts';

/** Attacks by those who open streams and those who do not read them. */

let app: FastifyInstance | undefined;
const clients = new Set<IncomingMessage>();

afterEach(async () => {
  for (const client of clients) client.destroy();
  clients.clear();
  await app?.close();
});

const wide: StreamLimits = { perKey: 20, perAccount: 20, total: 20, unread: 1024 ** 2, unreadTotal: 1024 ** 3 };

async function listenWith(limits: StreamLimits) {
  const streams = new EventStreams(limits);
  const opened: EventStream[] = [];
  const server = fastify({ forceCloseConnections: true });
  app = server;
  answerErrors(server);
  server.addHook('preClose', async () => streams.close());
  server.get<{ Querystring: { key: string; account: string } }>('/events', async (request, reply) => {
    const { key: keyId, account: accountId } = request.query;
    opened.push(streams.open(request, reply, { keyId, accountId }));
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const join = async (key: string, account: string): Promise<IncomingMessage> => {
    const request = get({ port, path: `/events?key=${key}&account=${account}`, agent: false });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    clients.add(answer.on('error', () => undefined));
    return answer;
  };
  return { streams, opened, join };
}

test('too many streams of a key, of an account and in all are refused, and room comes back', async () => {
  const { streams, join } = await listenWith({ ...wide, perKey: 2, perAccount: 3, total: 4 });
  const first = await join('k1', 'a');
  expect([first.statusCode, (await join('k1', 'a')).statusCode]).toEqual([200, 200]);
  const ofKey = await join('k1', 'a');
  expect([ofKey.statusCode, ofKey.headers['retry-after']]).toEqual([429, '5']);
  expect((await join('k2', 'a')).statusCode).toBe(200);
  expect((await join('k3', 'a')).statusCode).toBe(429);
  expect((await join('k4', 'b')).statusCode).toBe(200);
  const inAll = await join('k5', 'c');
  expect([inAll.statusCode, inAll.headers['retry-after']]).toEqual([503, '5']);
  expect(streams.size).toBe(4);
  first.destroy();
  await expect.poll(() => streams.size).toBe(3);
  expect((await join('k1', 'a')).statusCode).toBe(200);
});

test('who does not read is dropped, and holds a bounded part of the memory until then', async () => {
  const { streams, opened, join } = await listenWith(wide);
  const [slow, quick] = [await join('k', 'a'), await join('k', 'a')];
  slow.pause();
  quick.resume();
  const [deaf, listening] = opened;
  const text = Buffer.from(`: ${'x'.repeat(64 * 1024)}\n\n`);
  let written = 0;
  // The system's own buffers take megabytes before anything is left unread here.
  while (deaf?.isOpen() === true && written < 256 * 1024 ** 2) {
    deaf.write(text);
    listening?.write(text);
    written += text.length;
    await new Promise(setImmediate);
  }
  expect(deaf?.isOpen()).toBe(false);
  expect(written).toBeLessThan(64 * 1024 ** 2);
  expect(listening?.isOpen()).toBe(true);
  expect(streams.size).toBe(1);
});

test('all who lag together hold a bounded part of the memory', async () => {
  const { streams, opened, join } = await listenWith({ ...wide, unread: 1024 ** 3, unreadTotal: 4 * 1024 ** 2 });
  for (let index = 0; index < 8; index++) (await join('k', 'a')).pause();
  const text = Buffer.from(`: ${'x'.repeat(256 * 1024)}\n\n`);
  for (let round = 0; round < 64 && streams.size === 8; round++) {
    for (const stream of opened) stream.write(text);
    await new Promise(setImmediate);
  }
  expect(streams.size).toBeLessThan(8);
});
