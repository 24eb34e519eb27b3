import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/** Stands between a client and a server, so that a test can part them. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks what is open and refuses what comes. */
  cut(): void;
  /** Lets connections stand, but nothing passes, as behind a firewall that drops packets. */
  stall(): void;
  /** Each piece of data passes this much later, in milliseconds. */
  delay(ms: number): void;
  /** Everything passes at once again; what stood still goes on. */
  mend(): void;
  close(): Promise<void>;
}

/** Hands on what comes, in its order. */
function delayed(delayMs: () => number): Transform {
  return new Transform({
    transform: (chunk, _encoding, done) =>
      void (delayMs() > 0 ? setTimeout(done, delayMs(), null, chunk) : done(null, chunk)),
  });
}

type State = 'open' | 'cut' | 'stalled';

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  let state: State = 'open';
  let delayMs = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      from.pipe(delayed(() => delayMs)).pipe(to);
      if (state === 'stalled') from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
    },
    stall() {
      state = 'stalled';
      for (const socket of sockets) socket.pause();
    },
    delay(ms) {
      delayMs = ms;
    },
    mend() {
      state = 'open';
      delayMs = 0;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
