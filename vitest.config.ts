import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { useRunFolder } from './server/test/setup/run-folder.ts';
import { SpreadWaitingFiles } from './server/test/setup/spread-waiting-files.ts';

useRunFolder();

/**
 * Projects: `renderer` and `server` are the module tests; `contract` asks a whole server in the test's process; `postgres` and `s3`
 * run suites again on the real PostgreSQL and object store; `system` starts real processes and `browser` a real browser. Many
 * files mostly wait for others, so three at a time keep two cores busy. Where every file imports the whole server, they share
 * one import: two thirds of the CPU (measured on ten files of `contract`, 46 and 30 s).
 */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A second, the default, is little for a page while three files run on two cores.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    sequence: { sequencer: SpreadWaitingFiles },
    projects: [
      {
        extends: true,
        test: { name: 'renderer', include: ['renderer/src/**/*.test.ts', 'renderer/test/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['server/src/**/*.test.ts', 'server/test/*.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'contract', isolate: false, include: ['server/test/contract/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          isolate: false,
          globalSetup: ['server/test/setup/postgres.ts'],
          setupFiles: ['server/test/setup/databases.ts'],
          env: { REELAY_TEST_DATABASE: 'postgres' },
          include: ['server/src/{tasks,webhooks}/*.test.ts', 'server/test/contract/*.test.ts'],
          // The same on every database: one brings a database of its own, the others are about documents, addresses and vendors.
          exclude: ['**/simulation.test.ts', '**/{openapi,hostile-urls,own-server}.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 's3', globalSetup: ['server/test/setup/swift.ts'], include: ['server/test/s3/**/*.test.ts'] },
      },
      { extends: true, test: { name: 'system', include: ['server/test/system/**/*.test.ts'] } },
      { extends: true, test: { name: 'browser', include: ['workbench/test/**/*.test.ts'] } },
    ],
  },
});
