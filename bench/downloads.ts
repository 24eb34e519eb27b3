import { connect, type Socket } from 'node:net';

export interface Download {
  /** Of `http://host:port/path`. */
  readonly url: string;
  /** Bytes of each answer's body. */
  readonly bytes: number;
  /** Of the file; each request asks for another `bytes` of it, where that is less. */
  readonly fileBytes: number;
  readonly amount: number;
  readonly connections: number;
}

/** Room that a socket's bytes are read into: they are counted, and not looked at. */
const roomBytes = 1024 * 1024;

/** Fetches again and again over kept connections; answers bytes of bodies per second. Takes as little of the machine as it can. */
export async function measureDownloads(download: Download): Promise<number> {
  let left = download.amount;
  let place = 0;
  const next = (): string | undefined => {
    if (left === 0) return undefined;
    left -= 1;
    place = (place + download.bytes) % Math.max(1, download.fileBytes - download.bytes + 1);
    return requestOf(download, place);
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: download.connections }, () => fetchAll(download, next)));
  return (download.amount * download.bytes) / ((performance.now() - startedAt) / 1_000);
}

function requestOf({ url, bytes, fileBytes }: Download, from: number): string {
  const { host, pathname, search } = new URL(url);
  const range = bytes === fileBytes ? '' : `Range: bytes=${from}-${from + bytes - 1}\r\n`;
  return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${range}\r\n`;
}

function fetchAll(download: Download, next: () => string | undefined): Promise<void> {
  const { hostname, port } = new URL(download.url);
  return new Promise((resolve, reject) => {
    /** Bytes of the body that are still to come; undefined before its head was read. */
    let missing: number | undefined;
    const ask = () => {
      const request = next();
      missing = undefined;
      if (request === undefined) socket.destroy();
      else socket.write(request);
    };
    const socket: Socket = connect({
      host: hostname,
      port: Number(port),
      onread: {
        buffer: Buffer.allocUnsafe(roomBytes),
        callback(length, room) {
          try {
            missing = missing === undefined ? bodyAfterHead(room as Buffer, length, download) : missing - length;
          } catch (error) {
            socket.destroy(error as Error);
            return false;
          }
          if (missing === 0) ask();
          return true;
        },
      },
    });
    socket
      .on('connect', ask)
      .on('error', reject)
      .on('close', () => resolve());
  });
}

/** Bytes of the body that did not come with its head. The head comes whole: it is shorter than a packet. */
function bodyAfterHead(room: Buffer, length: number, { url, bytes, fileBytes }: Download): number {
  const text = room.toString('latin1', 0, Math.min(length, 4_096));
  const end = text.indexOf('\r\n\r\n');
  const status = bytes === fileBytes ? 200 : 206;
  const given = Number(/^content-length: (\d+)\r$/im.exec(text)?.[1]);
  if (end < 0 || !text.startsWith(`HTTP/1.1 ${status} `) || given !== bytes) {
    throw new Error(`${url} answered ${text.slice(0, 200)}`);
  }
  return given - (length - end - 4);
}
