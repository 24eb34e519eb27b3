import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface PathProxy {
  /** Where the server is to be seen, with the path and without a slash at the end. */
  readonly url: string;
  /** From now on requests go on to this address. */
  forwardTo(url: string): void;
  close(): Promise<void>;
}

/** A reverse proxy that shows a server under a path, which it takes away before it asks. All other paths are not there. */
export async function startPathProxy(path: string): Promise<PathProxy> {
  let target: string | undefined;
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    if (target === undefined || !url.startsWith(`${path}/`)) {
      outgoing.writeHead(404).end('the proxy knows no such path');
      return;
    }
    const passed = ask(target + url.slice(path.length), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      pipeline(answer, outgoing, () => undefined);
    });
    passed.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    forwardTo(url) {
      target = url;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
