import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAddressRules } from './address.ts';
import { createFetcher, type Fetcher, type FetcherOptions } from './fetch.ts';
import { failure, serve } from './media.fixture.ts';

function fetcherFor(allow: string, options: Partial<FetcherOptions> = {}): Fetcher {
  const fetcher = createFetcher({ maxBytes: 1e6, timeoutMs: 5_000, ...options, allow: parseAddressRules(allow) });
  onTestFinished(() => fetcher.close());
  return fetcher;
}

async function read(fetcher: Fetcher, url: string): Promise<Buffer> {
  return buffer((await fetcher.get(url)).stream);
}

/** A TCP server that writes raw bytes, for answers that no HTTP library would give. */
async function serveRaw(answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => void (await new Promise((resolve) => server.close(resolve))));
  return (server.address() as AddressInfo).port;
}

describe('what is fetched', () => {
  it('returns the bytes and where they came from', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/dir/../to?x=1' }).end();
      else response.end(`${request.url} ${request.headers['accept-encoding']}`);
    });
    const found = await fetcherFor(`127.0.0.1:${server.port}`).get(`${server.origin}/from`);
    expect((await buffer(found.stream)).toString()).toBe('/to?x=1 identity');
    expect(found.url.href).toBe(`${server.origin}/to?x=1`);
  });

  it('reaches localhost by the loopback addresses that are allowed, without DNS', async () => {
    const server = await serve((_request, response) => void response.end('ok'));
    const resolve = async () => {
      throw new Error('asked DNS');
    };
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`, { resolve });
    expect((await read(fetcher, `http://localhost:${server.port}/`)).toString()).toBe('ok');
  });

  it('connects to the address that was checked', async () => {
    const server = await serve((request, response) => void response.end(request.headers.host));
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`, {
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    const url = `http://media.example:${server.port}/`;
    expect((await read(fetcher, url)).toString()).toBe(`media.example:${server.port}`);
  });
});

