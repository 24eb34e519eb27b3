import SqliteDatabase from 'better-sqlite3';
import { Client } from 'pg';
import type { MeasuredServer } from './server-process.ts';

/** Asks the database of a server that runs; `?` stands for a value. Numbers of 64 bits come as text from PostgreSQL. */
export async function askRows<Row extends object>(
  { folder, databaseUrl }: Pick<MeasuredServer, 'folder' | 'databaseUrl'>,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  if (databaseUrl === undefined) {
    const file = new SqliteDatabase(`${folder}/reelay.sqlite`, { readonly: true });
    try {
      return file.prepare<unknown[], Row>(sql).all(...values);
    } finally {
      file.close();
    }
  }
  const client = new Client(databaseUrl);
  await client.connect();
  try {
    let place = 0;
    const numbered = sql.replaceAll('?', () => `$${++place}`);
    return (await client.query<Row>(numbered, [...values])).rows;
  } finally {
    await client.end();
  }
}
