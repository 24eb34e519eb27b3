import { collectDefaultMetrics, Registry } from 'prom-client';
import {
  databaseFaults,
  type FileTotals,
  isTerminal,
  liveStates,
  type ProviderCall,
  storageFaults,
  type Telemetry,
  webhookRefusals,
} from '../contract/index.ts';
import type { TaskCensus } from '../tasks/census.ts';
import type { ProviderCondition } from '../tasks/tasks.ts';
import type { WaitingDeliveries } from '../webhooks/deliveries.ts';
import { createInstruments } from './instruments.ts';

/** What is looked up when somebody reads the metrics, and not counted as it happens. */
export interface Surroundings {
  readonly providers: readonly ProviderCondition[];
  readonly openStreams: number;
  readonly files: () => Promise<readonly FileTotals[]>;
  readonly databaseBytes: () => Promise<number>;
  readonly freeBytes: () => Promise<number | undefined>;
  readonly deliveries: () => Promise<WaitingDeliveries>;
}

export interface Metrics {
  readonly contentType: string;
  /** Whether anybody has read them so far: what costs every request is not counted before. */
  isRead(): boolean;
  /** Takes what happens; to be handed to those to whom it happens. */
  readonly telemetry: Telemetry;
  /** All metrics in Prometheus' text format. */
  read(surroundings: Surroundings): Promise<string>;
}

type Instruments = ReturnType<typeof createInstruments>;

/** Outcomes of a call that the provider gave no answer of use to. */
const unanswered = ['unanswered', 'unreadable', 'unknown', 'error'];

const deliveryOutcomes = ['delivered', 'retried', 'failed'] as const;

const submissionOutcomes = ['accepted', 'refused-final', 'refused-elsewhere', 'unknown'];

/** The metrics of one server. Counts from its start; two servers in one process share nothing. */
export function createMetrics({ census, now }: { readonly census: TaskCensus; readonly now: () => number }): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  let isRead = false;
  return {
    contentType: registry.contentType,
    isRead: () => isRead,
    telemetry: telemetryOf(instruments, census),
    async read(surroundings) {
      // Watching the event loop wakes it 100 times a second: only where somebody reads it.
      if (!isRead) collectDefaultMetrics({ register: registry });
      isRead = true;
      const { providers, openStreams } = surroundings;
      instruments.streams.set(openStreams);
      setProviders(instruments, providers);
      startReasons(instruments);
      // What the database does not tell now is left out: that it does not is what somebody has to see.
      await Promise.allSettled([
        census.take().then(
          (taken) => setTasks(instruments, { ...taken, providers, now: now() }),
          () => resetTasks(instruments),
        ),
        setStores(instruments, surroundings),
        surroundings.deliveries().then((waiting) => setDeliveries(instruments, { ...waiting, now: now() })),
      ]);
      return registry.metrics();
    },
  };
}

function telemetryOf(instruments: Instruments, census: TaskCensus): Telemetry {
  return {
    accepted(tasks, seconds) {
      census.accepted(tasks);
      instruments.acceptDuration.observe(seconds);
      for (const { api, operation } of tasks) instruments.accepted.inc({ api, operation });
    },
    moved(previous, task) {
      census.moved(previous, task);
      const { operation, state } = task;
      if (!('completedAt' in task) || !isTerminal(state)) return;
      instruments.taskDuration.observe({ operation, state }, (task.completedAt - task.createdAt) / 1_000);
    },
    settled: (provider, costMicros) => instruments.cost.inc({ provider }, costMicros / 1_000_000),
    posted: (provider) => instruments.paidPosts.inc({ provider }),
    called({ provider, method, outcome, seconds }) {
      counterOf(instruments, method).inc({ provider, outcome: submitted(method, outcome) });
      instruments.callDuration.observe({ provider, method }, seconds);
      if (!unanswered.includes(outcome) && method !== 'webhook') instruments.lastAnswer.setToCurrentTime({ provider });
    },
    webhookRefused: (reason) => instruments.webhooksRefused.inc({ reason }),
    delivered: (outcome) => instruments.deliveries.inc({ outcome }),
    rendered: (seconds) => instruments.renderDuration.observe(seconds),
    answered({ method, route, status }) {
      instruments.requests.inc({ method, route, status: `${Math.floor(status / 100)}xx` });
    },
    databaseFailed: (reason) => instruments.databaseErrors.inc({ reason }),
    storageFailed: (reason) => instruments.storageErrors.inc({ reason }),
    addressRefused: () => instruments.addressesRefused.inc(),
  };
}

