import { type Kysely, sql, type Transaction } from 'kysely';
import { isPostgres } from './postgres.ts';
import { searchText } from './search-text.ts';

/** Tasks that are read and written in one transaction: bounds what is in memory. */
const sliceLimit = 1_000;

/** Bytes of their requests, which may hold pictures and films: bounds the write-ahead log. */
const sliceBytesLimit = 32 * 1024 ** 2;

/** Tasks between two words about them: some 5 s. */
const toldTasks = 50_000;

interface Row {
  readonly id: string;
  /** The prompt as JSON: that spells what no text of a database can hold. */
  readonly prompt: string | null;
}

/**
 * Makes the tasks of earlier versions searchable. Each slice is committed on its own, so a server that is ended meanwhile goes
 * on where it was the next time. 1,000,000 tasks took 105 s on two busy cores (a file of 814 MB, 194 MB of memory, 18 MB of log).
 */
export async function fillPromptText(db: Kysely<never>, say: (progress: string) => void): Promise<void> {
  // No earlier version kept its tasks there.
  if (isPostgres(db)) return;
  let filled = 0;
  for (let after = ''; ; ) {
    const slice = await db.transaction().execute((trx) => fillSlice(trx, after));
    if (slice === undefined) return;
    if (filled === 0) say('the prompts of earlier tasks are made searchable: about 2 minutes for a million of them');
    const told = Math.floor(filled / toldTasks);
    after = slice.last;
    filled += slice.tasks;
    if (Math.floor(filled / toldTasks) > told) say(`the prompts of ${filled} earlier tasks are searchable now`);
  }
}

/** Answers the last id of the slice; undefined where there is none left. */
async function fillSlice(trx: Transaction<never>, after: string) {
  const last = await endOfSlice(trx, after);
  if (last === undefined) return undefined;
  const { rows } = await sql<Row>`
    select id, request -> '$.prompt' as prompt from tasks
    where id > ${after} and id <= ${last} and prompt_text = ''`.execute(trx);
  const texts = rows.map(({ id, prompt }) => sql`(${id}, ${searchText(promptOf(prompt))})`);
  await sql`
    with filled (id, prompt_text) as (values ${sql.join(texts)})
    update tasks set prompt_text = filled.prompt_text from filled where tasks.id = filled.id`.execute(trx);
  return { last, tasks: rows.length };
}

/** Looks at the sizes alone, which costs no reading of what is large. A slice has one task at least. */
async function endOfSlice(trx: Transaction<never>, after: string): Promise<string | undefined> {
  const { rows } = await sql<{ readonly id: string; readonly bytes: number }>`
    select id, octet_length(request) as bytes from tasks
    where id > ${after} and prompt_text = '' order by id limit ${sliceLimit}`.execute(trx);
  let bytes = 0;
  const tooMany = rows.findIndex((row) => {
    bytes += row.bytes;
    return bytes > sliceBytesLimit;
  });
  return tooMany < 0 ? rows.at(-1)?.id : rows[Math.max(tooMany - 1, 0)]?.id;
}

function promptOf(json: string | null): string {
  const prompt: unknown = JSON.parse(json ?? 'null');
  return typeof prompt === 'string' ? prompt : '';
}
