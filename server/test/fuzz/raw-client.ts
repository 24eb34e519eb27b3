import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A request as its bytes go out: nothing mends it on the way. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, as they stand in the request's first line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** What is wrong with how the request is put together; nothing else has to be answered. */
  readonly framing?: 'short-body' | 'long-body' | 'two-lengths' | 'length-and-chunks' | 'bad-chunk' | 'no-host' | 'cut';
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The whole head, as it came. */
  readonly head: string;
}

/** How long an answer may take, in milliseconds: far above what any route needs on a busy machine. */
const patienceMs = 60_000;

/** Sends on a connection of its own. Undefined where the server closed it without an answer. Throws where it hangs. */
export function sendRaw(
  { hostname, port }: URL,
  request: RawRequest,
  timeoutMs: number = patienceMs,
): Promise<RawAnswer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end of the answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(readAnswer(Buffer.concat(chunks)));
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      // A stream of events has no end.
      if (chunks.length === 1 && /^content-type: text\/event-stream/im.test(chunk.toString('latin1'))) finish();
    });
    socket.on('close', finish);
    // A server that refuses a body may close before all of it was sent.
    socket.on('error', finish);
    socket.write(bytesOf(request));
    if (request.framing === 'short-body' || request.framing === 'cut') socket.end();
  });
}

export function bytesOf({ method, target, headers, body, framing }: RawRequest): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(framing === 'no-host' ? [] : ['Host: 127.0.0.1']),
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...lengthLines(body.length, framing),
  ];
  const isChunked = framing === 'length-and-chunks' || framing === 'bad-chunk';
  const chunk = framing === 'bad-chunk' ? 'zz' : body.length.toString(16);
  const payload = isChunked ? [Buffer.from(`${chunk}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')] : [body];
  const whole = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), ...payload]);
  return framing === 'cut' ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
}

function lengthLines(length: number, framing: RawRequest['framing']): readonly string[] {
  switch (framing) {
    case 'short-body':
      return [`Content-Length: ${length + 10}`];
    case 'long-body':
      return [`Content-Length: ${Math.max(0, length - 5)}`];
    case 'two-lengths':
      return [`Content-Length: ${length}`, `Content-Length: ${length + 1}`];
    case 'length-and-chunks':
      return [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'];
    case 'bad-chunk':
      return ['Transfer-Encoding: chunked'];
    case 'no-host':
    case 'cut':
    case undefined:
      return length === 0 ? [] : [`Content-Length: ${length}`];
    default:
      return framing satisfies never;
  }
}

function readAnswer(bytes: Buffer): RawAnswer | undefined {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? [];
  if (end < 0 || status === undefined) return undefined;
  const head = text.slice(0, end);
  const headers = Object.fromEntries(
    head
      .split('\r\n')
      .slice(1)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const length = Number(headers['content-length'] ?? bytes.length);
  const payload = bytes.subarray(end + 4, end + 4 + length);
  const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(payload) : payload).toString('utf8');
  return { status: Number(status), headers, head, body };
}
