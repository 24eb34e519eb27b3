import type { Model } from '../../contract/index.ts';
import { act } from './actions.ts';
import type { Guard } from './guards.ts';
import { judge } from './judge.ts';
import type { MemoryDatabase } from './memory-database.ts';
import { balanceNow, settle } from './settle.ts';
import { settled } from './timeline.ts';
import { caller, World } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly database: MemoryDatabase;
  readonly model: Model;
  /** A guard that is taken out, to see whether the judge notices. */
  readonly without?: Guard;
  readonly trace?: (line: string) => void;
}

export interface Verdict {
  readonly seed: number;
  /** What is wrong; empty where nothing is. */
  readonly faults: readonly string[];
  /** What the schedule has come across, and how often. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Runs one schedule from its first step to its judgement. The same seed runs the same way. */
export async function simulate(options: SimulationOptions): Promise<Verdict> {
  const { database, seed } = options;
  database.clear();
  const world = new World(options);
  database.statement('insert into accounts (id, name, created_at) values (?, ?, 1)').run(caller.accountId, 'account');
  world.startNode();
  const steps = world.random.between(20, 100);
  for (let step = 0; step < steps; step++) {
    await act(world);
    await settled();
  }
  const faults = (await settle(world)) ? [] : ['it never came to rest'];
  const balance = await balanceNow(world);
  const verdict = {
    seed,
    faults: [...faults, ...judge(world, balance)],
    counts: world.facts.counts,
  };
  for (const { machine } of world.nodes) machine.kill();
  return verdict;
}
