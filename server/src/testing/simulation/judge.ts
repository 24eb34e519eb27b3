import { isTerminal, type TaskState } from '../../contract/index.ts';
import type { Balance } from '../../tasks/balance.ts';
import { transitions } from '../../tasks/transitions.ts';
import { type Change, type Journal, readJournal } from './journal.ts';
import type { Job } from './vendor.ts';
import type { World } from './world.ts';

interface TaskRow {
  readonly id: string;
  readonly state: TaskState;
  readonly provider: string;
  readonly attempt_id: string | null;
  readonly phase: string;
  readonly progress: number;
  readonly estimated_cost_micros: number;
}

interface AttemptRow {
  readonly id: string;
  readonly task_id: string;
  readonly provider: string;
  readonly operation_key: string | null;
  readonly cost_micros: number | null;
}

interface Charge {
  readonly attempt_id: string;
  readonly task_id: string;
  readonly cost_micros: number;
}

interface Evidence {
  readonly world: World;
  readonly journal: Journal;
  readonly tasks: ReadonlyMap<string, TaskRow>;
  readonly attempts: ReadonlyMap<string, AttemptRow>;
  readonly ledger: ReadonlyMap<string, Charge>;
  /** Of vendors that cost money, by attempt. */
  readonly paidJobs: ReadonlyMap<string, Job>;
  /** What the account is told; undefined where nobody answers. */
  readonly balance: Balance | undefined;
}

/** The invariants; each answers what speaks against it. */
const laws: readonly ((evidence: Evidence) => readonly string[])[] = [
  everyTaskEnds,
  everyTaskIsPaidOnce,
  noStateMovesBackwards,
  everyChangeHasItsEvent,
  noOperationIsDropped,
  theLedgerAddsUp,
  nothingStaysReserved,
  nothingIsSentAfterCancel,
  resultsAreTheTasksOwn,
  removedResultsAreGone,
  acceptsReplay,
  ({ world }) => world.facts.defects.map((defect) => `a defect: ${defect}`),
];

/** What is wrong with a schedule that has come to its end. */
export function judge(world: World, balance: Balance | undefined): readonly string[] {
  const { raw } = world.options.database;
  const all = <Row>(table: string) => raw.prepare(`select * from ${table}`).all() as Row[];
  const jobs = world.vendors.filter(({ traits }) => !traits.free).flatMap((vendor) => [...vendor.jobs.values()]);
  const evidence: Evidence = {
    world,
    journal: readJournal(raw),
    tasks: new Map(all<TaskRow>('tasks').map((row) => [row.id, row])),
    attempts: new Map(all<AttemptRow>('attempts').map((row) => [row.id, row])),
    ledger: new Map(all<Charge>('ledger').map((row) => [row.attempt_id, row])),
    paidJobs: new Map(jobs.map((job) => [job.attemptId, job])),
    balance,
  };
  return laws.flatMap((law) => law(evidence));
}

function everyTaskEnds({ world, tasks }: Evidence): readonly string[] {
  const open = [...tasks.values()].filter(({ state }) => !isTerminal(state));
  const gone = world.facts.known().filter((id) => !tasks.has(id) && !world.facts.removed.has(id));
  const undone = [...world.facts.cancelled].filter((id) => (tasks.get(id)?.state ?? 'cancelled') !== 'cancelled');
  return [
    ...open.map(({ id, state }) => `${id} was accepted and is still ${state}`),
    ...gone.map((id) => `${id} was accepted and is gone`),
    ...undone.map((id) => `${id} was cancelled and is now ${tasks.get(id)?.state}`),
  ];
}

function everyTaskIsPaidOnce({ world, paidJobs }: Evidence): readonly string[] {
  const byTask = Map.groupBy(paidJobs.values(), ({ taskId }) => taskId);
  const twice = [...byTask].filter(([id, jobs]) => jobs.length > 1 && !world.facts.riskedTwice.has(id));
  const late = world.vendors.flatMap((vendor) => vendor.late);
  return [
    ...twice.map(([id, jobs]) => `${id} was paid ${jobs.length} times: ${jobs.map(({ key }) => key)}`),
    ...late.map((attemptId) => `${attemptId} was sent after its deadline`),
  ];
}

function noStateMovesBackwards({ journal }: Evidence): readonly string[] {
  const last = new Map<string, TaskState>();
  return journal.changes.flatMap((change) => {
    const faults = faultsOf(change, last.get(change.task_id) ?? 'queued');
    last.set(change.task_id, change.state);
    return faults;
  });
}

function faultsOf(change: Change, expected: TaskState): readonly string[] {
  const { task_id: id, previous, state, seq_before, seq_after, progress_before, progress_after } = change;
  const moved = previous !== state || seq_before !== seq_after;
  const isClaim = previous === state && !isTerminal(state);
  const faults = [];
  if (previous !== expected) faults.push(`${id} was ${expected} and is then taken for ${previous}`);
  if (moved && !isClaim && !transitions[previous].includes(state))
    faults.push(`${id} went from ${previous} to ${state}`);
  if (moved && seq_after !== seq_before + 1) faults.push(`${id} went from seq ${seq_before} to ${seq_after}`);
  if (progress_after < progress_before) faults.push(`the progress of ${id} fell`);
  if ((progress_after === 100) !== (state === 'succeeded')) faults.push(`${id} is ${state} at ${progress_after} %`);
  return faults;
}

