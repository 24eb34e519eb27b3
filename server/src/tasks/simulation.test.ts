import { expect, test } from 'vitest';
import { isTerminal, type StatusOutcome, type SubmitOutcome, type TaskState } from '../contract/index.ts';
import { accepted, createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBench, type TaskBench } from '../testing/task-bench.ts';
import { transitions } from './transitions.ts';

/** `REELAY_SIMULATION_SEED` repeats a run, `REELAY_SIMULATION_RUNS` makes more of them. */
const seeds = process.env['REELAY_SIMULATION_SEED']
  ? [Number(process.env['REELAY_SIMULATION_SEED'])]
  : Array.from({ length: Number(process.env['REELAY_SIMULATION_RUNS'] ?? 12) }, (_, index) => 1_000 + index);

type Random = () => number;

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const failure = { code: 'generation_failed', message: 'no' };

/** A moody provider: refuses, stays silent, queues, loses, finishes. */
function moody(random: Random, free: boolean): ScriptedProvider {
  const provider = createScriptedProvider({ free });
  provider.script.start = async (input): Promise<SubmitOutcome> => {
    const mood = random();
    if (mood < 0.1) return { kind: 'refused-final', failure };
    if (mood < 0.25) return { kind: 'unknown', detail: 'the connection broke' };
    if (mood < 0.3) throw new Error('a defect');
    return accepted(input);
  };
  provider.script.status = async (): Promise<StatusOutcome> => {
    const mood = random();
    if (mood < 0.3) return { kind: 'running', progress: random() * 100, checkAfterMs: 10 };
    if (mood < 0.4) return { kind: 'queued', checkAfterMs: 10 };
    if (mood < 0.45) return { kind: 'lost' };
    if (mood < 0.55) return { kind: 'failed', failure, costMicros: 5 };
    if (mood < 0.6) throw new Error('the network is down');
    return { kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 10 };
  };
  provider.script.find = async (input) => {
    const found = random() < 0.5;
    return found
      ? { kind: 'operation', operation: { id: input.attemptId }, operationKey: input.attemptId }
      : { kind: 'not-yet' };
  };
  return provider;
}

async function act(random: Random, at: TaskBench, ids: string[]): Promise<void> {
  const id = ids[Math.floor(random() * ids.length)] ?? '';
  const mood = random();
  at.clock.now += Math.floor(random() * 30_000);
  if (mood < 0.4 || ids.length === 0) ids.push(await at.accept());
  else if (mood < 0.55) await at.tasks.cancel(at.caller.accountId, id).catch(() => undefined);
  else await at.tasks.refresh(await at.get(id));
}

/** Lets everything come to its end: the provider becomes kind, and time passes. */
async function settle(at: TaskBench, provider: ScriptedProvider, ids: readonly string[]): Promise<void> {
  provider.script.status = async () => ({ kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 10 });
  provider.script.start = async (input) => accepted(input);
  await expect
    .poll(
      async () => {
        at.clock.now += 2 * 3_600_000;
        for (const id of ids) await at.tasks.refresh(await at.get(id));
        const tasks = await Promise.all(ids.map((id) => at.get(id)));
        return tasks.filter((task) => !isTerminal(task.state)).map((task) => task.state);
      },
      { timeout: 30_000, interval: 20 },
    )
    .toEqual([]);
}

interface Verdict {
  readonly paidTwice: readonly string[];
  readonly wrongSteps: readonly string[];
  readonly gaps: boolean;
  readonly ended: number;
}

async function judge(at: TaskBench, provider: ScriptedProvider, ids: readonly string[]): Promise<Verdict> {
  const starts = Map.groupBy(provider.started, (input) => input.taskId);
  const events = await at.database.db.selectFrom('events').selectAll().orderBy('id').execute();
  const last = new Map<string, TaskState>(ids.map((id) => [id, 'queued']));
  const wrongSteps: string[] = [];
  for (const event of events.filter(({ kind }) => kind === 'state')) {
    const from = last.get(event.task_id);
    if (from === undefined || from !== event.previous || !transitions[from].includes(event.state)) {
      wrongSteps.push(`${event.task_id}: ${from} → ${event.state}`);
    }
    last.set(event.task_id, event.state);
  }
  return {
    paidTwice: ids.filter((id) => (starts.get(id)?.length ?? 0) > 1),
    wrongSteps,
    gaps: events.some((event, index) => event.id !== index + 1),
    ended: [...last.values()].filter(isTerminal).length,
  };
}

async function simulate(seed: number, free: boolean): Promise<{ readonly verdict: Verdict; readonly tasks: number }> {
  const random = randomFrom(seed);
  const provider = moody(random, free);
  let at = await createTaskBench({ providers: [provider] });
  const ids: string[] = [];
  try {
    for (let step = 0; step < 60; step++) {
      if (random() < 0.05) at = await at.restart();
      await act(random, at, ids);
    }
    await settle(at, provider, ids);
    return { verdict: await judge(at, provider, ids), tasks: ids.length };
  } finally {
    await at.close();
  }
}

test.each(seeds)(
  'simulation with seed %i: every task ends, by allowed steps only, and is paid at most once',
  async (seed) => {
    const { verdict, tasks } = await simulate(seed, false);
    expect(verdict).toEqual({ paidTwice: [], wrongSteps: [], gaps: false, ended: tasks });
  },
);

test('canary: the judge sees it when a task is started twice', async () => {
  // A free provider starts over where a paid one must not: taken for a paid one, it has to be caught.
  const verdicts = await Promise.all([2_001, 2_002, 2_003].map((seed) => simulate(seed, true)));
  expect(verdicts.flatMap(({ verdict }) => verdict.paidTwice).length).toBeGreaterThan(0);
});
