import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { boundBodies } from './body-room.ts';
import { answerErrors } from './error-answers.ts';

/** Attacks by bodies that are large, slow, or both. */

const mebibyte = 1024 ** 2;
let app: FastifyInstance | undefined;

afterEach(async () => {
  await app?.close();
});

/** A server with room for four mebibytes, whose route keeps its bodies until it is told to answer. */
async function start() {
  const server = fastify({ forceCloseConnections: true });
  app = server;
  boundBodies(server, 4 * mebibyte);
  answerErrors(server);
  const waiting: (() => void)[] = [];
  server.post('/', { bodyLimit: 8 * mebibyte }, async () => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { taken: true };
  });
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  const send = async (megabytes: number) => {
    const body = JSON.stringify({ text: 'x'.repeat(megabytes * mebibyte) });
    const answer = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
  };
  return { waiting, send, port: (server.server.address() as AddressInfo).port };
}

test('what finds no room is asked to come again, and room comes back with the answers', async () => {
  const { waiting, send } = await start();
  const first = send(3);
  await expect.poll(() => waiting.length).toBe(1);
  expect(await send(3)).toEqual({ status: 503, retryAfter: '5' });
  const small = send(0.5);
  await expect.poll(() => waiting.length).toBe(2);
  for (const answer of waiting.splice(0)) answer();
  expect([(await first).status, (await small).status]).toEqual([200, 200]);
  const next = send(3);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.();
  expect((await next).status).toBe(200);
});

test('one alone is let through, however large its route lets it be', async () => {
  const { waiting, send } = await start();
  const alone = send(7);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.();
  expect((await alone).status).toBe(200);
});

test('who announces much and sends nothing takes no room, and who goes leaves none taken', async () => {
  const { waiting, send, port } = await start();
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  for (let index = 0; index < 20; index++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(`${head}Content-Length: ${7 * mebibyte}\r\n\r\n{"text":"${'x'.repeat(100_000)}`);
    await new Promise((resolve) => socket.once('connect', resolve));
    if (index % 2 === 0) socket.destroy();
  }
  const answer = send(3);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.();
  expect((await answer).status).toBe(200);
});
