/** How much one run measures. Amounts are fixed, not times, so that both servers of a comparison do the same work. */
export interface Plan {
  /** Measured rounds of every comparison; one more goes before them to warm up. */
  readonly rounds: number;
  readonly connections: number;
  readonly readsPerRound: number;
  readonly acceptsPerRound: number;
  /** By one client that waits for each answer. */
  readonly acceptsAlone: number;
  /** Tasks accepted by a fresh server before its memory is looked at. */
  readonly heldTasks: number;
  /** Pause before that look, in milliseconds: a server at rest collects its garbage. */
  readonly restMs: number;
  readonly streamClients: number;
  readonly streamEvents: number;
  /** Clients of one event stream each, all told one event a second. */
  readonly steadyClients: number;
  readonly steadyEvents: number;
  /** Tasks in the database beside one of so few. */
  readonly manyTasks: number;
  readonly fewTasks: number;
  /** Requests of each kind in a round there. */
  readonly requestsAmongMany: number;
  /** Downloads of the whole file in a round, and of parts of it. */
  readonly downloads: number;
  readonly partDownloads: number;
  /** Tasks that end while somebody listens, one after the other. */
  readonly heardEnds: number;
  /** Jobs that run at a vendor while the server's work for them is measured. */
  readonly runningJobs: number;
  /** Between two looks at one of them, in seconds. */
  readonly pollSeconds: number;
  readonly watchedSeconds: number;
  /** Jobs whose end a vendor's webhook tells, one after the other. */
  readonly toldJobs: number;
}

export const fullPlan: Plan = {
  rounds: 5,
  connections: 50,
  readsPerRound: 10_000,
  acceptsPerRound: 5_000,
  acceptsAlone: 500,
  heldTasks: 50_000,
  restMs: 10_000,
  streamClients: 1_000,
  streamEvents: 20,
  steadyClients: 5_000,
  steadyEvents: 20,
  manyTasks: 1_000_000,
  fewTasks: 1_000,
  requestsAmongMany: 1_000,
  downloads: 60,
  partDownloads: 1_500,
  heardEnds: 200,
  runningJobs: 10_000,
  pollSeconds: 10,
  watchedSeconds: 30,
  toldJobs: 60,
};

/** A few seconds: shows that everything runs, its figures say nothing. */
export const quickPlan: Plan = {
  rounds: 1,
  connections: 10,
  readsPerRound: 500,
  acceptsPerRound: 500,
  acceptsAlone: 50,
  heldTasks: 1_000,
  restMs: 100,
  streamClients: 50,
  streamEvents: 3,
  steadyClients: 100,
  steadyEvents: 3,
  manyTasks: 1_500,
  fewTasks: 500,
  requestsAmongMany: 50,
  downloads: 8,
  partDownloads: 40,
  heardEnds: 10,
  runningJobs: 100,
  pollSeconds: 1,
  watchedSeconds: 3,
  toldJobs: 3,
};
