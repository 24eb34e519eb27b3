import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';

export interface Balance {
  readonly chargedMicros: number;
  readonly reservedMicros: number;
}

/**
 * What an account was charged, and what is set aside for tasks that may still cost something. A reservation is no row of
 * its own: it follows from the task, so it can neither be forgotten nor settled twice. It stands while the task lives,
 * and after its end while a submission of it has no known cost.
 */
export async function balanceOf(db: Kysely<Schema>, accountId: string): Promise<Balance> {
  const charged = await db
    .selectFrom('ledger')
    .select(({ fn }) => fn.sum<number | null>('cost_micros').as('micros'))
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  const reserved = await db
    .selectFrom('tasks')
    .select(({ fn }) => fn.sum<number | null>('estimated_cost_micros').as('micros'))
    .where('account_id', '=', accountId)
    .where('estimated_cost_micros', '>', 0)
    .where((eb) =>
      eb.or([
        eb('completed_at', 'is', null),
        eb.exists(
          eb
            .selectFrom('attempts')
            .select('attempts.id')
            .whereRef('attempts.task_id', '=', 'tasks.id')
            .where('attempts.cost_micros', 'is', null),
        ),
      ]),
    )
    .executeTakeFirst();
  return { chargedMicros: Number(charged?.micros ?? 0), reservedMicros: Number(reserved?.micros ?? 0) };
}
