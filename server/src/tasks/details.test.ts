import { afterEach, expect, test } from 'vitest';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, type TaskBench } from '../testing/task-bench.ts';

let bench: TaskBench | undefined;

afterEach(async () => {
  await bench?.close();
});

async function detailsOf(at: TaskBench, ids: readonly string[]) {
  const details = await at.tasks.details(await Promise.all(ids.map(at.get)));
  return ids.map((id) => details.get(id));
}

test('a place in the queue is the number of tasks before it, those of other pages included', async () => {
  bench = await createTaskBench({ providers: [createScriptedProvider({ room: () => 0 })] });
  const ids: string[] = [];
  for (let at = 0; at < 5; at++) {
    ids.push(await bench.accept());
    bench.clock.now += at === 2 ? 0 : 10;
  }
  const positions = async (wanted: readonly string[]) =>
    bench && (await detailsOf(bench, wanted)).map((details) => details?.queuePosition);
  // The third and the fourth came at the same time: neither is before the other.
  expect(await positions(ids)).toEqual([0, 1, 2, 2, 4]);
  expect(await positions([ids[4] ?? '', ids[1] ?? ''])).toEqual([4, 1]);
  await bench.tasks.cancel(bench.caller.accountId, ids[0] ?? '');
  expect(await positions(ids)).toEqual([undefined, 0, 1, 1, 3]);
});

test('the cost is that of all submissions, once it is known', async () => {
  const provider = createScriptedProvider();
  provider.script.start = async () => ({ kind: 'unknown', detail: 'timeout' });
  bench = await createTaskBench({ providers: [provider] });
  const lost = await bench.accept();
  await bench.reached(lost, 'uncertain');
  expect(await detailsOf(bench, [lost])).toEqual([{ queuePosition: undefined, costMicros: undefined }]);
  await bench.close();

  const refusing = createScriptedProvider({ name: 'refusing' });
  refusing.script.start = async () => ({
    kind: 'refused-elsewhere',
    failure: { code: 'provider_unavailable', message: '' },
  });
  const making = createScriptedProvider({ name: 'making' });
  making.script.status = async () => ({
    kind: 'failed',
    failure: { code: 'content_policy_violation', message: 'no' },
    costMicros: 70_000,
  });
  bench = await createTaskBench({ providers: [refusing, making] });
  const failed = await bench.accept();
  await bench.reached(failed, 'failed');
  expect(await detailsOf(bench, [failed])).toEqual([{ queuePosition: undefined, costMicros: 70_000 }]);
});
