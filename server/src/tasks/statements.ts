import { type Kysely, sql } from 'kysely';
import type { TaskState } from '../contract/index.ts';
import { type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import type { EventRow, TaskRow } from './row.ts';

interface UpdateParams {
  readonly id: string;
  readonly expectedSeq: number;
  readonly state: TaskState;
  readonly seq: number;
  readonly progress: number;
  readonly phase: string;
  readonly provider: string;
  readonly warnings: string;
  readonly reading: string | null;
  readonly server: string | null;
  readonly attemptId: string | null;
  readonly dueAt: number | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

interface EventParams {
  readonly accountId: string;
  readonly id: number;
  readonly taskId: string;
  readonly kind: 'state' | 'progress';
  readonly state: TaskState;
  readonly previous: TaskState;
  readonly progress: number;
  readonly requestedModel: string;
  readonly detail: string;
  readonly at: number;
}

/** The statements of the store, compiled once. */
export interface StoreStatements {
  readonly read: Prepared<{ id: string }, TaskRow>;
  readonly readOwn: Prepared<{ accountId: string; id: string }, TaskRow>;
  readonly waiting: Prepared<{ provider: string; limit: number }, TaskRow>;
  readonly takeWaiting: Prepared<{ provider: string; limit: number; server: string }, TaskRow>;
  readonly update: Prepared<UpdateParams, TaskRow>;
  readonly nextEvent: Prepared<{ accountId: string }, { event_seq: number }>;
  readonly insertEvent: Prepared<EventParams, EventRow>;
  readonly setProgress: Prepared<{ id: string; seq: number; progress: number; phase: string }, TaskRow>;
  readonly reschedule: Prepared<{ id: string; seq: number; dueAt: number }, never>;
  readonly leaveJobs: Prepared<{ taskId: string; at: number }, never>;
}

export function storeStatements(database: Kysely<Schema>): StoreStatements {
  return {
    read: prepare(database, (db, param) => db.selectFrom('tasks').selectAll().where('id', '=', param('id'))),
    readOwn: prepare(database, (db, param) =>
      db.selectFrom('tasks').selectAll().where('id', '=', param('id')).where('account_id', '=', param('accountId')),
    ),
    waiting: prepare(database, (db, param) =>
      db
        .selectFrom('tasks')
        .selectAll()
        .where('provider', '=', param('provider'))
        .where('state', '=', sql.lit('queued'))
        .orderBy('created_at')
        .limit(param('limit')),
    ),
    takeWaiting: prepare(database, (db, param) =>
      db
        .updateTable('tasks')
        .set({ server: param('server') })
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('tasks as waiting')
            .select('waiting.id')
            .where('waiting.provider', '=', param('provider'))
            .where('waiting.state', '=', sql.lit('queued'))
            .where(({ or, eb }) => or([eb('waiting.server', 'is', null), eb('waiting.server', '=', param('server'))]))
            .orderBy('waiting.created_at')
            .limit(param('limit'))
            .forUpdate()
            .skipLocked(),
        )
        .returningAll(),
    ),
    update: updateStatement(database),
    ...eventStatements(database),
    setProgress: prepare(database, (db, param) =>
      db
        .updateTable('tasks')
        .set({ progress: param('progress'), phase: param('phase') })
        .where('id', '=', param('id'))
        .where('seq', '=', param('seq'))
        .where('progress', '<=', param('progress'))
        .returningAll(),
    ),
    reschedule: prepare(database, (db, param) =>
      db
        .updateTable('tasks')
        .set({ due_at: param('dueAt') })
        .where('id', '=', param('id'))
        .where('seq', '=', param('seq')),
    ) as StoreStatements['reschedule'],
    leaveJobs: prepare(database, (db, param) =>
      db
        .updateTable('attempts')
        .set({ follow_up_at: param('at') })
        .where('task_id', '=', param('taskId'))
        .where('operation', 'is not', null)
        .where('cost_micros', 'is', null),
    ) as StoreStatements['leaveJobs'],
  };
}

function updateStatement(database: Kysely<Schema>): StoreStatements['update'] {
  return prepare(database, (db, param) =>
    db
      .updateTable('tasks')
      .set({
        state: param('state'),
        seq: param('seq'),
        progress: (eb) =>
          eb.case().when('progress', '>', param('progress')).then(eb.ref('progress')).else(param('progress')).end(),
        phase: param('phase'),
        provider: param('provider'),
        warnings: param('warnings'),
        reading: param('reading'),
        server: param('server'),
        attempt_id: param('attemptId'),
        due_at: param('dueAt'),
        started_at: param('startedAt'),
        completed_at: param('completedAt'),
      })
      .where('id', '=', param('id'))
      .where('seq', '=', param('expectedSeq'))
      .returningAll(),
  );
}

function eventStatements(database: Kysely<Schema>): Pick<StoreStatements, 'nextEvent' | 'insertEvent'> {
  return {
    nextEvent: prepare(database, (db, param) =>
      db
        .updateTable('accounts')
        .set((eb) => ({ event_seq: eb('event_seq', '+', 1) }))
        .where('id', '=', param('accountId'))
        .returning('event_seq'),
    ),
    insertEvent: prepare(database, (db, param) =>
      db
        .insertInto('events')
        .values({
          account_id: param('accountId'),
          id: param('id'),
          task_id: param('taskId'),
          kind: param('kind'),
          state: param('state'),
          previous: param('previous'),
          progress: param('progress'),
          requested_model: param('requestedModel'),
          detail: param('detail'),
          created_at: param('at'),
        })
        .returningAll(),
    ),
  };
}
