/** Owns keys, tasks, assets and events. */
export interface Account {
  readonly id: string;
  readonly name: string;
}

/** Who is calling, after its key was checked. */
export interface Caller {
  readonly accountId: string;
  readonly accountName: string;
  readonly keyId: string;
}
