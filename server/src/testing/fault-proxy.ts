import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

/** What a server does that is not well. */
export type ServerFault =
  /** Answers this status at once. */
  | { readonly kind: 'status'; readonly status: number }
  /** Breaks the connection once this many bytes of the request's body have come. */
  | { readonly kind: 'cut-request'; readonly bytes: number }
  /** Breaks the connection once this many bytes of the answer's body have gone. */
  | { readonly kind: 'cut-answer'; readonly bytes: number }
  /** Has the work done and breaks the connection instead of answering. */
  | { readonly kind: 'lose-answer' }
  /** Takes the request and says nothing. */
  | { readonly kind: 'stall' };

export interface FaultProxy {
  readonly url: string;
  /** Requests that came, as `PUT /bucket/key`; the query is left out. */
  readonly seen: readonly string[];
  /** From now on requests fail so, those alone where `of` is true of what `seen` says of them. Undefined: none. */
  fail(fault: ServerFault | undefined, of?: (request: string) => boolean): void;
  close(): Promise<void>;
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly target: string;
}

function cut({ incoming, outgoing }: Exchange): void {
  incoming.socket.destroy();
  outgoing.destroy();
}

function forward(exchange: Exchange, fault: ServerFault | undefined): void {
  const { incoming, outgoing, target } = exchange;
  const { method, url = '/', headers } = incoming;
  // The host stays as it was asked for: it is signed.
  const passed = ask(target + url, { method, headers }, (answer) => {
    if (fault?.kind === 'lose-answer') {
      answer.resume().on('end', () => cut(exchange));
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    if (fault?.kind === 'cut-answer') {
      let sent = 0;
      answer.on('data', (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, Math.max(0, fault.bytes - sent)));
        sent += chunk.length;
        if (sent >= fault.bytes) setImmediate(() => cut(exchange));
      });
      return;
    }
    pipeline(answer, outgoing, () => undefined);
  });
  passed.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
  outgoing.on('close', () => passed.destroy());
  if (fault?.kind === 'cut-request') {
    let come = 0;
    incoming.on('data', (chunk: Buffer) => {
      come += chunk.length;
      passed.write(chunk);
      if (come >= fault.bytes) cut(exchange);
    });
    return;
  }
  incoming.pipe(passed);
}

/** A proxy on the loopback before one server, which is well until it is told to be otherwise. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const seen: string[] = [];
  let fault: ServerFault | undefined;
  let isMeant: (request: string) => boolean = () => true;
  const server = createServer((incoming, outgoing) => {
    const what = `${incoming.method} ${incoming.url?.split('?')[0]}`;
    seen.push(what);
    const now = fault !== undefined && isMeant(what) ? fault : undefined;
    if (now?.kind === 'status') {
      incoming.resume();
      outgoing.writeHead(now.status, { connection: 'close' }).end();
    } else if (now?.kind !== 'stall') forward({ incoming, outgoing, target }, now);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fail(next, of = () => true) {
      fault = next;
      isMeant = of;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
