import { defineConfig } from 'vitest/config';
import { useRunFolder } from './server/test/setup/run-folder.ts';

useRunFolder();

/**
 * Projects: `renderer` and `server` are the module tests; `system` starts real processes and `browser` a real browser. Those
 * two mostly wait for others, so three files at a time keep two cores busy; more would only get in each other's way.
 */
const besideEachOther = { maxWorkers: 3, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: { name: 'renderer', include: ['renderer/src/**/*.test.ts', 'renderer/test/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['server/src/**/*.test.ts', 'server/test/contract/**/*.test.ts', 'server/test/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          globalSetup: ['server/test/setup/postgres.ts'],
          setupFiles: ['server/test/setup/databases.ts'],
          env: { REELAY_TEST_DATABASE: 'postgres' },
          include: ['server/src/{tasks,webhooks}/*.test.ts', 'server/test/contract/*.test.ts'],
        },
      },
      {
        extends: true,
        test: { name: 's3', globalSetup: ['server/test/setup/swift.ts'], include: ['server/test/s3/**/*.test.ts'] },
      },
      { extends: true, test: { ...besideEachOther, name: 'system', include: ['server/test/system/**/*.test.ts'] } },
      { extends: true, test: { ...besideEachOther, name: 'browser', include: ['workbench/test/**/*.test.ts'] } },
    ],
  },
});
