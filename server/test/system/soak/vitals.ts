/** What a process holds while it works. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Sample {
  readonly atMs: number;
  /** Resident memory, and the parts of it that are the process's own, and pages of files: the program's, the database's. */
  readonly megabytes: number;
  readonly ownMegabytes: number;
  readonly fileMegabytes: number;
  /** What was in use after the engine had last collected all its garbage; 0 before the first time. */
  readonly heapMegabytes: number;
  readonly handles: number;
}

export interface Vitals {
  readonly samples: readonly Sample[];
  stop(): void;
}

/** Run by the process before anything else: has the file say what is in use each time that all garbage has been collected. */
export const tellingHeap = (path: string): string => `
  import { writeFileSync } from 'node:fs';
  import { constants, PerformanceObserver } from 'node:perf_hooks';
  const isWhole = ({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
  new PerformanceObserver((list) => {
    if (list.getEntries().some(isWhole)) writeFileSync(${JSON.stringify(path)} + process.pid, String(process.memoryUsage().heapUsed));
  }).observe({ entryTypes: ['gc'] });`;

export function handlesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function memoryOf(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024;
  return {
    megabytes: megabytes('VmRSS'),
    ownMegabytes: megabytes('RssAnon'),
    fileMegabytes: megabytes('RssFile') + megabytes('RssShmem'),
  };
}

function heapMegabytesOf(path: string): number {
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) / 2 ** 20 : 0;
}

/** Looks at the process again and again until it is stopped. `heap` is the file that `tellingHeap` was given. */
export function watchVitals(
  { pid, heap }: { readonly pid: number; readonly heap: string },
  intervalMs: number,
): Vitals {
  const samples: Sample[] = [];
  const look = () => {
    const [heapMegabytes, handles] = [heapMegabytesOf(heap + pid), handlesOf(pid)];
    samples.push({ atMs: performance.now(), ...memoryOf(pid), heapMegabytes, handles });
  };
  look();
  const timer = setInterval(look, intervalMs);
  return { samples, stop: () => clearInterval(timer) };
}

/** How fast the values grow, in an hour, by least squares. */
export function slopePerHour(samples: readonly Sample[], measure: (sample: Sample) => number): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const hoursOf = ({ atMs }: Sample) => atMs / 3_600_000;
  const [middle, level] = [mean(hoursOf), mean(measure)];
  const spread = samples.reduce((sum, one) => sum + (hoursOf(one) - middle) ** 2, 0);
  return samples.reduce((sum, one) => sum + (hoursOf(one) - middle) * (measure(one) - level), 0) / spread;
}

/** Means of ten equal parts of the time, and how fast the values grow, over all of it and over its second half. */
export function courseOf(samples: readonly Sample[], measure: (sample: Sample) => number) {
  const parts = Array.from({ length: 10 }, (_, part) => {
    const within = samples.slice((part * samples.length) / 10, ((part + 1) * samples.length) / 10);
    return Math.round((10 * within.reduce((sum, one) => sum + measure(one), 0)) / within.length) / 10;
  });
  const perHour = Math.round(slopePerHour(samples, measure));
  const perHourLater = Math.round(slopePerHour(samples.slice(samples.length / 2), measure));
  return { parts, perHour, perHourLater };
}
