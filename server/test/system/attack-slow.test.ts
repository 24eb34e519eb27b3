import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/** Attacks by those who keep a connection and say next to nothing. They take time, and next to no CPU. */

let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-slow-'));
  server = await startServerProcess({ REELAY_DATA_DIR: join(folder, 'data') });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** All that comes until the server ends the connection. */
async function until(start: string, drip: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  socket.write(start);
  const dripping = setInterval(() => socket.write(drip), 1_000);
  let text = '';
  try {
    for await (const chunk of socket) text += chunk;
  } finally {
    clearInterval(dripping);
  }
  return text;
}

test('headers that come letter by letter are waited for a short while, and others are served meanwhile', async () => {
  const slow = Array.from({ length: 50 }, () => until('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'x'));
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  for (const text of await Promise.all(slow)) {
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(text).toContain('"code":"request_timeout"');
  }
});
