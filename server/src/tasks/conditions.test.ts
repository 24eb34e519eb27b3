import { expect, test } from 'vitest';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench } from '../testing/task-bench.ts';

test('a provider that fails again and again is shown as left alone, for a while', async () => {
  const provider = createScriptedProvider({ room: () => 5 });
  provider.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
  const bench = await createTaskBench({ providers: [provider] });
  expect(bench.tasks.conditions()).toEqual([{ name: 'scripted', room: 5, leftAlone: false }]);
  for (let failures = 0; failures < 5; failures += 1) await bench.reached(await bench.accept(), 'uncertain');
  expect(bench.tasks.conditions()).toEqual([{ name: 'scripted', room: 5, leftAlone: true }]);
  bench.clock.now += 30_001;
  expect(bench.tasks.conditions()).toEqual([{ name: 'scripted', room: 5, leftAlone: false }]);
  await bench.close();
});
