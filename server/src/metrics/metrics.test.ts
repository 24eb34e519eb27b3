import { expect, test } from 'vitest';
import type { TaskCensus } from '../tasks/census.ts';
import { createMetrics } from './metrics.ts';

test('while the database does not answer, what needs none is told all the same', async () => {
  const refuse = () => Promise.reject(new Error('the database does not answer'));
  const census = { take: refuse } as unknown as TaskCensus;
  const metrics = createMetrics({ census, now: Date.now });
  metrics.telemetry.databaseFailed('unreachable');
  const surroundings = { files: refuse, databaseBytes: refuse, deliveries: refuse, freeBytes: async () => 5e9 };
  const text = await metrics.read({
    ...surroundings,
    providers: [{ name: 'vendor', room: 3, leftAlone: false }],
    openStreams: 2,
  });
  expect(text).toContain('reelay_database_errors_total{reason="unreachable"} 1');
  expect(text).toContain('reelay_provider_room{provider="vendor"} 3');
  expect(text).toContain('reelay_sse_clients 2');
  expect(text).toContain('reelay_disk_free_bytes 5000000000');
  expect(text).not.toMatch(/^reelay_tasks\{/m);
});
