import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { Client } from 'pg';
import type { MeasuredServer } from './server-process.ts';

/** Rows of one statement. */
const batchRows = 50_000;

/** The rows spread over so many milliseconds before the first: less than tasks are kept for. */
const spreadMs = 20 * 24 * 3_600_000;

const phase = (database: Dialect) => {
  const output = JSON.stringify({
    outputs: [{ assetId: 'file-bench', filename: 'video.mp4', contentType: 'video/mp4', expiresAt: 4e12 }],
    costMicros: 0,
  });
  const error = JSON.stringify({ error: { code: 'generation_failed', message: 'It failed.' }, costMicros: 0 });
  return `case when ${database.state} = 'succeeded' then '${output}' else '${error}' end`;
};

/** How the two databases count, and write a number in hexadecimal. `n` counts the rows from 1. */
interface Dialect {
  readonly id: (prefix: string) => string;
  readonly state: string;
  readonly numbers: (from: number, to: number) => string;
}

/** One in fifty failed. */
const state = "case when n % 50 = 0 then 'failed' else 'succeeded' end";

const sqlite: Dialect = {
  id: (prefix) => `'${prefix}' || printf('%08x', n)`,
  state,
  numbers: (from, to) =>
    `with recursive numbers(n) as (select ${from} union all select n + 1 from numbers where n < ${to})`,
};

const postgres: Dialect = {
  id: (prefix) => `'${prefix}' || lpad(to_hex(n), 8, '0')`,
  state,
  numbers: (from, to) => `with numbers(n) as (select n::bigint from generate_series(${from}, ${to}) n)`,
};

/**
 * Writes as many ended tasks beside the server's one, which they are copies of, each with its attempt: straight into the tables,
 * as no run of the server itself could in this time. Their events are left out.
 */
export async function fillTasks(server: MeasuredServer, tasks: number): Promise<void> {
  const { run, columns, close } = await openForWriting(server);
  try {
    const database = server.databaseUrl === undefined ? sqlite : postgres;
    for (let from = 1; from <= tasks; from += batchRows) {
      const to = Math.min(from + batchRows - 1, tasks);
      await run(taskStatement(database, await columns('tasks'), { from, to, tasks }));
      await run(attemptStatement(database, { from, to }));
    }
    await run(server.databaseUrl === undefined ? 'pragma wal_checkpoint(truncate)' : 'vacuum analyze');
  } finally {
    await close();
  }
}

interface Batch {
  readonly from: number;
  readonly to: number;
}

function taskStatement(
  database: Dialect,
  columns: readonly string[],
  { from, to, tasks }: Batch & { readonly tasks: number },
): string {
  const at = `(template.created_at - ${spreadMs} + n * ${Math.floor(spreadMs / tasks)})`;
  const own: Readonly<Record<string, string>> = {
    id: database.id('task-unified-1700000000-'),
    state: database.state,
    seq: '6',
    progress: '100',
    phase: phase(database),
    attempt_id: database.id('attempt-'),
    due_at: 'null',
    created_at: at,
    started_at: `${at} + 1000`,
    completed_at: `${at} + 45000`,
  };
  const values = columns.map((column) => own[column] ?? `template.${column}`);
  const template = "(select * from tasks where state = 'queued' order by created_at limit 1) template";
  return `insert into tasks (${columns.join(', ')}) ${database.numbers(from, to)}
    select ${values.join(', ')} from numbers, ${template}`;
}

function attemptStatement(database: Dialect, { from, to }: Batch): string {
  const first = `(${database.id('attempt-')})`;
  return `insert into attempts (id, task_id, account_id, provider, operation, operation_key, outcome, cost_micros, created_at, deadline)
    ${database.numbers(from, to)}
    select ${first}, ${database.id('task-unified-1700000000-')}, (select id from accounts limit 1), 'local', '{}', ${first},
      'accepted', 0, 1700000000000, 1700000000000 from numbers`;
}

async function openForWriting({ folder, databaseUrl }: MeasuredServer) {
  if (databaseUrl === undefined) {
    const file = new SqliteDatabase(join(folder, 'reelay.sqlite'), { timeout: 60_000 });
    file.pragma('synchronous = OFF');
    file.pragma('cache_size = -500000');
    return {
      run: async (sql: string) => void file.exec(sql),
      columns: async (table: string) =>
        (file.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name),
      close: async () => void file.close(),
    };
  }
  const client = new Client(databaseUrl);
  await client.connect();
  await client.query('set synchronous_commit = off');
  return {
    run: async (sql: string) => void (await client.query(sql)),
    columns: async (table: string) => {
      const sql = 'select column_name as name from information_schema.columns where table_name = $1';
      return (await client.query<{ name: string }>(sql, [table])).rows.map(({ name }) => name);
    },
    close: () => client.end(),
  };
}
