import { collectDefaultMetrics, Registry } from 'prom-client';
import { isTerminal, liveStates, type ProviderCall, type Telemetry, webhookRefusals } from '../contract/index.ts';
import type { TaskCensus } from '../tasks/census.ts';
import type { ProviderCondition } from '../tasks/tasks.ts';
import { createInstruments } from './instruments.ts';

/** What is looked up when somebody reads the metrics, and not counted as it happens. */
export interface Surroundings {
  readonly providers: readonly ProviderCondition[];
  readonly openStreams: number;
}

export interface Metrics {
  readonly contentType: string;
  /** Takes what happens; to be handed to those to whom it happens. */
  readonly telemetry: Telemetry;
  /** All metrics in Prometheus' text format. */
  read(surroundings: Surroundings): Promise<string>;
}

type Instruments = ReturnType<typeof createInstruments>;

const submissionOutcomes = ['accepted', 'refused-final', 'refused-elsewhere', 'unknown'];

/** The metrics of one server. Counts from its start; two servers in one process share nothing. */
export function createMetrics({ census, now }: { readonly census: TaskCensus; readonly now: () => number }): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  let watchesProcess = false;
  return {
    contentType: registry.contentType,
    telemetry: telemetryOf(instruments, census),
    async read(surroundings) {
      // Watching the event loop wakes it 100 times a second: only where somebody reads it.
      if (!watchesProcess) collectDefaultMetrics({ register: registry });
      watchesProcess = true;
      const taken = await census.take();
      setProviders(instruments, surroundings);
      setTasks(instruments, { ...taken, providers: surroundings.providers, now: now() });
      return registry.metrics();
    },
  };
}

function telemetryOf(instruments: Instruments, census: TaskCensus): Telemetry {
  return {
    accepted(tasks) {
      census.accepted(tasks);
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
    },
    webhookRefused: (reason) => instruments.webhooksRefused.inc({ reason }),
    rendered: (seconds) => instruments.renderDuration.observe(seconds),
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

function setProviders(instruments: Instruments, { providers, openStreams }: Surroundings): void {
  instruments.streams.set(openStreams);
  for (const reason of webhookRefusals) instruments.webhooksRefused.inc({ reason }, 0);
  for (const { name: provider, room, leftAlone } of providers) {
    instruments.room.set({ provider }, room);
    instruments.circuitOpen.set({ provider }, leftAlone ? 1 : 0);
    // A counter that is first seen at 1 shows no rise: these are the ones that alerts are made of.
    instruments.cost.inc({ provider }, 0);
    instruments.paidPosts.inc({ provider }, 0);
    for (const outcome of submissionOutcomes) instruments.submissions.inc({ provider, outcome }, 0);
  }
}

function setTasks(
  { tasks, oldestQueued, reserved }: Instruments,
  {
    tallies,
    oldestQueuedAt,
    unsettledMicros,
    providers,
    now,
  }: Awaited<ReturnType<TaskCensus['take']>> & { readonly providers: Surroundings['providers']; readonly now: number },
): void {
  for (const gauge of [tasks, oldestQueued, reserved]) gauge.reset();
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
