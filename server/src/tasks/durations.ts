import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';

/** How many of the latest successes the measured times are means of. */
const measuredTasks = 200;

/** What tasks of each model took here, kept in memory and read anew after a success. */
export class Durations {
  readonly #db: Kysely<Schema>;
  #byModel: ReadonlyMap<string, number> = new Map();
  #stale = false;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async load(): Promise<void> {
    this.#stale = false;
    const rows = await this.#db
      .selectFrom('tasks')
      .select(['model', 'created_at', 'completed_at'])
      .where('completed_at', 'is not', null)
      .where('state', '=', 'succeeded')
      .orderBy('completed_at', 'desc')
      .limit(measuredTasks)
      .execute();
    const byName = Map.groupBy(rows, (row) => row.model);
    this.#byModel = new Map([...byName].map(([model, tasks]) => [model, meanSeconds(tasks)]));
  }

  forget(): void {
    this.#stale = true;
  }

  seconds(model: string): number | undefined {
    if (this.#stale) this.load().catch(() => this.forget());
    return this.#byModel.get(model);
  }
}

function meanSeconds(tasks: readonly { readonly created_at: number; readonly completed_at: number | null }[]): number {
  const total = tasks.reduce((sum, task) => sum + ((task.completed_at ?? task.created_at) - task.created_at), 0);
  return Math.max(1, Math.round(total / tasks.length / 1000));
}
