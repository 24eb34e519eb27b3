import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const entry = join(import.meta.dirname, '..', '..', '..', 'bench', 'main.ts');

/** Every number of a report with its path, such as `reads.floor.cpuMicros`. */
function numbersOf(value: unknown, path = ''): readonly (readonly [path: string, value: number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => numbersOf(inner, path === '' ? name : `${path}.${name}`));
}

/** Without the flag the section is left out that installs others' servers and takes as long as all the rest. */
const isWhole = process.env['REELAY_BENCH'] === '1';
const names = [
  ...(isWhole ? ['requests'] : []),
  'many',
  'memory',
  'events',
  'streams',
  'ends',
  'told',
  'jobs',
  'files',
];

/** Nothing new is nothing to write, and what is added to a floor may be lost in the noise of so short a run. */
const mayBeNone = /writtenBytes|added|bytesPerClient|rssBytes/i;

test('the bench runs and measures everything; how fast is not looked at', async () => {
  const only = names.flatMap((name) => ['--only', name]);
  const { stdout } = await run(process.execPath, [entry, '--quick', '--json', ...only]);
  const { machine, sections, leftOut, notMeasured } = JSON.parse(stdout);
  expect(Object.keys(sections)).toEqual(names);
  expect(leftOut).toEqual([]);
  const figures = numbersOf(sections);
  expect(figures.length).toBeGreaterThanOrEqual(isWhole ? 60 : 40);
  expect(figures.filter(([path, figure]) => !(figure > 0) && !mayBeNone.test(path))).toEqual([]);
  const { figures: told } = sections.events;
  expect(told.received).toBe(told.clients * told.events);
  expect(machine.versions).toMatchObject({ node: process.versions.node, fastify: expect.any(String) });
  expect(notMeasured.length).toBeGreaterThan(3);
}, 120_000);
