import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Bounds of the histograms, in seconds. */
const taskSeconds = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200];
const callSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Of a commit to disk that several submissions share. */
const acceptSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const renderSeconds = [0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

/**
 * Every metric of ours. Labels have few values: names of configured providers, and words of the contract. Nothing that
 * a client sends is a label.
 */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  return {
    ...taskInstruments(registers),
    ...providerInstruments(registers),
    ...deliveryInstruments(registers),
    ...hostInstruments(registers),
  };
}

function taskInstruments(registers: Registry[]) {
  return {
    accepted: new Counter({
      name: 'reelay_tasks_accepted_total',
      help: 'Tasks accepted.',
      labelNames: ['api', 'operation'],
      registers,
    }),
    acceptDuration: new Histogram({
      name: 'reelay_accept_duration_seconds',
      help: 'From a checked request to its tasks on disk.',
      buckets: acceptSeconds,
      registers,
    }),
    tasks: new Gauge({
      name: 'reelay_tasks',
      help: 'Tasks that have not ended.',
      labelNames: ['provider', 'state'],
      registers,
    }),
    oldestQueued: new Gauge({
      name: 'reelay_oldest_queued_task_age_seconds',
      help: 'How long the longest-waiting queued task has waited; 0 where none waits.',
      labelNames: ['provider'],
      registers,
    }),
    taskDuration: new Histogram({
      name: 'reelay_task_duration_seconds',
      help: 'From accepting a task to its end.',
      labelNames: ['operation', 'state'],
      buckets: taskSeconds,
      registers,
    }),
  };
}

function providerInstruments(registers: Registry[]) {
  const outcomes = { labelNames: ['provider', 'outcome'], registers };
  const provider = { labelNames: ['provider'], registers };
  return {
    submissions: new Counter({
      ...outcomes,
      name: 'reelay_provider_submissions_total',
      help: 'Submissions by what became of them. After unknown nothing is ever sent again by itself.',
    }),
    paidPosts: new Counter({
      ...provider,
      name: 'reelay_provider_paid_posts_total',
      help: 'POSTs that left for a provider and could cost money.',
    }),
    polls: new Counter({
      ...outcomes,
      name: 'reelay_provider_polls_total',
      help: 'Looks at jobs. limited is 429 or 503; unreadable, unanswered and not-known told nothing, either.',
    }),
    finds: new Counter({
      ...outcomes,
      name: 'reelay_provider_finds_total',
      help: 'Searches for a submission whose outcome is unknown.',
    }),
    webhooks: new Counter({
      ...outcomes,
      name: 'reelay_provider_webhooks_total',
      help: 'Webhooks that came to the address of an attempt.',
    }),
    webhooksRefused: new Counter({
      name: 'reelay_provider_webhooks_refused_total',
      help: 'Webhooks that were refused, by what was wrong with them.',
      labelNames: ['reason'],
      registers,
    }),
    cancels: new Counter({
      ...outcomes,
      name: 'reelay_provider_cancels_total',
      help: 'Jobs that a provider was asked to stop.',
    }),
    callDuration: new Histogram({
      name: 'reelay_provider_call_duration_seconds',
      help: 'How long calls of a provider took.',
      labelNames: ['provider', 'method'],
      buckets: callSeconds,
      registers,
    }),
    lastAnswer: new Gauge({
      ...provider,
      name: 'reelay_provider_last_answer_timestamp_seconds',
      help: 'When a provider last answered a look or a submission in a way that told something.',
    }),
    circuitOpen: new Gauge({
      ...provider,
      name: 'reelay_provider_circuit_open',
      help: '1 while a provider that failed again and again is left alone, else 0.',
    }),
    room: new Gauge({ ...provider, name: 'reelay_provider_room', help: 'How many more jobs a provider takes now.' }),
    cost: new Counter({
      ...provider,
      name: 'reelay_provider_cost_usd_total',
      help: 'What submissions have cost, in US dollars.',
    }),
    reserved: new Gauge({
      ...provider,
      name: 'reelay_provider_reserved_usd',
      help: 'What is set aside for tasks that may still cost something, in US dollars.',
    }),
  };
}

function deliveryInstruments(registers: Registry[]) {
  return {
    deliveries: new Counter({
      name: 'reelay_webhook_deliveries_total',
      help: 'Webhooks sent to receivers: delivered, retried later, or failed for good.',
      labelNames: ['outcome'],
      registers,
    }),
    deliveriesWaiting: new Gauge({
      name: 'reelay_webhook_deliveries_waiting',
      help: 'Webhooks that are to be sent, now or again.',
      registers,
    }),
    oldestDelivery: new Gauge({
      name: 'reelay_oldest_webhook_delivery_age_seconds',
      help: 'How long the oldest of them has waited; 0 where none waits.',
      registers,
    }),
  };
}

function hostInstruments(registers: Registry[]) {
  return {
    renderDuration: new Histogram({
      name: 'reelay_render_duration_seconds',
      help: 'How long the local renderer worked on a clip.',
      buckets: renderSeconds,
      registers,
    }),
    streams: new Gauge({
      name: 'reelay_sse_clients',
      help: 'Open streams of server-sent events.',
      registers,
    }),
    requests: new Counter({
      name: 'reelay_http_requests_total',
      help: 'Requests that were answered, by route and class of the status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    databaseErrors: new Counter({
      name: 'reelay_database_errors_total',
      help: 'Queries and connections that the database did not give.',
      labelNames: ['reason'],
      registers,
    }),
    storageErrors: new Counter({
      name: 'reelay_storage_errors_total',
      help: 'Files that the storage did not take, give or remove.',
      labelNames: ['reason'],
      registers,
    }),
    files: new Gauge({
      name: 'reelay_files',
      help: 'Stored files of the whole installation.',
      labelNames: ['purpose'],
      registers,
    }),
    fileBytes: new Gauge({
      name: 'reelay_files_bytes',
      help: 'Bytes of the stored files of the whole installation.',
      labelNames: ['purpose'],
      registers,
    }),
    freeBytes: new Gauge({
      name: 'reelay_disk_free_bytes',
      help: 'What is free on the disk of the data folder.',
      registers,
    }),
    databaseBytes: new Gauge({
      name: 'reelay_database_bytes',
      help: 'Size of the database.',
      registers,
    }),
    addressesRefused: new Counter({
      name: 'reelay_fetches_refused_total',
      help: 'Fetches of user-given URLs that led to an address that is not fetched from.',
      registers,
    }),
  };
}
