/** The databases that suites run on: a file or, in the project `postgres`, an empty database of the run's cluster. */
import { Client } from 'pg';

declare module 'vitest' {
  interface ProvidedContext {
    /** Administrator's address of the cluster that the whole run shares. */
    readonly postgresUrl: string;
  }
}

/** Whether this run tries what it tries on PostgreSQL. */
export const onPostgres = process.env['REELAY_TEST_DATABASE'] === 'postgres';

const byFolder = new Map<string, string>();

/** The database that goes with a data folder: the same one for whoever comes back to it. None where the folder holds it. */
export async function databaseOf(folder: string): Promise<string | undefined> {
  if (!onPostgres) return undefined;
  const url = byFolder.get(folder) ?? (await newDatabase());
  byFolder.set(folder, url);
  return url;
}

async function newDatabase(): Promise<string> {
  const { inject } = await import('vitest');
  const url = new URL(inject('postgresUrl'));
  const name = `test_${process.pid}_${Date.now()}_${byFolder.size}`;
  await asAdministrator(url.href, `create database ${name}`);
  url.pathname = `/${name}`;
  return url.href;
}

/** For the end of a test file. */
export async function dropDatabases(): Promise<void> {
  for (const address of byFolder.values()) {
    const url = new URL(address);
    const name = url.pathname.slice(1);
    url.pathname = '/postgres';
    await asAdministrator(url.href, `drop database if exists ${name} with (force)`);
  }
  byFolder.clear();
}

async function asAdministrator(url: string, text: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
