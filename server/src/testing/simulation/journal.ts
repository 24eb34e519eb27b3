import type SqliteDatabase from 'better-sqlite3';
import type { TaskState } from '../../contract/index.ts';

/** A write to a task's row that grew `seq`, changed its state or its progress. */
export interface Change {
  readonly task_id: string;
  readonly previous: TaskState;
  readonly state: TaskState;
  readonly seq_before: number;
  readonly seq_after: number;
  readonly progress_before: number;
  readonly progress_after: number;
}

export interface WrittenEvent {
  readonly id: number;
  readonly task_id: string;
  readonly kind: 'state' | 'progress';
  readonly previous: TaskState;
  readonly state: TaskState;
}

export interface NewAttempt {
  readonly attempt_id: string;
  readonly task_id: string;
  readonly provider: string;
  /** The client had asked to cancel before. */
  readonly after_cancel: number;
}

export interface RemovedAttempt {
  readonly attempt_id: string;
  readonly operation_key: string | null;
  readonly cost_micros: number | null;
}

export interface Journal {
  readonly changes: readonly Change[];
  readonly events: readonly WrittenEvent[];
  readonly attempts: readonly NewAttempt[];
  readonly removedAttempts: readonly RemovedAttempt[];
}

const tables = ['journal_changes', 'journal_events', 'journal_attempts', 'journal_removed_attempts'] as const;

/** Has SQLite itself write down what happens to the rows, committed with it or not at all: the judge believes nobody else. */
export function keepJournal(raw: SqliteDatabase.Database): void {
  raw.exec(`
    create table journal_changes (task_id, previous, state, seq_before, seq_after, progress_before, progress_after);
    create trigger journal_change after update on tasks
      when old.state <> new.state or old.seq <> new.seq or old.progress <> new.progress begin
      insert into journal_changes
      values (new.id, old.state, new.state, old.seq, new.seq, old.progress, new.progress);
    end;
    create table journal_events (id, task_id, kind, previous, state);
    create trigger journal_event after insert on events begin
      insert into journal_events values (new.id, new.task_id, new.kind, new.previous, new.state);
    end;
    create table journal_attempts (attempt_id, task_id, provider, after_cancel);
    create trigger journal_attempt after insert on attempts begin
      insert into journal_attempts select new.id, new.task_id, new.provider, cancel_requested_at is not null
      from tasks where id = new.task_id;
    end;
    create table journal_removed_attempts (attempt_id, operation_key, cost_micros);
    create trigger journal_removed_attempt after delete on attempts begin
      insert into journal_removed_attempts values (old.id, old.operation_key, old.cost_micros);
    end;
  `);
}

export function clearJournal(raw: SqliteDatabase.Database): void {
  for (const table of tables) raw.prepare(`delete from ${table}`).run();
}

export function readJournal(raw: SqliteDatabase.Database): Journal {
  const all = (table: (typeof tables)[number]) => raw.prepare(`select * from ${table} order by rowid`).all();
  return {
    changes: all('journal_changes') as Change[],
    events: all('journal_events') as WrittenEvent[],
    attempts: all('journal_attempts') as NewAttempt[],
    removedAttempts: all('journal_removed_attempts') as RemovedAttempt[],
  };
}