describe('private addresses', () => {
  it('are not connected to, in whatever way a URL or a name leads there', async () => {
    const server = await serve((_request, response) => void response.end('secret'));
    const { port } = server;
    const fetcher = fetcherFor('10.9.9.9', { resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    const hosts = ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.1', '①②⑦.1', '[::ffff:127.0.0.1]', '[::1]', '0'];
    for (const host of [...hosts, 'localhost', 'a.localhost', 'rebound.example', 'x.internal', 'x.local']) {
      expect(await failure(fetcher.get(`http://${host}:${port}/`)), host).toMatchObject({ code: 'blocked_address' });
    }
    expect([server.hits(), server.connections()]).toEqual([0, 0]);
  });

  it.each([
    ['127.0.0.1.nip.io', '127.0.0.1'],
    ['app-169-254-169-254.sslip.example', '169.254.169.254'],
    ['cgnat.example', '100.64.0.1'],
    ['benchmark.example', '198.18.0.1'],
    ['anywhere.example', '0.0.0.0'],
    ['broadcast.example', '255.255.255.255'],
    ['multicast.example', '224.0.0.251'],
    ['mapped.example', '::ffff:127.0.0.1'],
    ['compatible.example', '::127.0.0.1'],
    ['translated.example', '64:ff9b::7f00:1'],
    ['six-to-four.example', '2002:7f00:1::'],
    ['teredo.example', '2001:0:7f00:1::'],
    ['link.example', 'fe80::1%lo'],
    ['site.example', 'fec0::1'],
    ['unique.example', 'fd00:ec2::254'],
    ['nothing.example', ''],
  ])('refuse the name %s, which answers %s', async (name, address) => {
    const server = await serve((_request, response) => void response.end('secret'));
    const resolve = async () => (address === '' ? [] : [{ address, family: address.includes(':') ? 6 : 4 }]);
    const fetcher = fetcherFor('', { resolve });
    const { code, message } = await failure(fetcher.get(`http://${name}/`));
    expect(code).toBe('blocked_address');
    if (address !== '' && !name.includes(address)) expect(message).not.toContain(address);
    expect(server.connections()).toBe(0);
  });

  it('are refused on another port than the rule names', async () => {
    const server = await serve((_request, response) => void response.end('secret'));
    expect((await failure(fetcherFor('127.0.0.1:1').get(server.origin))).code).toBe('blocked_address');
    expect(server.connections()).toBe(0);
  });

  it('refuse a name whose answer holds one of them among good ones', async () => {
    const server = await serve((_request, response) => void response.end('secret'));
    const resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`, { resolve });
    const { code, message } = await failure(fetcher.get(`http://mixed.example:${server.port}/`));
    expect(code).toBe('blocked_address');
    expect(message).not.toContain('10.0.0.1');
    expect(server.connections()).toBe(0);
  });

  it('are not reached by a name that answers differently the second time', async () => {
    const secret = await serve((_request, response) => void response.end('secret'));
    let questions = 0;
    const resolve = async () => [{ address: questions++ % 2 === 0 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    const fetcher = fetcherFor('127.0.0.2', { resolve });
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      outcomes.push((await failure(fetcher.get(`http://rebound.example:${secret.port}/`))).code);
    }
    // The permitted address has no listener; what matters is that no permitted answer led to the other one.
    expect(outcomes).toEqual([1, 2, 3].flatMap(() => ['input_unreachable', 'blocked_address']));
    expect([secret.connections(), questions]).toEqual([0, 6]);
  });

  it.each([301, 302, 303, 307, 308])('are not reached by a redirect %i', async (status) => {
    const secret = await serve((_request, response) => void response.end('secret'));
    const targets = [
      `http://127.0.0.1:${secret.port}/`,
      `//127.1:${secret.port}/`,
      `http://name.example:${secret.port}/`,
      `http://[::1]:${secret.port}/`,
      'http://169.254.169.254/latest/meta-data/',
      'http://localhost/',
    ];
    const server = await serve((request, response) => {
      response.writeHead(status, { location: targets[Number(request.url?.slice(1))] ?? '' }).end();
    });
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`, {
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
    for (const index of targets.keys()) {
      const { code } = await failure(fetcher.get(`${server.origin}/${index}`));
      expect(code, targets[index]).toBe('blocked_address');
    }
    expect(secret.connections()).toBe(0);
  });
});

describe('redirects', () => {
  it.each([
    ['file:///etc/passwd', 'invalid_url'],
    ['http://user:password@example.org/', 'invalid_url'],
    ['http://[', 'invalid_url'],
    ['data:image/png;base64,AAAA', 'invalid_url'],
  ])('to %s are refused', async (location, code) => {
    const server = await serve((_request, response) => void response.writeHead(302, { location }).end());
    expect((await failure(fetcherFor(`127.0.0.1:${server.port}`).get(server.origin))).code).toBe(code);
  });

  it('that lead back to themselves end', async () => {
    const server = await serve((_request, response) => void response.writeHead(308, { location: '/' }).end());
    expect((await failure(fetcherFor(`127.0.0.1:${server.port}`).get(server.origin))).code).toBe('input_unreachable');
    expect(server.hits()).toBe(6);
  });

  it('end after five, or without a target', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/nowhere') response.writeHead(302).end();
      else response.writeHead(302, { location: `${request.url}x` }).end();
    });
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`);
    expect(await failure(fetcher.get(`${server.origin}/a`))).toEqual({
      code: 'input_unreachable',
      message: 'redirects more than 5 times',
    });
    expect(server.hits()).toBe(6);
    expect((await failure(fetcher.get(`${server.origin}/nowhere`))).message).toBe('redirects to nowhere');
  });
});

describe('bounds', () => {
  it('refuse an announced length before the body', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '2000000' }).write('x');
    });
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`);
    expect((await failure(fetcher.get(server.origin))).code).toBe('input_too_large');
  });

  it('cut off an endless body, also below a lower bound of the call', async () => {
    let sent = 0;
    const server = await serve((_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const write = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        response.once('drain', write);
      };
      write();
    });
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`);
    expect((await failure(read(fetcher, server.origin))).code).toBe('input_too_large');
    const low = await fetcher.get(server.origin, { maxBytes: 100_000 });
    expect(await failure(buffer(low.stream))).toEqual({
      code: 'input_too_large',
      message: 'is larger than the 0.1 MB that are taken',
    });
    expect(sent).toBeLessThan(20e6);
  });

  it('report a body that is shorter than announced', async () => {
    const port = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort');
    const outcome = await failure(read(fetcherFor(`127.0.0.1:${port}`), `http://127.0.0.1:${port}/`));
    expect(outcome.code).toBe('input_unreachable');
  });

  it('ignore what comes after the announced length', async () => {
    const port = await serveRaw(
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nshort${'x'.repeat(100)}`,
    );
    const fetcher = fetcherFor(`127.0.0.1:${port}`);
    const bytes = await read(fetcher, `http://127.0.0.1:${port}/`).catch(() => Buffer.from('short'));
    expect(bytes.toString()).toBe('short');
  });

  it.each(['gzip', 'br', 'deflate, gzip', 'zstd'])('refuse the encoding %s, and inflate nothing', async (encoding) => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(gzipSync(Buffer.alloc(10_000_000)));
    });
    const outcome = await failure(fetcherFor(`127.0.0.1:${server.port}`).get(server.origin));
    expect(outcome).toMatchObject({ code: 'input_unreachable', message: expect.stringContaining('compressed') });
  });

  it('end a slow drip by the time of the whole job', async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const started = performance.now();
    const outcome = await failure(read(fetcherFor(`127.0.0.1:${server.port}`, { timeoutMs: 300 }), server.origin));
    expect(outcome.code).toBe('input_timeout');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it.each(['headers', 'body', 'connect'])('end a silence before the %s', async (what) => {
    const server = await serve((_request, response) => {
      if (what === 'body') response.writeHead(200).write('x');
    });
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`, {
      timeoutMs: what === 'connect' ? 200 : 20_000,
      headersTimeoutMs: 100,
      bodyTimeoutMs: 100,
      resolve: () => new Promise(() => undefined),
    });
    const url = what === 'connect' ? `http://slow.example:${server.port}/` : server.origin;
    expect((await failure(read(fetcher, url))).code).toBe('input_timeout');
  });

  it('end with the reason of the caller', async () => {
    const server = await serve((_request, response) => void response.writeHead(200).write('x'));
    const fetcher = fetcherFor(`127.0.0.1:${server.port}`);
    const abort = new AbortController();
    const { stream } = await fetcher.get(server.origin, { signal: abort.signal });
    const reason = new Error('cancelled');
    abort.abort(reason);
    await expect(buffer(stream)).rejects.toBe(reason);
    await expect(fetcher.get(server.origin, { signal: abort.signal })).rejects.toBe(reason);
  });

  it('close the connection when the file is not read', async () => {
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const server = await serve((_request, response) => {
      response.on('close', closed).writeHead(200).write('x');
    });
    const { stream } = await fetcherFor(`127.0.0.1:${server.port}`).get(server.origin);
    stream.destroy();
    await isClosed;
  });
});

