/** The child's half: tells where it listens and, when asked, what it has used. See `server-process.ts` for the other half. */

export interface Usage {
  /** CPU time of the whole process so far, its garbage collector and thread pool included, in milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
  /** Bytes handed to the file system so far, the database's included. */
  readonly writtenBytes: number;
}

/** Bytes of one unit of `fsWrite`: the block of getrusage on Linux. */
const fileSystemBlock = 512;

export type Report = { readonly url: string } | Usage;

/** Call once the server listens. The process ends with the bench. */
export function reportTo(bench: NodeJS.Process, url: string): void {
  const send = (report: Report) => bench.send?.(report);
  bench.on('message', () => {
    const { user, system } = process.cpuUsage();
    const writtenBytes = process.resourceUsage().fsWrite * fileSystemBlock;
    send({ cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss(), writtenBytes });
  });
  bench.once('disconnect', () => bench.exit());
  send({ url });
}
