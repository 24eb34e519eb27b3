import type { Provider } from '../server/dist/contract/index.js';

/** Takes the place of the server's providers: tasks are accepted and wait, so that no rendering takes part in a figure. */
export function createProviders(): readonly Provider[] {
  const unused = async () => {
    throw new Error('a provider without room was given a task');
  };
  return [
    {
      name: 'local',
      free: true,
      standIn: true,
      longestJobMs: 3_600_000,
      serves: () => true,
      honours: () => [],
      room: () => 0,
      start: unused,
      status: unused,
    },
  ];
}
