import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** What a process has of it after much has outlived many collections, in MB. */
const churn = `
  const { boundYoungMemory } = await import(process.argv[1]);
  if (process.argv[2] === 'bound') boundYoungMemory();
  const kept = [];
  for (let at = 0; at < 2_000_000; at++) kept[at % 60_000] = { at: [at] };
  const { getHeapSpaceStatistics } = await import('node:v8');
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(Math.round(young.space_size / 1024 ** 2));`;

async function megabytes(how: 'bound' | 'left alone'): Promise<number> {
  const script = ['--input-type=module', '-e', churn, '--', join(import.meta.dirname, 'young-memory.ts'), how];
  const { stdout } = await run(process.execPath, script);
  return Number(stdout);
}

test('young memory stays at 16 MB, where it would grow', async () => {
  expect(await megabytes('bound')).toBe(16);
  expect(await megabytes('left alone')).toBeGreaterThan(16);
});
