import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface FileServer {
  readonly url: string;
  /** Paths asked for so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Serves the files of a folder on this machine's loopback. `routes` answers paths of its own. */
export async function serveFiles(
  folder: string,
  routes: Readonly<Record<string, RequestListener>> = {},
): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    requests.push(path);
    const route = routes[path];
    if (route !== undefined) {
      route(request, response);
      return;
    }
    const file = join(folder, path.replaceAll('..', ''));
    stat(file).then(
      ({ size }) => {
        response.writeHead(200, { 'Content-Length': size });
        createReadStream(file).pipe(response);
      },
      () => response.writeHead(404).end('no such file'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
