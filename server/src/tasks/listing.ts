import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ExpressionBuilder, type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { isTerminal, type Operation, type Task, type TaskState } from '../contract/index.ts';
import { isPostgres } from '../database/postgres.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';
import { hasWord } from './prompt-search.ts';
import { type TaskRow, taskFromRow } from './row.ts';

/**
 * Tasks that one statement passes at most: a statement holds the event loop, and a filter that fits few tasks passes
 * many. Between two of them others get their turn. Measured with 100,000 tasks on 2 cores: a word that few prompts have is
 * looked for in 190 to 270 ms, of which nobody waits longer than 9.
 */
const sliceSize = 1_000;

/** The same for tasks that are only counted, which reads the index alone where nothing is filtered. */
const countedSliceSize = 5_000;

/** Which of an account's tasks are meant. */
export interface TaskFilter {
  readonly states?: readonly TaskState[];
  /** Of running tasks only those that their provider still queues, or only those that it does not. */
  readonly waiting?: boolean;
  readonly model?: string;
  readonly operation?: Operation;
  /** Each of them is in the prompt; as `searchWords` makes them. */
  readonly words?: readonly string[];
  /** What a client's parameter may be, by its name; `null` stands for a parameter that was not sent. */
  readonly parameters?: Readonly<Record<string, readonly (string | null)[]>>;
}

export interface TaskQuery extends TaskFilter {
  readonly limit: number;
  /** Only tasks older than this one. */
  readonly before?: string;
}

export interface TaskPage {
  readonly tasks: readonly Task[];
  readonly hasMore: boolean;
}

/** A place in an account's tasks, which are ordered by time and, where that is the same, by id. */
interface Place {
  readonly created_at: number;
  readonly id: string;
}

/** A page of an account's tasks, the newest first. */
export async function listTasks(db: Kysely<Schema>, accountId: string, query: TaskQuery): Promise<TaskPage> {
  const wanted = query.limit + 1;
  const rows: TaskRow[] = [];
  let above = query.before === undefined ? undefined : await placeOf(db, accountId, query.before);
  while (rows.length < wanted) {
    const below = leavesAllIn(query)
      ? undefined
      : await endOfSlice(tasksOf(db, accountId, query), { above, size: sliceSize });
    let slice = filtered(db, accountId, query);
    if (above !== undefined) slice = slice.where(place('<', above));
    if (below !== undefined) slice = slice.where(place('>=', below));
    rows.push(...(await newestFirst(slice.selectAll().limit(wanted - rows.length)).execute()));
    if (below === undefined) break;
    above = below;
    await nextTurn();
  }
  return { tasks: rows.slice(0, query.limit).map(taskFromRow), hasMore: rows.length > query.limit };
}

/** Then a page is the next so many tasks, and nothing has to be known of those behind them. */
function leavesAllIn({ states, waiting, model, operation, words = [], parameters = {} }: TaskFilter): boolean {
  const filters = [states, waiting, model, operation, ...words, ...Object.values(parameters)];
  return filters.every((filter) => filter === undefined);
}

async function placeOf(db: Kysely<Schema>, accountId: string, id: string): Promise<Place> {
  const place = await db
    .selectFrom('tasks')
    .select(['created_at', 'id'])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  if (place === undefined) throw new ReelayError('not_found', `there is no task ${id} to list from`);
  return place;
}

/** The last task of the slice that begins below this place; undefined where the slice reaches the oldest. */
function endOfSlice(
  tasks: ReturnType<typeof tasksOf>,
  { above, size }: { readonly above: Place | undefined; readonly size: number },
): Promise<Place | undefined> {
  let places = tasks.select(['created_at', 'id']);
  if (above !== undefined) places = places.where(place('<', above));
  return newestFirst(places.limit(1).offset(size - 1)).executeTakeFirst();
}

function place(relation: '<' | '>=', { created_at: at, id }: Place) {
  return (eb: ExpressionBuilder<Schema, 'tasks'>) => eb(eb.refTuple('created_at', 'id'), relation, eb.tuple(at, id));
}

