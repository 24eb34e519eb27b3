import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseAddressRules } from './address.ts';
import { guardedConnect, type Resolve } from './guarded-connect.ts';
import { failure, serve } from './media.fixture.ts';

/** Connects as undici does, past every check of the URL's form. */
function connect(hostname: string, port: number, allow: string, resolve: Resolve): Promise<Socket> {
  return new Promise((done, fail) => {
    const connector = guardedConnect(parseAddressRules(allow), resolve, 2_000);
    connector({ hostname, port: String(port), protocol: 'http:' }, (error, socket) => {
      if (error === null) done(socket);
      else fail(error);
    });
  });
}

const toLoopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];

describe('guardedConnect', () => {
  it.each(['127.0.0.1', '[::1]', '::ffff:127.0.0.1', 'name.example', 'localhost', 'LOCALHOST.'])(
    'does not connect to %s by itself',
    async (hostname) => {
      const server = await serve((_request, response) => void response.end());
      expect((await failure(connect(hostname, server.port, '', toLoopback))).code).toBe('blocked_address');
      expect(server.connections()).toBe(0);
    },
  );

  it.each(['127.0.0.1', 'name.example', 'localhost'])('connects to %s where a rule says so', async (hostname) => {
    const server = await serve((_request, response) => void response.end());
    const socket = await connect(hostname, server.port, `127.0.0.1:${server.port}`, toLoopback);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });

  it('refuses a name without addresses', async () => {
    expect((await failure(connect('name.example', 80, '', async () => []))).code).toBe('blocked_address');
  });
});
