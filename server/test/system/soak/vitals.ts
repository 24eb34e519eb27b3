/** What a process holds while it works. */
import { readdirSync, readFileSync } from 'node:fs';

interface Sample {
  readonly atMs: number;
  readonly megabytes: number;
  readonly handles: number;
}

export interface Vitals {
  readonly samples: readonly Sample[];
  stop(): void;
}

export function handlesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function megabytesOf(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}

/** Looks at the process again and again until it is stopped. */
export function watchVitals(pid: number, intervalMs: number): Vitals {
  const samples: Sample[] = [];
  const look = () => {
    samples.push({ atMs: performance.now(), megabytes: megabytesOf(pid), handles: handlesOf(pid) });
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
