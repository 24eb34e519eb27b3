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
  expect(jobs.missing('a')).toEqual({ kind: 'running', checkAfterMs: 4_000, unclear: 'not-known' });
});

it('keeps the state that was last seen while looks tell nothing', () => {
  const jobs = new RunningJobs(() => 0);
  jobs.seen('a', 'queued');
  expect(jobs.unclear('a').kind).toBe('queued');
  expect(jobs.missing('a').kind).toBe('queued');
});

it.each([
  [429, { 'retry-after': '45' }, 45_000, 'limited'],
  [503, { 'retry-after': '45' }, 45_000, 'limited'],
  [503, { 'retry-after': '1' }, 5_000, 'limited'],
  [503, {}, 5_000, 'limited'],
  [500, { 'retry-after': '45' }, 45_000, 'unreadable'],
  [200, {}, 5_000, 'unreadable'],
])('after %i with %j waits %i ms', (status, headers, checkAfterMs, unclear) => {
  const jobs = new RunningJobs(() => 0);
  expect(jobs.unclear('a', { status, headers })).toEqual({ kind: 'running', checkAfterMs, unclear });
});

it('says that no answer came', () => {
  expect(new RunningJobs(() => 0).unclear('a').unclear).toBe('unanswered');
});