function newestFirst<Row>(query: SelectQueryBuilder<Schema, 'tasks', Row>): SelectQueryBuilder<Schema, 'tasks', Row> {
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc');
}

export interface NumberedPage {
  readonly tasks: readonly Task[];
  /** Of all pages. */
  readonly total: number;
}

/** A page of them that is told by how many newer ones are left out, and how many there are. */
export async function listNumbered(
  db: Kysely<Schema>,
  accountId: string,
  query: TaskFilter & { readonly limit: number; readonly offset: number },
): Promise<NumberedPage> {
  const page = filtered(db, accountId, query).selectAll().limit(query.limit).offset(query.offset);
  const rows = await newestFirst(page).execute();
  return { tasks: rows.map(taskFromRow), total: await countTasks(db, accountId, query) };
}

async function countTasks(db: Kysely<Schema>, accountId: string, filter: TaskFilter): Promise<number> {
  let total = 0;
  for (let above: Place | undefined; ; ) {
    const below = await endOfSlice(tasksOf(db, accountId, filter), { above, size: countedSliceSize });
    let slice = filtered(db, accountId, filter);
    if (above !== undefined) slice = slice.where(place('<', above));
    if (below !== undefined) slice = slice.where(place('>=', below));
    const counted = await slice.select(({ fn }) => fn.countAll<number>().as('tasks')).executeTakeFirstOrThrow();
    total += Number(counted.tasks);
    if (below === undefined) return total;
    above = below;
    await nextTurn();
  }
}

/**
 * What the submissions of these tasks have cost so far, in micro-dollars. From the ledger, which knows only what cost something: the
 * attempts of a million tasks took seconds, and held all others up meanwhile.
 */
export async function costMicros(db: Kysely<Schema>, accountId: string, filter: TaskFilter): Promise<number> {
  const row = await db
    .selectFrom('ledger')
    .select(({ fn }) => fn.sum<number | null>('ledger.cost_micros').as('spent'))
    .where('ledger.account_id', '=', accountId)
    .where(({ exists }) =>
      exists(
        filtered(db, accountId, filter).select('tasks.id').where('tasks.id', '=', sql.ref<string>('ledger.task_id')),
      ),
    )
    .executeTakeFirst();
  return Number(row?.spent ?? 0);
}

function parameterOf(db: Kysely<Schema>, name: string) {
  if (isPostgres(db)) return sql<string>`reelay_parameter(${sql.ref('parameters')}, ${name})`;
  return sql<string>`${sql.ref('parameters')} ->> ${name}`;
}

/**
 * An account's tasks, of which a filter may leave most out. Where it leaves only live ones, their own index is read: they are
 * few among all that there ever were.
 */
function tasksOf(db: Kysely<Schema>, accountId: string, { states }: TaskFilter) {
  const tasks = db.selectFrom('tasks').where('account_id', '=', accountId);
  return states?.some(isTerminal) === false ? tasks.where('completed_at', 'is', null) : tasks;
}

function filtered(db: Kysely<Schema>, accountId: string, filter: TaskFilter) {
  const { states, waiting, model, operation, words = [] } = filter;
  let base = tasksOf(db, accountId, filter);
  if (states !== undefined) base = base.where('state', 'in', states);
  if (waiting !== undefined) {
    // No text of a client is in the phase of a running task, so its JSON can be searched as text on every database.
    const phase = `%"waiting":${waiting}%`;
    base = base.where((eb) => eb.or([eb('state', '<>', 'running'), eb('phase', 'like', phase)]));
  }
  if (model !== undefined) {
    base = base.where((eb) => eb.or([eb('model', '=', model), eb('requested_model', '=', model)]));
  }
  if (operation !== undefined) base = base.where('operation', '=', operation);
  for (const word of words) base = base.where(hasWord(word));
  for (const [name, values] of Object.entries(filter.parameters ?? {})) {
    const value = parameterOf(db, name);
    const texts = values.filter((text) => text !== null);
    base = base.where((eb) =>
      eb.or([...texts.map((text) => eb(value, '=', text)), ...(values.includes(null) ? [eb(value, 'is', null)] : [])]),
    );
  }
  return base;
}
