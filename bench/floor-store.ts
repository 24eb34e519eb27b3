import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Pool } from 'pg';

/** A row of the server's `tasks` table. */
export interface TaskRow {
  readonly id: string;
  readonly requested_model: string;
  readonly created_at: number;
  readonly provider: string;
  readonly [column: string]: string | number | null;
}

const columns = [
  ...[
    'id',
    'account_id',
    'key_id',
    'api',
    'model',
    'requested_model',
    'operation',
    'request',
    'parameters',
    'provider',
  ],
  ...['provider_asked', 'state', 'seq', 'progress', 'warnings', 'phase', 'attempt_id', 'due_at', 'created_at'],
  ...['started_at', 'completed_at', 'cancel_requested_at', 'estimated_cost_micros', 'prompt_text'],
];

const names = columns.join(', ');

/** Three prepared statements on the server's schema, which is there already. They call back, since one of the databases waits. */
export interface FloorStore {
  keyOf(keyHash: string, found: (key: KeyRow | undefined) => void): void;
  find(id: string, accountId: string, found: (row: TaskRow | undefined) => void): void;
  /** Rows that arrive while others are committed, or in one turn of the event loop, share one commit. */
  add(row: TaskRow, committed: () => void): void;
}

export interface KeyRow {
  readonly id: string;
  readonly account_id: string;
}

interface Waiting {
  readonly row: TaskRow;
  readonly committed: () => void;
}

export function openFloorStore(folder: string, url: string | undefined): FloorStore {
  return url === undefined ? openFile(folder) : openPostgres(url);
}

function openFile(folder: string): FloorStore {
  const file = new SqliteDatabase(join(folder, 'reelay.sqlite'));
  file.pragma('journal_mode = WAL');
  file.pragma('synchronous = FULL');
  const key = file.prepare<[string], KeyRow>(
    'select id, account_id from api_keys where hash = ? and revoked_at is null',
  );
  const select = file.prepare<[string, string], TaskRow>('select * from tasks where id = ? and account_id = ?');
  const insert = file.prepare<TaskRow>(
    `insert into tasks (${names}) values (${columns.map((column) => `@${column}`).join(', ')})`,
  );
  const insertAll = file.transaction((batch: readonly Waiting[]) => {
    for (const { row } of batch) insert.run(row);
  });
  let waiting: Waiting[] = [];
  return {
    keyOf: (keyHash, found) => found(key.get(keyHash)),
    find: (id, accountId, found) => found(select.get(id, accountId)),
    add(row, committed) {
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

/** All rows of a commit are one statement: one way to the database and back. */
function openPostgres(url: string): FloorStore {
  const pool = new Pool({ connectionString: url, max: 10 });
  const insert = `insert into tasks (${names}) select ${names} from json_populate_recordset(null::tasks, $1)`;
  let waiting: Waiting[] = [];
  let committing = false;

  async function commit(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const rows = JSON.stringify(batch.map(({ row }) => row));
      await pool.query({ name: 'insert', text: insert, values: [rows] });
      for (const { committed } of batch) committed();
    }
    committing = false;
  }

  return {
    async keyOf(keyHash, found) {
      const text = 'select id, account_id from api_keys where hash = $1 and revoked_at is null';
      const { rows } = await pool.query<KeyRow>({ name: 'key', text, values: [keyHash] });
      found(rows[0]);
    },
    async find(id, accountId, found) {
      const text = 'select * from tasks where id = $1 and account_id = $2';
      const { rows } = await pool.query({ name: 'find', text, values: [id, accountId] });
      found(rows[0] && { ...rows[0], created_at: Number(rows[0].created_at) });
    },
    add(row, committed) {
      waiting.push({ row, committed });
      if (committing) return;
      committing = true;
      setImmediate(() => void commit());
    },
  };
}
