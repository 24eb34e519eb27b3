import { afterEach, describe, expect, test } from 'vitest';
import { type ErrorCode, ReelayError } from '../errors.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches, type TaskBench } from '../testing/task-bench.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const dayMs = 24 * 3_600_000;
const done = { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 70 } as const;
const request = {
  operation: 'text-to-video' as const,
  prompt: 'a sea',
  inputs: [{ role: 'image' as const, url: 'https://example.com/a.png', field: 'image_url' }],
  options: {},
};

type Method = 'ingest' | 'prepareInput' | 'materialise';

/** Lets a method of the library fail from now on; answers how often it was asked, and what mends it. */
function breakDown(at: TaskBench, method: Method, code: ErrorCode = 'storage_unavailable') {
  const working = at.media[method];
  const state = { calls: 0, mend: () => Object.assign(at.media, { [method]: working }) };
  const broken = async () => {
    state.calls += 1;
    throw new ReelayError(code, 'nobody there');
  };
  Object.assign(at.media, { [method]: broken });
  return state;
}

/** Lets time pass until the method was asked so often. */
async function asked(at: TaskBench, broken: { readonly calls: number }, times: number): Promise<void> {
  await expect
    .poll(
      () => {
        at.clock.now += 31_000;
        return broken.calls;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThanOrEqual(times);
}

describe('while the file storage cannot be reached', () => {
  test.each([
    ['free', true],
    ['paid', false],
  ])('a %s result waits, and is neither made again nor paid again', async (_, free) => {
    const provider = createScriptedProvider({ free });
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const broken = breakDown(at, 'ingest');
    const id = await at.accept();
    await asked(at, broken, 4);
    expect((await at.get(id)).state).toBe('storing');
    broken.mend();
    at.clock.now += 31_000;
    await at.reached(id, 'succeeded');
    expect(provider.started).toHaveLength(1);
  });

  test('a result is given up after a day, with the reason', async () => {
    const provider = createScriptedProvider({ free: true });
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const broken = breakDown(at, 'ingest');
    const id = await at.accept();
    await asked(at, broken, 1);
    at.clock.now += dayMs + 1;
    expect(await at.reached(id, 'failed')).toMatchObject({ error: { code: 'storage_unavailable' } });
  });

  test.each([
    ['prepareInput', 'storage_unavailable'],
    ['materialise', 'storage_unavailable'],
    // What ffprobe and FFmpeg end with where somebody kills them.
    ['prepareInput', 'service_unavailable'],
  ] as const)('inputs wait (%s, %s); nothing is sent meanwhile', async (method, code) => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const broken = breakDown(at, method, code);
    const id = await at.accept({ request });
    await asked(at, broken, 3);
    expect((await at.get(id)).state).toBe(method === 'prepareInput' ? 'preparing' : 'submitting');
    expect(provider.started).toHaveLength(0);
    broken.mend();
    at.clock.now += 600_000;
    await at.reached(id, 'running');
    expect(provider.started).toHaveLength(1);
  });

  test('a task that waits can be cancelled for nothing', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const broken = breakDown(at, 'materialise');
    const id = await at.accept({ request });
    await asked(at, broken, 2);
    await at.tasks.cancel(at.caller.accountId, id);
    // Asked for in the midst of a try, it takes effect at the next one.
    const stateLater = async () => {
      at.clock.now += 31_000;
      return (await at.get(id)).state;
    };
    await expect.poll(stateLater, { timeout: 20_000 }).toBe('cancelled');
    expect(provider.started).toHaveLength(0);
    expect(await at.tasks.balance(at.caller.accountId)).toEqual({ chargedMicros: 0, reservedMicros: 0 });
  });

  test('a paid result waits a day for a disk that is full, and its vendor is asked less and less often', async () => {
    const provider = createScriptedProvider();
    provider.script.status = async () => done;
    const at = await bench({ providers: [provider] });
    const broken = breakDown(at, 'ingest', 'storage_full');
    const id = await at.accept();
    await asked(at, broken, 2);
    at.clock.now += dayMs - 3_600_000;
    const { calls } = broken;
    await expect.poll(() => broken.calls, { timeout: 20_000 }).toBeGreaterThan(calls);
    const pauseMs = async () => {
      const task = await at.get(id);
      return task.state === 'storing' ? task.dueAt - at.clock.now : task.state;
    };
    await expect.poll(pauseMs).toBe(10 * 60_000);
    broken.mend();
    at.clock.now += 11 * 60_000;
    await at.reached(id, 'succeeded');
    expect(provider.started).toHaveLength(1);
  });

  test('a task that has waited for its turn for days is as patient as any other', async () => {
    let room = 0;
    const provider = createScriptedProvider({ room: () => room });
    const at = await bench({ providers: [provider] });
    const broken = breakDown(at, 'prepareInput');
    const id = await at.accept({ request });
    at.clock.now += 3 * dayMs;
    expect((await at.get(id)).state).toBe('queued');
    room = 1;
    await asked(at, broken, 3);
    broken.mend();
    at.clock.now += 31_000;
    await at.reached(id, 'running');
  });

  test('an unclear submission is looked for once its inputs can be read, also when its time is over', async () => {
    const provider = createScriptedProvider();
    provider.script.start = async () => ({ kind: 'unknown', detail: 'no answer' });
    provider.script.find = async ({ attemptId }) => ({
      kind: 'operation',
      operation: { id: attemptId },
      operationKey: attemptId,
    });
    const at = await bench({ providers: [provider] });
    let broken: ReturnType<typeof breakDown> | undefined;
    const { start } = provider.script;
    provider.script.start = async (input) => {
      broken = breakDown(at, 'materialise');
      return start(input);
    };
    const id = await at.accept({ request });
    await at.reached(id, 'uncertain');
    at.clock.now += dayMs;
    await asked(at, broken ?? { calls: 0 }, 2);
    broken?.mend();
    at.clock.now += 31_000;
    await at.reached(id, 'running');
    expect(provider.started).toHaveLength(1);
  });
});
