import { beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import type { Model } from '../contract/index.ts';
import type { Guard } from '../testing/simulation/guards.ts';
import { MemoryDatabase } from '../testing/simulation/memory-database.ts';
import { simulate, type Verdict } from '../testing/simulation/simulate.ts';

/**
 * A simulation of the task loop: the real one on a real SQLite in memory, in a world that a seed decides, with time that
 * passes only when told to.
 *
 * `REELAY_SIMULATION_RUNS=10000` runs more schedules than `npm test` does, `REELAY_SIMULATION_SEED=57` repeats one and
 * prints what happens in it.
 *
 * It covers: a process that dies before or after any statement, commit, call of a provider or of the library, and what it
 * had not committed is gone; one that freezes there past its deadline or its lease while a second one takes over, and
 * wakes; a stop in good order; statements that fail and databases that are locked; wake-ups that come twice, late, early
 * or never; webhooks the same, and forged ones; cancels, deletes and the operator's word at any moment; vendors that
 * accept unheard, swallow, decline, forget, moderate, charge for failures and never finish; accepts that are repeated.
 *
 * It does not cover: sockets and what a provider's own code makes of an answer (its deadline look is played here by the
 * vendor; `providers/exchange.test.ts` has the real one); the bytes of files; a disk that loses what was synced; a reader
 * that sees the database as it was before a transaction under way (here it waits); clocks that differ between processes
 * or go backwards; event streams; expiry; a provider taken out of the configuration; a finder that names a job which is
 * another attempt's.
 */

const fixedRuns = 1_000;
const seedAsked = process.env['REELAY_SIMULATION_SEED'];
const runs = Number(process.env['REELAY_SIMULATION_RUNS'] ?? fixedRuns);

/** Schedules in which the lack of a guard has to show. */
const canaryRuns = 400;

/** What the fixed slice has to come across: a simulation in which nothing happens proves nothing. */
const encounters = [
  'crash while queued',
  'crash while preparing',
  'crash while submitting',
  'crash while uncertain',
  'crash while running',
  'crash while storing',
  'woke past the deadline',
  'second process',
  'stop',
  'webhook',
  'webhook before the answer',
  'forged webhook',
  'cancel answered submitting',
  'cancel answered uncertain',
  'cancel answered cancelled',
  'deleted task',
  'replayed accept',
  'resolved: attach',
  'resolved: resubmit',
  'resolved: fail',
  'vendor accepts',
  'vendor accepts-unheard',
  'vendor swallows',
  'vendor unreachable',
  'vendor refuses',
  'vendor declines',
  'vendor throws',
];

let database: MemoryDatabase;
let model: Model;

beforeAll(async () => {
  database = await MemoryDatabase.open();
  const found = (await loadCatalogue()).model('grok-imagine-text-to-video');
  if (found === undefined) throw new Error('the catalogue lacks text-to-video');
  model = found;
});

async function traceOf(seed: number, without?: Guard): Promise<readonly string[]> {
  const lines: string[] = [];
  await simulate({ seed, database, model, trace: (line) => lines.push(line), ...(without && { without }) });
  return lines;
}

/** A schedule at fault is run again for its trace: the same seed runs the same way. */
async function sound(verdict: Verdict): Promise<void> {
  if (verdict.faults.length === 0) return;
  const trace = await traceOf(verdict.seed);
  throw new Error([`REELAY_SIMULATION_SEED=${verdict.seed}`, ...verdict.faults, '', ...trace].join('\n'));
}

test.runIf(seedAsked !== undefined)('the schedule that was asked for', async () => {
  const seed = Number(seedAsked);
  for (const line of await traceOf(seed)) process.stdout.write(`${line}\n`);
  await sound(await simulate({ seed, database, model }));
});

describe.skipIf(seedAsked !== undefined)('the task loop', () => {
  test(
    `keeps its promises in ${runs} schedules`,
    async () => {
      const met = new Map<string, number>();
      for (let seed = 1; seed <= runs; seed++) {
        const verdict = await simulate({ seed, database, model });
        await sound(verdict);
        for (const [what, times] of verdict.counts) met.set(what, (met.get(what) ?? 0) + times);
      }
      if (runs >= fixedRuns) expect(encounters.filter((what) => !met.has(what))).toEqual([]);
    },
    60_000 + runs * 200,
  );

  test('runs the same way again from the same seed', async () => {
    for (const seed of [7, 8, 9]) expect(await traceOf(seed)).toEqual(await traceOf(seed));
  });
});

describe.skipIf(seedAsked !== undefined)('canary: the judge sees it where a guard is missing', () => {
  test.each<[Guard, RegExp]>([
    ['seq', /went from/],
    ['operation-whatever-seq', /which is not stored under/],
    ['deadline', /was sent after its deadline/],
  ])('%s', async (without, charge) => {
    let caught: string | undefined;
    let seed = 0;
    while (caught === undefined && seed < canaryRuns) {
      seed += 1;
      const { faults } = await simulate({ seed, database, model, without });
      caught = faults.find((fault) => charge.test(fault));
    }
    expect(caught, `${canaryRuns} schedules`).toBeDefined();
    process.stdout.write(`without ${without}, caught by seed ${seed}: ${caught}\n`);
    expect(await simulate({ seed, database, model })).toMatchObject({ faults: [] });
  });
});
