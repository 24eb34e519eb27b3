import { defineConfig } from 'vitest/config';

/**
 * Projects: `renderer` and `server` are the module tests; `system` starts real processes and `browser` a real browser, one file
 * at a time.
 */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
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
      { extends: true, test: { name: 'system', include: ['server/test/system/**/*.test.ts'], fileParallelism: false } },
      { extends: true, test: { name: 'browser', include: ['workbench/test/**/*.test.ts'], fileParallelism: false } },
    ],
  },
});
