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

test('the bench runs and measures everything; how fast is not looked at', async () => {
  const { stdout } = await run(process.execPath, [entry, '--quick', '--json']);
  const { machine, plan, reads, accepts, memory, fanOut, runningJobs, toldJobs, notMeasured } = JSON.parse(stdout);
  const { writtenBytes, ...looks } = runningJobs;
  const figures = numbersOf({ reads, accepts, memory, fanOut, looks, toldJobs });
  expect(figures.length).toBeGreaterThanOrEqual(44);
  expect(writtenBytes).toBeGreaterThanOrEqual(0);
  expect(figures.filter(([, figure]) => !(figure > 0))).toEqual([]);
  expect(fanOut.received).toBe(plan.streamClients * plan.streamEvents);
  expect(machine.versions).toMatchObject({ node: process.versions.node, fastify: expect.any(String) });
  expect(notMeasured.length).toBeGreaterThan(3);
}, 120_000);