describe('faults', () => {
  it.each([
    [404, 'answers 404 Not Found instead of the file'],
    [403, 'answers 403 Forbidden instead of the file'],
    [500, 'answers 500 Internal Server Error instead of the file'],
    [204, 'answers 204 No Content instead of the file'],
    [206, 'answers 206 Partial Content instead of the file'],
    [304, 'answers 304 Not Modified instead of the file'],
    [599, 'answers 599 instead of the file'],
  ])('tell the status %i and nothing of the body', async (status, message) => {
    const server = await serve((_request, response) => void response.writeHead(status).end('internal detail'));
    const outcome = await failure(fetcherFor(`127.0.0.1:${server.port}`).get(server.origin));
    expect(outcome).toEqual({ code: 'input_unreachable', message });
  });

  it('tell what the network said', async () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const unknown = fetcherFor('', { resolve: () => Promise.reject(error) }).get('http://unknown.example/');
    expect((await failure(unknown)).message).toBe('cannot be reached: its host name does not exist');

    const free = await serveRaw('');
    const fetcher = fetcherFor(`127.0.0.1:${free}, 127.0.0.9`);
    const refusedBy = await failure(fetcher.get(`http://127.0.0.9:${free}/`));
    expect(refusedBy.message).toBe('cannot be reached: the host refuses connections');
    expect(await failure(fetcher.get(`http://127.0.0.1:${free}/`))).toMatchObject({ code: 'input_unreachable' });
    const overTls = await failure(fetcher.get(`https://127.0.0.1:${free}/`));
    expect(overTls.code).toBe('input_unreachable');
  });

  it.each([
    ['a page of HTTP/0.9', '<html>hello</html>'],
    ['nothing', ''],
    ['half a status line', 'HTTP/1.1 2'],
    ['headers without an end', 'HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\n'],
    ['headers of 20 KB', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(20_000)}\r\n\r\nbody`],
    ['a thousand headers', `HTTP/1.1 200 OK\r\n${'x: aaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1_000)}\r\nbody`],
    ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nbody'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nbody'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody'],
    ['chunks of nonsense', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nbody'],
    ['a chunk that never comes', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\nbody'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'],
    ['a redirect with a header in it', 'HTTP/1.1 302 Found\r\nlocation: http://\u0001/\r\n\r\n'],
  ])('tell that the server answers %s', async (_name, answer) => {
    const port = await serveRaw(answer);
    const fetcher = fetcherFor(`127.0.0.1:${port}`);
    expect((await failure(read(fetcher, `http://127.0.0.1:${port}/`))).code).toMatch(
      /^(input_unreachable|invalid_url)$/,
    );
  });

  it('refuse what is not HTTP', async () => {
    const port = await serveRaw('SSH-2.0-OpenSSH_9.2\r\n');
    const outcome = await failure(fetcherFor(`127.0.0.1:${port}`).get(`http://127.0.0.1:${port}/`));
    expect(outcome.code).toBe('input_unreachable');
    expect(outcome.message).not.toContain('SSH');
  });
});
