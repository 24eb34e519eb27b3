/** The child's half: tells where it listens and, when asked, what it has used. See `server-process.ts` for the other half. */

export interface Usage {
  /** CPU time of the whole process so far, its garbage collector and thread pool included, in milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

export type Report = { readonly url: string } | Usage;

/** Call once the server listens. The process ends with the bench. */
export function reportTo(bench: NodeJS.Process, url: string): void {
  const send = (report: Report) => bench.send?.(report);
  bench.on('message', () => {
    const { user, system } = process.cpuUsage();
    send({ cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() });
  });
  bench.once('disconnect', () => bench.exit());
  send({ url });
}
