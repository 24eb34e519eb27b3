import { createHash } from 'node:crypto';
import { type Fault, isFault, type Plan } from './script.ts';

/** When a fault strikes: with a chance from 0 to 1, or at every n-th submission. */
export interface FaultRule {
  readonly fault: Fault;
  readonly when: { readonly chance: number } | { readonly every: number };
}

/** Reads `NAME`, `NAME=0.1` and `NAME=every-5`. Undefined where it is none of them. */
export function faultRuleOf(text: string): FaultRule | undefined {
  const [, name = '', when = '1'] = /^([a-z0-9-]+)(?:=(.+))?$/.exec(text) ?? [];
  if (!isFault(name)) return undefined;
  const [, every] = /^every-([1-9]\d{0,5})$/.exec(when) ?? [];
  if (every !== undefined) return { fault: name, when: { every: Number(every) } };
  const chance = /^(\d|\d?\.\d+|\d\.)$/.test(when) ? Number(when) : Number.NaN;
  return chance >= 0 && chance <= 1 ? { fault: name, when: { chance } } : undefined;
}

export interface PlannerOptions {
  /** The first that strikes is the one. */
  readonly rules: readonly FaultRule[];
  readonly seed: number;
  /** How long a job takes, in milliseconds. */
  readonly jobMs: number;
  readonly now: () => number;
}

/** Plans one submission after the other; the same seed strikes the same ones again, whatever other rules there are. */
export function createPlanner({ rules, seed, jobMs, now }: PlannerOptions): () => Plan {
  const drawn = rules.map(({ fault }) => seededRandom(seedOf(`${seed} ${fault}`)));
  let submission = 0;
  return () => {
    submission += 1;
    const numbers = drawn.map((draw) => draw());
    const struck = rules.find(({ when }, index) =>
      'every' in when ? submission % when.every === 0 : (numbers[index] ?? 1) < when.chance,
    );
    return { fault: struck?.fault, endsAt: now() + jobMs };
  };
}

function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

/** Mulberry32: numbers from 0 to below 1. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
