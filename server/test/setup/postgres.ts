/** Starts one PostgreSQL for the whole run. What a test does to a cluster itself, it does to one of its own. */
import type { TestProject } from 'vitest/node';
import { startPostgresCluster } from '../../src/testing/postgres-cluster.ts';

/** Nothing here has to outlive a power cut. */
const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startPostgresCluster({ settings: careless });
  project.provide('postgresUrl', cluster.url);
  return () => cluster.remove();
}
