import type { Machine } from './machine.ts';

/** What a client wants, and what it was told. */
export interface Intent {
  readonly taskCount: number;
  readonly withInput: boolean;
  readonly withFault: boolean;
  readonly askedProvider?: string;
  /** Sent again under it until there is an answer, and now and then after that. */
  readonly idempotencyKey?: string;
  /** The ids that the server gave to the tasks of each request. */
  readonly sent: (readonly string[])[];
  /** The ids that each answer named. */
  readonly answers: (readonly string[])[];
}

/** An operation that reached a living process. */
export interface Answered {
  readonly attemptId: string;
  readonly key: string;
  readonly machine: Machine;
  /** The process has run the statement that stores it. */
  isStored: boolean;
}

/** What a schedule has seen from outside: what clients, vendors and the operator know. */
export class Facts {
  readonly intents: Intent[] = [];
  readonly answered: Answered[] = [];
  /** Tasks that a client was told to be cancelled. */
  readonly cancelled = new Set<string>();
  /** Tasks that a client has asked to delete, with the files of their results. */
  readonly removed = new Map<string, readonly string[]>();
  /** Tasks that an operator had submitted again although the first submission could still be paid: by his own decision. */
  readonly riskedTwice = new Set<string>();
  /** Errors that the server logged and that nobody made. */
  readonly defects: string[] = [];
  readonly counts = new Map<string, number>();

  meet(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Tasks that clients know of. */
  known(): readonly string[] {
    return [...new Set(this.intents.flatMap(({ answers }) => answers.flat()))];
  }
}