function everyChangeHasItsEvent({ journal }: Evidence): readonly string[] {
  const line = ({ task_id, previous, state }: Pick<Change, 'task_id' | 'previous' | 'state'>) =>
    `${task_id}: ${previous} → ${state}`;
  const told = journal.events.filter(({ kind, previous, state }) => kind === 'state' && previous !== state).map(line);
  const changed = journal.changes.filter(({ previous, state }) => previous !== state).map(line);
  const gaps = journal.events.filter(({ id }, index) => id !== index + 1);
  return [
    ...(told.join() === changed.join() ? [] : [`events tell ${told.join(', ')}; rows went ${changed.join(', ')}`]),
    ...gaps.slice(0, 1).map(({ id }) => `the event ids have a gap before ${id}`),
  ];
}

/** An operation that a process had in its hands is on its attempt's row, unless that process died before it could write. */
function noOperationIsDropped({ world, journal, attempts }: Evidence): readonly string[] {
  const settledBefore = new Set(
    journal.removedAttempts.filter(({ cost_micros }) => cost_micros !== null).map(({ attempt_id }) => attempt_id),
  );
  return world.facts.answered
    .filter(({ machine, isStored }) => isStored || !machine.dead)
    .filter(({ attemptId, key }) => attempts.get(attemptId)?.operation_key !== key && !settledBefore.has(attemptId))
    .map(
      ({ attemptId, key, machine }) => `${machine.name} was answered ${key}, which is not stored under ${attemptId}`,
    );
}

/** What vendors charged for jobs that the server knows of is in the ledger, each once, to the micro-dollar, and nothing else is. */
function theLedgerAddsUp({ world, attempts, ledger, paidJobs, balance }: Evidence): readonly string[] {
  const faults: string[] = [];
  for (const { attempt_id: id, cost_micros: cost } of ledger.values()) {
    const job = paidJobs.get(id);
    if (job === undefined) faults.push(`${id} was charged ${cost} and no vendor took it`);
    else if (job.costMicros !== cost) faults.push(`${id} was charged ${cost} and cost ${job.costMicros}`);
  }
  for (const { id, operation_key: key } of attempts.values()) {
    const job = paidJobs.get(id);
    if (key === null || job === undefined || !isLearnable(world, job)) continue;
    if (job.costMicros > 0 && !ledger.has(id)) faults.push(`${id} cost ${job.costMicros} and was not charged`);
  }
  const sum = [...ledger.values()].reduce((total, charge) => total + charge.cost_micros, 0);
  if (balance?.chargedMicros !== sum) faults.push(`the balance says ${balance?.chargedMicros}, the ledger ${sum}`);
  return faults;
}

/** A vendor that shows the job as running for ever, or that forgets it, never says what it cost. */
function isLearnable({ timeline }: World, { end, lostAt }: Job): boolean {
  return end !== 'stuck' && lostAt > timeline.now;
}

/** Only where nobody knows whether a submission was taken does its reservation stand. */
function nothingStaysReserved({ tasks, attempts, balance }: Evidence): readonly string[] {
  const unsettled = new Set(
    [...attempts.values()].filter(({ cost_micros }) => cost_micros === null).map(({ task_id }) => task_id),
  );
  const reserved = [...tasks.values()].filter(
    ({ id, estimated_cost_micros: estimate }) => estimate > 0 && unsettled.has(id),
  );
  const sum = reserved.reduce((total, task) => total + task.estimated_cost_micros, 0);
  const faults = reserved
    .filter(({ phase }) => JSON.parse(phase).error?.code !== 'submission_unknown')
    .map(({ id, state }) => `${id} is ${state}, and what was reserved for it still is`);
  if (balance?.reservedMicros !== sum) faults.push(`the balance has ${balance?.reservedMicros} reserved, not ${sum}`);
  return faults;
}

/** What the client asked for before the attempt was begun is heeded: nothing is sent under it. */
function nothingIsSentAfterCancel({ world, journal }: Evidence): readonly string[] {
  const sent = new Set(world.vendors.flatMap((vendor) => vendor.sent));
  return journal.attempts
    .filter(({ attempt_id, after_cancel }) => after_cancel === 1 && sent.has(attempt_id))
    .map(({ attempt_id, task_id }) => `${attempt_id} of ${task_id} was sent though its client had asked to cancel`);
}

/** A task that is gone has taken its results along; one whose removal broke off may have lost them, and can be removed again. */
function removedResultsAreGone({ world, tasks }: Evidence): readonly string[] {
  const gone = [...world.facts.removed].filter(([id]) => !tasks.has(id));
  const left = gone.filter(([, assetIds]) => assetIds.some((assetId) => world.shelf.items.has(assetId)));
  return left.map(([id]) => `${id} was deleted, and its result is still there`);
}

function resultsAreTheTasksOwn({ world, tasks }: Evidence): readonly string[] {
  return [...tasks.values()]
    .filter(({ id, state }) => state === 'succeeded' && !world.facts.removed.has(id))
    .flatMap(({ id, attempt_id, phase }) => {
      const keys = (JSON.parse(phase).outputs as { readonly assetId: string }[]).map(
        ({ assetId }) => world.shelf.items.get(assetId)?.job,
      );
      const isOwn = keys.length === 1 && keys[0] === `job-${attempt_id}`;
      return isOwn ? [] : [`${id} has succeeded with ${keys} instead of the job of ${attempt_id}`];
    });
}

/** Requests under one key make one set of tasks, and every answer names it. */
function acceptsReplay({ world, tasks }: Evidence): readonly string[] {
  return world.facts.intents
    .filter(({ idempotencyKey }) => idempotencyKey !== undefined)
    .flatMap(({ sent, answers, idempotencyKey }) => {
      const made = sent.filter((ids) => ids.some((id) => tasks.has(id) || world.facts.removed.has(id)));
      const told = new Set(answers.map((ids) => ids.join()));
      const isOne = made.length === 1 && told.size === 1 && told.has(made[0]?.join() ?? '');
      return isOne
        ? []
        : [`${idempotencyKey} made ${made.length} sets of tasks and told of ${[...told].join(' and ')}`];
    });
}
