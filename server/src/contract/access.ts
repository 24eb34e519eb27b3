/** What a key may do: make tasks, read, upload files, run the server for others. */
export const scopes = ['create', 'read', 'files', 'admin'] as const;

export type Scope = (typeof scopes)[number];

/** Owns keys, tasks, assets and events. */
export interface Account {
  readonly id: string;
  readonly name: string;
}

/** What a key, or all keys of an account together, may use up. What is absent has no limit. */
export interface Limits {
  readonly requestsPerMinute?: number;
  readonly tasksInFlight?: number;
  /** Micro-dollars of a day and of a month, both by UTC. */
  readonly budgetDayMicros?: number;
  readonly budgetMonthMicros?: number;
}

/** Who is calling, after its key was checked. */
export interface Caller {
  readonly accountId: string;
  readonly accountName: string;
  readonly keyId: string;
  readonly scopes: readonly Scope[];
  /** Ids of the models that the key may use; absent where it may use all. */
  readonly models?: readonly string[];
  /** Absent where neither the key nor its account has any, so that they cost nothing there. */
  readonly limits?: { readonly key: Limits; readonly account: Limits };
}