function counterOf(instruments: Instruments, method: ProviderCall['method']) {
  const counters = {
    start: instruments.submissions,
    status: instruments.polls,
    find: instruments.finds,
    cancel: instruments.cancels,
    webhook: instruments.webhooks,
  };
  return counters[method];
}

/** A provider that threw while starting left the outcome unknown. */
function submitted(method: ProviderCall['method'], outcome: string): string {
  return method === 'start' && outcome === 'error' ? 'unknown' : outcome;
}

async function setStores(
  { files, fileBytes, databaseBytes, freeBytes }: Instruments,
  surroundings: Surroundings,
): Promise<void> {
  for (const gauge of [files, fileBytes, databaseBytes, freeBytes]) gauge.reset();
  const free = await surroundings.freeBytes();
  if (free !== undefined) freeBytes.set(free);
  databaseBytes.set(await surroundings.databaseBytes());
  for (const { purpose, count, bytes } of await surroundings.files()) {
    files.set({ purpose }, count);
    fileBytes.set({ purpose }, bytes);
  }
}

/** A counter that is first seen at 1 shows no rise: these are the ones that alerts are made of. */
function startReasons({ webhooksRefused, deliveries, databaseErrors, storageErrors }: Instruments): void {
  for (const outcome of deliveryOutcomes) deliveries.inc({ outcome }, 0);
  for (const reason of webhookRefusals) webhooksRefused.inc({ reason }, 0);
  for (const reason of databaseFaults) databaseErrors.inc({ reason }, 0);
  for (const reason of storageFaults) storageErrors.inc({ reason }, 0);
}

function setProviders(instruments: Instruments, providers: Surroundings['providers']): void {
  for (const { name: provider, room, leftAlone } of providers) {
    instruments.room.set({ provider }, room);
    instruments.circuitOpen.set({ provider }, leftAlone ? 1 : 0);
    instruments.cost.inc({ provider }, 0);
    instruments.paidPosts.inc({ provider }, 0);
    for (const outcome of submissionOutcomes) instruments.submissions.inc({ provider, outcome }, 0);
  }
}

function resetTasks({ tasks, oldestQueued, reserved }: Instruments): void {
  for (const gauge of [tasks, oldestQueued, reserved]) gauge.reset();
}

function setDeliveries(
  { deliveriesWaiting, oldestDelivery }: Instruments,
  { count, oldestAt, now }: WaitingDeliveries & { readonly now: number },
): void {
  deliveriesWaiting.set(count);
  oldestDelivery.set(Math.max(0, now - (oldestAt ?? now)) / 1_000);
}

function setTasks(
  instruments: Instruments,
  {
    tallies,
    oldestQueuedAt,
    unsettledMicros,
    providers,
    now,
  }: Awaited<ReturnType<TaskCensus['take']>> & { readonly providers: Surroundings['providers']; readonly now: number },
): void {
  resetTasks(instruments);
  const { tasks, oldestQueued, reserved } = instruments;
  const names = providers.map(({ name }) => name);
  for (const provider of names) for (const state of liveStates) tasks.set({ provider, state }, 0);
  for (const provider of new Set([...names, ...oldestQueuedAt.keys()])) {
    const since = oldestQueuedAt.get(provider) ?? now;
    oldestQueued.set({ provider }, Math.max(0, now - since) / 1_000);
  }
  for (const provider of names) reserved.set({ provider }, 0);
  for (const [provider, micros] of unsettledMicros) reserved.inc({ provider }, micros / 1_000_000);
  for (const { provider, state, tasks: count, reservedMicros } of tallies) {
    tasks.set({ provider, state }, Math.max(0, count));
    reserved.inc({ provider }, Math.max(0, reservedMicros) / 1_000_000);
  }
}
