import type { DatabaseConnection, Dialect, Driver } from 'kysely';
import type { DatabaseFault } from '../contract/index.ts';
import { databaseFaultOf } from './faults.ts';
import type { Executor } from './prepared.ts';

/** Told of each query, and each connection, that the database could not give. */
export type OnFault = (fault: DatabaseFault) => void;

/** The dialect, telling of faults of its database. Answers that say no, such as a row that exists, are none. */
export function withFaultsTold(dialect: Dialect, onFault: OnFault): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => telling(dialect.createDriver(), onFault),
  };
}

export function readerWithFaultsTold<Reader extends Executor>(reader: Reader, onFault: OnFault): Reader {
  const executeQuery: Executor['executeQuery'] = (query) => reader.executeQuery(query).catch(rethrow(onFault));
  return { ...reader, executeQuery };
}

function telling(driver: Driver, onFault: OnFault): Driver {
  const seen = new WeakSet<DatabaseConnection>();
  const acquire = driver.acquireConnection.bind(driver);
  driver.acquireConnection = async (options) => {
    const connection = await acquire(options).catch(rethrow(onFault));
    if (!seen.has(connection)) {
      seen.add(connection);
      const execute: DatabaseConnection['executeQuery'] = connection.executeQuery.bind(connection);
      connection.executeQuery = <Row>(...query: Parameters<typeof execute>) =>
        execute<Row>(...query).catch(rethrow(onFault));
    }
    return connection;
  };
  return driver;
}

function rethrow(onFault: OnFault): (error: unknown) => never {
  return (error) => {
    const fault = databaseFaultOf(error);
    if (fault !== undefined) onFault(fault);
    throw error;
  };
}
