import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Schema } from './schema.ts';

/** Stands for a value that is given when the query runs. */
class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** What a compiled query runs on: the database, one of its transactions, or its reader. */
export interface Executor {
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>;
}

/** Runs a query that was compiled before. */
export type Prepared<Params, Row> = (executor: Executor, params: Params) => Promise<readonly Row[]>;

/**
 * Compiles a query once. Building one anew costs more than SQLite takes to run it, which shows on the routes that are
 * called most. `param(name)` stands for a value of `Params`.
 */
export function prepare<Params extends object, Row>(
  db: Kysely<Schema>,
  build: (
    db: Kysely<Schema>,
    param: <Name extends keyof Params & string>(name: Name) => Params[Name],
  ) => Compilable<Row>,
): Prepared<Params, Row> {
  const compiled = build(db, (name) => new Placeholder(name) as Params[typeof name]).compile();
  const template = compiled.parameters;
  return async (executor, params) => {
    const parameters = template.map((value) =>
      value instanceof Placeholder ? params[value.name as keyof Params & string] : value,
    );
    const result = await executor.executeQuery<Row>({ ...compiled, parameters });
    return result.rows;
  };
}
