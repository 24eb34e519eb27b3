import { expect, test } from 'vitest';
import type { Provider, StartInput } from '../contract/index.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench } from '../testing/task-bench.ts';
import { limited } from './limited.ts';

const inputOf = (attemptId: string) => ({ attemptId }) as StartInput;

function bench(submitsPerMinute: number) {
  const clock = { now: 1_000_000 };
  const scripted = createScriptedProvider();
  return { clock, scripted, provider: limited(scripted, { submitsPerMinute, now: () => clock.now }) };
}

test('each submission takes room for a minute', async () => {
  const { clock, provider } = bench(2);
  expect(provider.room()).toBe(2);
  await provider.start(inputOf('a'));
  clock.now += 20_000;
  await provider.start(inputOf('b'));
  expect(provider.room()).toBe(0);
  clock.now += 39_999;
  expect(provider.room()).toBe(0);
  clock.now += 1;
  expect(provider.room()).toBe(1);
  clock.now += 20_000;
  expect(provider.room()).toBe(2);
});

test("the provider's own room counts where it is smaller", () => {
  const scripted = createScriptedProvider({ room: () => 1 });
  expect(limited(scripted, { submitsPerMinute: 5, now: () => 0 }).room()).toBe(1);
});

test('what comes past the room is not sent, and is told when there is room again', async () => {
  const { clock, scripted, provider } = bench(1);
  await provider.start(inputOf('a'));
  clock.now += 15_000;
  expect(await provider.start(inputOf('b'))).toMatchObject({
    kind: 'refused-elsewhere',
    failure: { code: 'provider_unavailable' },
    retryAfterMs: 45_000,
  });
  expect(scripted.started.map(({ attemptId }) => attemptId)).toEqual(['a']);
  clock.now += 45_000;
  expect(await provider.start(inputOf('b'))).toMatchObject({ kind: 'accepted' });
});

test('tasks wait as queued until the minute is over', async () => {
  const scripted = createScriptedProvider();
  const clock = { now: 1_800_000_000_000 };
  const provider: Provider = limited(scripted, { submitsPerMinute: 2, now: () => clock.now });
  const bench = await createTaskBench({ providers: [provider], clock });
  const ids = [await bench.accept(), await bench.accept(), await bench.accept()];
  const [first = '', second = '', third = ''] = ids;
  await bench.reached(first, 'running');
  await bench.reached(second, 'running');
  expect((await bench.get(third)).state).toBe('queued');
  expect(scripted.started).toHaveLength(2);
  clock.now += 60_000;
  await bench.reached(third, 'running');
  expect(scripted.started).toHaveLength(3);
  await bench.close();
});
