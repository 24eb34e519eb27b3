import { type Kysely, PostgresAdapter, PostgresDialect } from 'kysely';
import { Client, type ClientConfig, Pool, types } from 'pg';
import type { Inspection } from './inspect.ts';
import type { Executor } from './prepared.ts';

/** Connections of one server at most, besides the one that listens. */
const maximumConnections = 10;

/** How long a query waits for a connection, in milliseconds; then the database counts as not answering. */
const connectTimeoutMs = 5_000;

/**
 * Limits that the database keeps for us, in milliseconds. A server that freezes or is cut off inside a transaction would hold its
 * account's row until the system notices, which takes two hours by default.
 */
const idleInTransactionMs = 15_000;
const lockTimeoutMs = 10_000;
const statementTimeoutMs = 30_000;

/** How long we wait for an answer, in milliseconds: the database's own limit is no help where the network is gone. */
const answerTimeoutMs = 35_000;

/** Statements kept prepared on each connection: those of `prepare`, and what else runs again and again. */
const preparedStatementLimit = 256;

/** Pause before the listening connection is made anew, in milliseconds. */
const listenRetryMs = 500;

/** How often the listening connection is asked for a sign of life, and how long that may take, in milliseconds. */
const pingIntervalMs = 5_000;
const pingTimeoutMs = 5_000;

/** PostgreSQL's number for `bigint`, which the driver gives as text: times and money here are far below 2^53. */
const bigintType = 20;

/** Whether these queries run on PostgreSQL, and not on SQLite. */
export function isPostgres<Schema>(db: Kysely<Schema>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

export interface PostgresHandle {
  readonly dialect: PostgresDialect;
  /** Single queries beside transactions under way. */
  readonly reader: Executor;
  close(): Promise<void>;
}

/** The server's connections. A lost one is replaced at the next query; what ran on it fails, and its caller tries again. */
export function openPostgres(url: string, onError: (error: Error) => void): PostgresHandle {
  const pool = new Pool({
    ...settings(url),
    ...{ max: maximumConnections, query_timeout: answerTimeoutMs, Client: PreparingClient },
  });
  pool.on('error', onError);
  return {
    dialect: new PostgresDialect({ pool }),
    reader: {
      async executeQuery({ sql, parameters }) {
        const { rows } = await pool.query(sql, [...parameters]);
        return { rows };
      },
    },
    close: () => pool.end(),
  };
}

/** For migrations, which may take longer than any query of a server. */
export function openPatientPostgres(url: string): PostgresDialect {
  const patient = { statement_timeout: 0, lock_timeout: 0, idle_in_transaction_session_timeout: 0 };
  return new PostgresDialect({ pool: new Pool({ ...settings(url), ...patient, max: 1 }) });
}

/** One connection that only reads. */
export async function openInspector(url: string): Promise<Inspection> {
  const client = new Client({ ...settings(url), query_timeout: answerTimeoutMs });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('set default_transaction_read_only = on');
  return {
    kind: 'postgres',
    query: async <Row>(text: string) => (await client.query(text)).rows as Row[],
    close: () => client.end(),
  };
}

function settings(url: string): ClientConfig {
  return {
    ...{ connectionString: url, application_name: 'reelay', keepAlive: true },
    connectionTimeoutMillis: connectTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    lock_timeout: lockTimeoutMs,
    statement_timeout: statementTimeoutMs,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === bigintType ? Number : types.getTypeParser(type, format),
    } as ClientConfig['types'],
  };
}

const statementNames = new Map<string, string>();

/** The name under which a connection keeps a statement; undefined for one too many. */
function statementName(text: string): string | undefined {
  const known = statementNames.get(text);
  if (known !== undefined || statementNames.size >= preparedStatementLimit) return known;
  const name = `reelay-${statementNames.size}`;
  statementNames.set(text, name);
  return name;
}

/** PostgreSQL takes no U+0000 in a text. */
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}

/** Has each connection parse a statement once. */
class PreparingClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    const plain = this.query.bind(this) as (query: unknown, ...rest: readonly unknown[]) => unknown;
    const prepared = (query: unknown, values?: unknown, callback?: unknown): unknown => {
      if (typeof query !== 'string' || !Array.isArray(values)) return plain(query, values, callback);
      const name = statementName(query);
      return plain(
        {
          text: query,
          values: values.map((value) => (typeof value === 'string' ? storable(value) : value)),
          ...(name !== undefined && { name }),
        },
        callback,
      );
    };
    this.query = prepared as Client['query'];
    // What runs on a connection that breaks is rejected; without a listener the process would end as well.
    this.on('error', () => undefined);
  }
}

export interface ListenOptions {
  readonly url: string;
  readonly channel: string;
  readonly onMessage: (payload: string) => void;
  /** Listening, the first time or again: what came before was missed. */
  readonly onListening: () => void;
  readonly onError: (error: unknown) => void;
}

/** Listens on a connection of its own, which is made anew whenever it is lost. Answers what ends that. */
export function listen(options: ListenOptions): () => Promise<void> {
  let ended = false;
  let current: Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function connect(): Promise<void> {
    const client = new Client({ ...settings(options.url), query_timeout: pingTimeoutMs });
    current = client;
    const ping = setInterval(() => client.query('select 1').catch(lost), pingIntervalMs).unref();
    const lost = (error?: unknown): void => {
      clearInterval(ping);
      if (current !== client) return;
      current = undefined;
      client.end().catch(() => undefined);
      if (ended) return;
      if (error !== undefined) options.onError(error);
      retry = setTimeout(() => void connect(), listenRetryMs).unref();
    };
    client.on('error', lost).on('end', () => lost());
    client.on('notification', ({ payload }) => options.onMessage(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(options.channel)}`);
      if (current === client) options.onListening();
    } catch (error) {
      lost(error);
    }
  }

  void connect();
  return async () => {
    ended = true;
    clearTimeout(retry);
    const client = current;
    current = undefined;
    await client?.end().catch(() => undefined);
  };
}
