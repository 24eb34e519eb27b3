import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';

/** A row of the server's `tasks` table. */
export interface TaskRow {
  readonly id: string;
  readonly requested_model: string;
  readonly created_at: number;
  readonly provider: string;
  readonly [column: string]: string | number | null;
}

const columns = [
  ...['id', 'account_id', 'api', 'model', 'requested_model', 'operation', 'request', 'parameters', 'provider'],
  ...[
    'provider_asked',
    'state',
    'seq',
    'progress',
    'warnings',
    'phase',
    'attempt_id',
    'due_at',
    'created_at',
    'started_at',
  ],
  ...['completed_at', 'cancel_requested_at', 'estimated_cost_micros', 'prompt_text'],
];

interface Waiting {
  readonly row: TaskRow;
  readonly committed: () => void;
}

/** Three prepared statements on the server's schema, which is there already. */
export function openFloorStore(folder: string) {
  const file = new SqliteDatabase(join(folder, 'reelay.sqlite'));
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  const account = file
    .prepare<[string], string>('select account_id from api_keys where hash = ? and revoked_at is null')
    .pluck();
  const select = file.prepare<[string, string], TaskRow>('select * from tasks where id = ? and account_id = ?');
  const insert = file.prepare<TaskRow>(
    `insert into tasks (${columns.join(', ')}) values (${columns.map((column) => `@${column}`).join(', ')})`,
  );
  const insertAll = file.transaction((batch: readonly Waiting[]) => {
    for (const { row } of batch) insert.run(row);
  });
  let waiting: Waiting[] = [];
  return {
    accountOf: (keyHash: string) => account.get(keyHash),
    find: (id: string, accountId: string) => select.get(id, accountId),
    /** Rows that arrive in one turn of the event loop share one commit. */
    add(row: TaskRow, committed: () => void): void {
      waiting.push({ row, committed });
      if (waiting.length > 1) return;
      setImmediate(() => {
        const batch = waiting;
        waiting = [];
        insertAll.immediate(batch);
        for (const { committed } of batch) committed();
      });
    },
  };
}
