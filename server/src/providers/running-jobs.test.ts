import { expect, it } from 'vitest';
import { RunningJobs } from './running-jobs.ts';

const pausesOf = (jobs: RunningJobs, looks: number) =>
  Array.from({ length: looks }, () => jobs.unclear('a').checkAfterMs);

it('looks later and later, up to a bound', () => {
  expect(pausesOf(new RunningJobs(() => 0), 6)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 120_000]);
});

it('takes the pauses of a provider', () => {
  const jobs = new RunningJobs(() => 0, { firstMs: 8_000, longestMs: 60_000, missingMs: 4_000 });
  expect(pausesOf(jobs, 5)).toEqual([8_000, 16_000, 32_000, 60_000, 60_000]);
  expect(jobs.missing('a')).toEqual({ kind: 'running', checkAfterMs: 4_000 });
});

it('keeps the state that was last seen while looks tell nothing', () => {
  const jobs = new RunningJobs(() => 0);
  jobs.seen('a', 'queued');
  expect(jobs.unclear('a').kind).toBe('queued');
  expect(jobs.missing('a').kind).toBe('queued');
});
