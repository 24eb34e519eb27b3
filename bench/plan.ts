/** How much one run measures. Amounts are fixed, not times, so that both servers of a comparison do the same work. */
export interface Plan {
  /** Measured rounds of every comparison; one more goes before them to warm up. */
  readonly rounds: number;
  readonly connections: number;
  readonly readsPerRound: number;
  readonly acceptsPerRound: number;
  /** Tasks accepted by a fresh server before its memory is looked at. */
  readonly heldTasks: number;
  /** Pause before that look, in milliseconds: a server at rest collects its garbage. */
  readonly restMs: number;
  readonly streamClients: number;
  readonly streamEvents: number;
  /** Jobs that run at a vendor while the server's work for them is measured. */
  readonly runningJobs: number;
  /** Between two looks at one of them, in seconds. */
  readonly pollSeconds: number;
  readonly watchedSeconds: number;
  /** Jobs whose end a vendor's webhook tells, one after the other. */
  readonly toldJobs: number;
}

export const fullPlan: Plan = {
  rounds: 7,
  connections: 50,
  readsPerRound: 20_000,
  acceptsPerRound: 8_000,
  heldTasks: 50_000,
  restMs: 10_000,
  streamClients: 1_000,
  streamEvents: 20,
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
  heldTasks: 1_000,
  restMs: 100,
  streamClients: 50,
  streamEvents: 3,
  runningJobs: 100,
  pollSeconds: 1,
  watchedSeconds: 3,
  toldJobs: 3,
};
