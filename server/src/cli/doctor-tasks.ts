import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Config } from '../config.ts';
import { databaseFile } from '../database/sqlite.ts';
import type { Finding } from './finding.ts';
import { dateTime, duration, fileSize } from './output.ts';

/** A task that waits longer makes one ask why, in milliseconds. */
const longWaitMs = 3_600_000;

/** Tasks that are named one by one. */
const namedTasks = 5;

/** Reads only: the newest version's columns are for the server to add. */
export async function checkDatabase({ dataFolder }: Config): Promise<readonly Finding[]> {
  const path = join(dataFolder, databaseFile);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return [{ name: 'Database', state: 'ok', detail: 'SQLite, made at the first start' }];
  let file: SqliteDatabase.Database | undefined;
  try {
    file = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
    const tasks = file.prepare('select count(*) from tasks').pluck().get();
    const database: Finding = {
      name: 'Database',
      state: 'ok',
      detail: `SQLite, ${fileSize(found.size)}, ${tasks} tasks`,
    };
    return [database, waitingIn(file), uncertainIn(file), unsettledIn(file)];
  } catch (error) {
    const { message } = error as Error;
    if (/^no such column/.test(message)) {
      const detail = `SQLite, ${fileSize(found.size)}, of an older version; the server brings it up to date when it starts`;
      return [{ name: 'Database', state: 'ok', detail }];
    }
    const remedy = 'Restore the file from a backup, or move it away to start anew.';
    return [{ name: 'Database', state: 'broken', detail: `${path}: ${message}`, remedy }];
  } finally {
    file?.close();
  }
}

interface Waiting {
  readonly provider: string;
  readonly tasks: number;
  readonly since: number;
}

function waitingIn(file: SqliteDatabase.Database): Finding {
  const name = 'Queue';
  const rows = file
    .prepare<[], Waiting>(
      `select provider, count(*) as tasks, min(created_at) as since from tasks where state = 'queued' group by provider`,
    )
    .all();
  if (rows.length === 0) return { name, state: 'ok', detail: 'no task waits' };
  const now = Date.now();
  const texts = rows.map(
    ({ provider, tasks, since }) => `${tasks} for ${provider}, the oldest since ${duration(now - since)}`,
  );
  const detail = texts.join('; ');
  if (rows.every(({ since }) => now - since < longWaitMs)) return { name, state: 'ok', detail };
  return {
    name,
    state: 'warning',
    detail,
    remedy:
      'Look whether a server runs, whether the provider is on and answers, and what REELAY_PROVIDER_JOBS, REELAY_PROVIDER_SUBMITS_PER_MINUTE and REELAY_RENDER_CONCURRENCY allow.',
  };
}

interface Uncertain {
  readonly id: string;
  readonly provider: string;
  readonly search_until: number;
}

function uncertainIn(file: SqliteDatabase.Database): Finding {
  const name = 'Uncertain';
  const rows = file
    .prepare<[], Uncertain>(
      `select id, provider, phase ->> 'searchUntil' as search_until from tasks
       where due_at is not null and state <> 'queued' and state = 'uncertain' order by created_at`,
    )
    .all();
  if (rows.length === 0) return { name, state: 'ok', detail: 'no submission whose outcome is unknown' };
  const texts = rows.map(({ id, provider, search_until }) => `${id} (${provider}, until ${dateTime(search_until)})`);
  return {
    name,
    state: 'warning',
    detail: `nobody knows whether these were taken: ${listed(texts)}`,
    remedy:
      'The server looks for them until then, and never sends them again. Who knows better says so: reelay tasks resolve ID --attach OPERATION, --resubmit or --fail.',
  };
}

interface Unsettled {
  readonly id: string;
  readonly provider: string;
  readonly estimated_cost_micros: number;
}

function unsettledIn(file: SqliteDatabase.Database): Finding {
  const name = 'Reservations';
  const rows = file
    .prepare<[], Unsettled>(
      `select id, provider, estimated_cost_micros from tasks
       where completed_at is not null and estimated_cost_micros > 0
       and id in (select task_id from attempts where cost_micros is null and follow_up_at is null)`,
    )
    .all();
  if (rows.length === 0) return { name, state: 'ok', detail: 'none outlasts its task' };
  const dollars = rows.reduce((sum, row) => sum + row.estimated_cost_micros, 0) / 1_000_000;
  return {
    name,
    state: 'warning',
    detail: `$${dollars.toFixed(2)} for tasks that ended without a known cost: ${listed(rows.map(({ id, provider }) => `${id} (${provider})`))}`,
    remedy: "Look for them in the provider's own bill. A reservation ends when its task is deleted.",
  };
}

function listed(texts: readonly string[]): string {
  const more = texts.length - namedTasks;
  return `${texts.slice(0, namedTasks).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
