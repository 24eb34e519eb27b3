import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { boundedFileOf, retryAfterMs, sendOnce } from './exchange.ts';

describe('a file', () => {
  const fault = new Error('broke off');
  const tooLarge = new Error('is too large');
  const read = (body: Readable, maximumBytes: number) => buffer(boundedFileOf(body, { maximumBytes, fault, tooLarge }));

  it('of as many bytes as it may have arrives whole', async () => {
    expect(String(await read(Readable.from([Buffer.from('ab'), Buffer.from('c')]), 3))).toBe('abc');
  });

  it('of more bytes ends, and is not read on', async () => {
    const body = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    await expect(read(body, 3)).rejects.toBe(tooLarge);
    expect(body.destroyed).toBe(true);
  });

  it('that breaks off ends in our words', async () => {
    const body = new Readable({
      read() {
        this.destroy(new Error('connect 10.0.0.7'));
      },
    });
    await expect(read(body, 3)).rejects.toBe(fault);
  });
});

test.each<[string | undefined, number | undefined]>([
  [undefined, undefined],
  ['', undefined],
  [' ', undefined],
  ['soon', undefined],
  ['7', 7_000],
  ['1.5', 1_500],
  ['-5', 0],
  ['Thu, 01 Jan 1970 00:00:30 GMT', 20_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['86400', 600_000],
])('a Retry-After of %j is %j ms', (value, expected) => {
  expect(retryAfterMs({ headers: value === undefined ? {} : { 'retry-after': value } }, 10_000)).toBe(expected);
});

describe('what was not sent says why', () => {
  const question = (port: number) =>
    ({ method: 'POST', url: `http://127.0.0.1:${port}/`, body: '{}', timeoutMs: 5_000 }) as const;

  it('nobody listens', async () => {
    expect(await sendOnce(question(1), { deadline: 2, now: () => 1 })).toMatchObject({
      kind: 'not-sent',
      reason: 'unreachable',
    });
  });

  it('attack: late: the deadline passed while it connected', async () => {
    const received: Buffer[] = [];
    const server = createServer((socket) => socket.on('data', (bytes) => received.push(bytes)));
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await listening;
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await sendOnce(question(port), { deadline: 2, now: () => 2 })).toMatchObject({
      kind: 'not-sent',
      reason: 'too-late',
    });
    expect(received).toEqual([]);
  });
});
