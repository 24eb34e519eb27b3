import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { identityOf } from './identity.ts';
import type { Schema } from './schema.ts';
import { readSetting, writeSetting } from './setting.ts';

/** Rows of one insert at most, and characters of their texts: requests may hold pictures. */
const sliceRows = 500;
const sliceCharacters = 8_000_000;

/** Where a moved installation keeps what it came from, and where it went. */
const movedFrom = 'moved-from';
const movedTo = 'moved-to';

/** Every table but the list of servers and the requests of the last minute, with its key; those that others refer to come first. */
const tables = [
  ['accounts', ['id']],
  ['api_keys', ['id']],
  ['favorites', ['account_id', 'model']],
  ['settings', ['name']],
  ['tasks', ['id']],
  ['attempts', ['id']],
  ['ledger', ['attempt_id']],
  ['idempotency_keys', ['account_id', 'key']],
  ['events', ['account_id', 'id']],
  ['assets', ['id']],
  ['loose_files', ['storage_key']],
  ['webhook_deliveries', ['id']],
  ['webhook_secrets', ['account_id', 'secret']],
] as const satisfies readonly (readonly [keyof Schema, readonly string[]])[];

type Row = Readonly<Record<string, unknown>>;

/** Why an installation cannot be moved. The message is for the operator. */
export class MoveError extends Error {}

export interface MovedTable {
  readonly name: string;
  readonly rows: number;
  /** Rows that this run has written; the others were there from an earlier one. */
  readonly written: number;
}

/** Throws where this installation was moved: a server on what is left would run its tasks a second time. */
export async function refuseMoved(db: Kysely<Schema>): Promise<void> {
  const place = await placeOfMoved(db);
  if (place === undefined) return;
  throw new Error(`this installation was moved to ${place}: set DATABASE_URL, or choose another data folder`);
}

/**
 * Copies all rows of an installation that no server runs on to an empty database, and compares them there.
 *
 * Invariants:
 * M1. The target holds nothing, or what an earlier run of the same move has written; else nothing is written.
 * M2. A row that is there already stays, so a move that was broken off goes on where it was.
 * M3. Every row is compared by its content, in the target, before the source is given up. Given up is final: its tasks live in the
 *     target from then on, where they may have moved on already.
 */
export async function moveRows(
  source: Kysely<Schema>,
  target: Kysely<Schema>,
  onTable: (table: MovedTable) => void,
): Promise<void> {
  const identity = await identityOf(source);
  if (identity === undefined)
    throw new MoveError('no server has ever run on this data folder: there is nothing to move');
  await checkTarget(target, identity);
  await writeSetting(target, movedFrom, identity);
  for (const [name] of tables) {
    const { rows, written } = await copyTable(source, target, name);
    onTable({ name, rows, written });
  }
  for (const [name, key] of tables) await compareTable(source, target, { name, key });
}

/** Where the installation was moved to, in a move that is complete. */
export function placeOfMoved(source: Kysely<Schema>): Promise<string | undefined> {
  return readSetting(source, movedTo);
}

/** To be done once the files are there too. `place` names the target without its password. */
export async function giveUp(source: Kysely<Schema>, place: string): Promise<void> {
  await writeSetting(source, movedTo, place);
}

async function checkTarget(target: Kysely<Schema>, identity: string): Promise<void> {
  const servers = await target.selectFrom('servers').select('host').execute();
  if (servers.length > 0) {
    throw new MoveError(`a server runs on the target, on ${servers.map(({ host }) => host).join(', ')}: stop it first`);
  }
  if ((await readSetting(target, movedFrom)) === identity) return;
  const account = await target.selectFrom('accounts').select('id').limit(1).executeTakeFirst();
  if (account !== undefined) throw new MoveError('the target holds another installation: name an empty database');
}

async function copyTable(
  source: Kysely<Schema>,
  target: Kysely<Schema>,
  name: keyof Schema,
): Promise<{ readonly rows: number; readonly written: number }> {
  let rows = 0;
  let written = 0;
  let slice: Row[] = [];
  let characters = 0;
  async function write(): Promise<void> {
    if (slice.length === 0) return;
    const inserted = await target
      .insertInto(name)
      .values(slice as never)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    written += Number(inserted.numInsertedOrUpdatedRows ?? 0);
    slice = [];
    characters = 0;
  }
  for await (const row of rowsOf(source, name)) {
    rows += 1;
    slice.push(row);
    characters += lengthOf(row);
    if (slice.length >= sliceRows || characters >= sliceCharacters) await write();
  }
  await write();
  return { rows, written };
}

/** The source's rows as the target is to hold them: whoever worked on a live task is gone, so it is due at once. */
async function* rowsOf(db: Kysely<Schema>, name: keyof Schema): AsyncGenerator<Row> {
  for await (const row of db.selectFrom(name).selectAll().stream() as AsyncIterable<Row>) {
    yield name === 'tasks' && row['due_at'] !== null ? { ...row, due_at: 0 } : row;
  }
}

function lengthOf(row: Row): number {
  return Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
}

async function compareTable(
  source: Kysely<Schema>,
  target: Kysely<Schema>,
  { name, key }: { readonly name: keyof Schema; readonly key: readonly string[] },
): Promise<void> {
  const wanted = new Map<string, string>();
  const check = async (): Promise<void> => {
    const found = await rowsByKey(target, { name, key, keys: [...wanted.keys()] });
    for (const [place, hash] of wanted) {
      if (found.get(place) !== hash)
        throw new MoveError(`${name} ${place} differs in the target: begin with an empty database`);
    }
    wanted.clear();
  };
  for await (const row of rowsOf(source, name)) {
    wanted.set(keyOf(row, key), hashOf(row));
    if (wanted.size >= sliceRows) await check();
  }
  if (wanted.size > 0) await check();
}

const keyOf = (row: Row, key: readonly string[]): string => JSON.stringify(key.map((column) => row[column]));

/** Of all that the row holds, whatever the order of its columns. */
function hashOf(row: Row): string {
  const columns = Object.entries(row).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(columns)).digest('base64');
}

async function rowsByKey(
  db: Kysely<Schema>,
  {
    name,
    key,
    keys,
  }: { readonly name: keyof Schema; readonly key: readonly string[]; readonly keys: readonly string[] },
): Promise<ReadonlyMap<string, string>> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const values = sql.join(keys.map((text) => sql`(${sql.join(JSON.parse(text) as unknown[])})`));
  const { rows } = await sql<Row>`select * from ${sql.table(name)} where (${columns}) in (${values})`.execute(db);
  return new Map(rows.map((row) => [keyOf(row, key), hashOf(row)]));
}
