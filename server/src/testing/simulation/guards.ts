import type { Machine } from './machine.ts';
import type { MemoryDatabase } from './memory-database.ts';

/** A guard that a canary takes out of the server, to see whether the judge notices. */
export type Guard =
  /** A task's row is written only where its `seq` is the expected one. */
  | 'seq'
  /** An operation is stored whatever became of the task's `seq`. */
  | 'operation-whatever-seq'
  /** The sender looks at its deadline just before the bytes leave. */
  | 'deadline';

const taskUpdate = 'update "tasks" set "state" = ?';
const operationUpdate = 'update "attempts" set "operation" = ?';

/** Takes guards out of the statements as they reach the database. */
export class Saboteur {
  readonly #without: Guard | undefined;
  readonly #database: MemoryDatabase;
  /** The `seq` under which a process set out to submit an attempt. */
  readonly #seqAtStart = new Map<string, number>();

  constructor(database: MemoryDatabase, without: Guard | undefined) {
    this.#database = database;
    this.#without = without;
  }

  noteStart(machine: Machine, attemptId: string): void {
    if (this.#without !== 'operation-whatever-seq') return;
    const seq = this.#database.statement('select seq from tasks where attempt_id = ?').pluck().get(attemptId);
    if (typeof seq === 'number') this.#seqAtStart.set(`${machine.name} ${attemptId}`, seq);
  }

  /** The statement to run instead; undefined where none is. */
  rewrite(machine: Machine, sql: string, parameters: readonly unknown[]): string | undefined {
    if (this.#without === 'seq' && sql.startsWith(taskUpdate)) return sql.replace('and "seq" = ?', 'and ? is not null');
    if (this.#without !== 'operation-whatever-seq' || !sql.startsWith(operationUpdate)) return sql;
    const attemptId = attemptOf(parameters);
    const seq = this.#seqAtStart.get(`${machine.name} ${attemptId}`);
    if (seq === undefined) return sql;
    const held = this.#database.statement('select 1 from tasks where attempt_id = ? and seq = ?').get(attemptId, seq);
    return held === undefined ? undefined : sql;
  }
}

/** The attempt whose operation has been stored by this statement; undefined where it was another one. */
export function attemptStoredBy(sql: string, parameters: readonly unknown[]): string | undefined {
  return sql.startsWith(operationUpdate) ? attemptOf(parameters) : undefined;
}

/** Its id is the last value of the statement. */
function attemptOf(parameters: readonly unknown[]): string {
  return String(parameters.at(-1));
}
