import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { databasePlace, explainDatabaseFault } from '../database/faults.ts';
import { type Inspection, inspectDatabase, tryWriting, versionOf } from '../database/inspect.ts';
import { databaseFile } from '../database/sqlite.ts';
import { clockFinding } from './doctor-clock.ts';
import { checkTasks } from './doctor-tasks.ts';
import type { Finding } from './finding.ts';
import { fileSize } from './output.ts';

const name = 'Database';

/** Connections that should be left for one more server. */
const comfortableConnections = 15;

/** Whether the database can be used, of which version it is, and what its rows tell of the tasks. Changes nothing. */
export async function checkDatabase({ dataFolder: folder, databaseUrl: url }: Config): Promise<readonly Finding[]> {
  const kind = url === undefined ? 'sqlite' : 'postgres';
  let inspection: Inspection | undefined;
  try {
    inspection = await inspectDatabase({ folder, url });
    if (inspection === undefined) return [{ name, state: 'ok', detail: 'SQLite, made at the first start' }];
    const facts = await (url === undefined ? factsOfFile(folder) : factsOfServer(inspection));
    const database = await stateOf(inspection, facts);
    // An older version's rows lack columns that are asked for; the server adds them when it starts.
    if (database.missing > 0) return [database.finding];
    const count = await inspection.query<{ tasks: number }>('select count(*) as tasks from tasks');
    const detail = `${database.finding.detail}, ${count[0]?.tasks ?? 0} tasks`;
    return [{ ...database.finding, detail }, ...(await checkTasks(inspection)), ...(await clockOf(inspection))];
  } catch (error) {
    const { problem, remedy } = explainDatabaseFault(error, kind);
    return [{ name, state: 'broken', detail: `${databasePlace({ folder, url })}: ${problem}`, remedy }];
  } finally {
    await inspection?.close().catch(() => undefined);
  }
}

interface Facts {
  readonly detail: string;
  readonly warning?: Pick<Finding, 'detail' | 'remedy'>;
}

/** Throws where the file cannot be written. */
async function factsOfFile(folder: string): Promise<Facts> {
  const path = join(folder, databaseFile);
  for (const part of [path, `${path}-wal`, `${path}-shm`]) {
    await access(part, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  tryWriting(folder);
  return { detail: `SQLite, ${fileSize((await stat(path)).size)}` };
}

interface ServerFacts {
  readonly version: string;
  readonly size: number;
  readonly standby: boolean;
  readonly spare: number;
}

async function factsOfServer(inspection: Inspection): Promise<Facts> {
  const [row] = await inspection.query<ServerFacts>(
    `select current_setting('server_version') as version, pg_database_size(current_database()) as size,
       pg_is_in_recovery() as standby,
       current_setting('max_connections')::bigint - (select count(*) from pg_stat_activity) as spare`,
  );
  if (row === undefined) throw new Error('it told nothing of itself');
  if (row.standby) throw Object.assign(new Error('a standby'), { code: '25006' });
  const detail = `PostgreSQL ${row.version}, ${fileSize(row.size)}`;
  if (row.spare >= comfortableConnections) return { detail };
  const remedy = 'Raise its max_connections: each Reelay server takes up to 11.';
  return { detail, warning: { detail: `${row.spare} connections left`, remedy } };
}

async function stateOf(
  inspection: Inspection,
  { detail, warning }: Facts,
): Promise<{ readonly finding: Finding; readonly missing: number }> {
  const { missing, later } = await versionOf(inspection).catch(() => ({ missing: ['all'], later: [] }));
  if (missing.length > 0) {
    const older = `${detail}, empty or of an older version; the server brings it up to date when it starts`;
    return { missing: missing.length, finding: { name, state: 'ok', detail: older } };
  }
  if (later.length > 0) {
    const remedy = 'It works, as migrations only add; run the version that brought it up to date as soon as you can.';
    const newer = `${detail}, of a later version than this one (${later.join(', ')})`;
    return { missing: 0, finding: { name, state: 'warning', detail: newer, remedy } };
  }
  if (warning !== undefined) {
    return { missing: 0, finding: { name, state: 'warning', ...warning, detail: `${detail}, ${warning.detail}` } };
  }
  return { missing: 0, finding: { name, state: 'ok', detail } };
}

/** The database's own clock, or the time of the newest thing that happened: it cannot be in the future. */
async function clockOf(inspection: Inspection): Promise<readonly Finding[]> {
  const asked = Date.now();
  if (inspection.kind === 'postgres') {
    const [row] = await inspection.query<{ at: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::bigint as at',
    );
    const aheadMs = (row?.at ?? asked) - (asked + Date.now()) / 2;
    return [clockFinding("the database's", aheadMs)];
  }
  const [newest] = await inspection.query<{ at: number | null }>('select max(created_at) as at from events');
  const aheadMs = Math.max(0, (newest?.at ?? 0) - asked);
  return aheadMs === 0 ? [] : [clockFinding('the newest event', aheadMs)];
}
