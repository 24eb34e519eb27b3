import { afterEach, describe, expect, test } from 'vitest';
import { accepted, createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, type TaskBench } from '../testing/task-bench.ts';

/** Jobs that carry no mark are known by their content, and two may have the same. */

let at: TaskBench;
afterEach(() => at.close());

const searchPauseMs = 20_000;
const job = (id: string) => ({ operation: { id }, operationKey: id });
const unclear = { kind: 'unknown' as const, detail: 'the connection broke' };

/** Answers no submission clearly, and shows these jobs to every search. */
async function unmarking(shown: readonly string[]): Promise<ScriptedProvider> {
  const provider = createScriptedProvider();
  provider.script.start = async () => unclear;
  provider.script.find = async () => ({ kind: 'candidates', candidates: shown.map(job) });
  at = await createTaskBench({ providers: [provider] });
  return provider;
}

const prompted = (prompt: string) => ({
  request: { operation: 'text-to-video' as const, prompt, inputs: [], options: {}, durationSeconds: 2 },
});

/** Has the provider searched once more for the task's submission; the outcome of that is in its row. */
async function looksAgain(provider: ScriptedProvider, id: string): Promise<void> {
  const isLookedAt = async () => {
    const task = await at.get(id);
    return task.state !== 'uncertain' || task.dueAt > at.clock.now;
  };
  // The look that came with the state has to be over: it would take the later time for its own.
  await expect.poll(isLookedAt, { timeout: 5_000 }).toBe(true);
  if ((await at.get(id)).state !== 'uncertain') return;
  const { find } = provider.script;
  const looked = Promise.withResolvers<void>();
  provider.script.find = async (input) => {
    if (input.taskId === id) looked.resolve();
    return (await find?.(input)) ?? { kind: 'not-yet' };
  };
  at.clock.now += searchPauseMs;
  await looked.promise;
  await expect.poll(isLookedAt, { timeout: 5_000 }).toBe(true);
}

describe('a job without a mark', () => {
  test('is the attempt’s where it is the only one', async () => {
    await unmarking(['job-1']);
    expect(await at.reached(await at.accept(), 'running')).toMatchObject({ state: 'running' });
  });

  test('is nobody’s where there are two', async () => {
    const provider = await unmarking(['job-1', 'job-2']);
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    await looksAgain(provider, id);
    expect(await at.get(id)).toMatchObject({ state: 'uncertain' });
  });

  test('is the attempt’s where the others have owners', async () => {
    const shown: string[] = [];
    const provider = await unmarking(shown);
    provider.script.start = async (input) => accepted(input);
    await at.reached(await at.accept(), 'running');
    provider.script.start = async () => unclear;
    const id = await at.accept();
    await at.reached(id, 'uncertain');
    shown.push(provider.started[0]?.attemptId ?? '', 'job-2');
    await looksAgain(provider, id);
    await at.reached(id, 'running');
  });

  test('attack: duplicate: of two submissions for one prompt, either may have made it', async () => {
    const provider = await unmarking([]);
    const twins = [await at.accept(), await at.accept()];
    for (const id of twins) await at.reached(id, 'uncertain');
    const other = await at.accept(prompted('a mountain'));
    await at.reached(other, 'uncertain');
    provider.script.find = async ({ request }) => ({ kind: 'candidates', candidates: [job(request.prompt)] });
    for (const id of twins) await looksAgain(provider, id);
    await at.reached(other, 'running');
    for (const id of twins) expect(await at.get(id)).toMatchObject({ state: 'uncertain' });
    // Also once the other has been given up.
    at.clock.now += 3 * 3_600_000;
    for (const id of twins)
      expect(await at.reached(id, 'failed')).toMatchObject({ error: { code: 'submission_unknown' } });
    expect(provider.started).toHaveLength(3);
  });

  test('attack: duplicate: it may be that of a submission whose answer is on its way', async () => {
    const shown: string[] = [];
    const provider = await unmarking(shown);
    const uncertain = await at.accept();
    await at.reached(uncertain, 'uncertain');
    const answer = Promise.withResolvers<void>();
    provider.script.start = async () => {
      shown.push('job-1');
      await answer.promise;
      return { kind: 'accepted', ...job('job-1') };
    };
    const slow = await at.accept();
    await expect.poll(() => shown, { timeout: 5_000 }).toHaveLength(1);
    await looksAgain(provider, uncertain);
    expect(await at.get(uncertain)).toMatchObject({ state: 'uncertain' });
    answer.resolve();
    await at.reached(slow, 'running');
    await looksAgain(provider, uncertain);
    expect(await at.get(uncertain)).toMatchObject({ state: 'uncertain' });
  });

  test('of long ago may be anybody’s: the search says since when the attempt is', async () => {
    const provider = await unmarking([]);
    const since: number[] = [];
    const begun = at.clock.now;
    provider.script.find = async ({ createdAt }) => {
      since.push(createdAt);
      return { kind: 'not-yet' };
    };
    await at.reached(await at.accept(), 'uncertain');
    await expect.poll(() => since.length, { timeout: 5_000 }).toBeGreaterThan(0);
    expect(since[0]).toBe(begun);
  });
});

test('a submission that is answered with the job of another attempt is searched for', async () => {
  const provider = await unmarking([]);
  provider.script.start = async () => ({ kind: 'accepted', ...job('job-1') });
  await at.reached(await at.accept(), 'running');
  const second = await at.accept();
  await at.reached(second, 'uncertain');
  expect(provider.started).toHaveLength(2);
});

test('a clock that is set ahead ends no search before its time has passed', async () => {
  const provider = await unmarking([]);
  const id = await at.accept();
  await at.reached(id, 'uncertain');
  await looksAgain(provider, id);
  at.clock.setBackMs = -24 * 3_600_000;
  at.clock.now += 24 * 3_600_000;
  await looksAgain(provider, id);
  expect(await at.get(id)).toMatchObject({ state: 'uncertain' });
  at.clock.now += 3 * 3_600_000;
  expect(await at.reached(id, 'failed')).toMatchObject({ error: { code: 'submission_unknown' } });
});
