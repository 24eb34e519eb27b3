import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { Caller, Limits, Scope } from '../contract/index.ts';
import { type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';
import { Accounts, changedLimits, type LimitChanges, readLimits } from './accounts.ts';

/** Characters after `sk-` in a key that we make. */
const keyLength = 48;

/** Shortest key that an operator may bring. */
export const minimumKeyLength = 20;

/** How long a checked key is trusted without asking the database, in milliseconds: a revoked one stops within this. */
const trustMs = 900;

/** Checked keys kept. */
const maximumTrusted = 10_000;

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** What a key may do where nothing else is said, as a key of before there were scopes. */
export const usualScopes: readonly Scope[] = ['create', 'read', 'files'];

export interface KeyInfo {
  readonly id: string;
  readonly account: string;
  readonly hint: string;
  readonly name?: string;
  readonly scopes: readonly Scope[];
  /** Ids of the models that it may use; absent where it may use all. */
  readonly models?: readonly string[];
  readonly limits: Limits;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

/** Changes of a key: what is null is taken away, what is absent stays. */
export interface KeyChanges {
  readonly name?: string | null;
  readonly scopes?: readonly Scope[];
  readonly models?: readonly string[] | null;
  readonly expiresAt?: number | null;
  readonly limits?: LimitChanges;
}

export interface NewKey extends KeyChanges {
  readonly account?: string;
  readonly key?: string;
}

type KeyRow = Selectable<Schema['api_keys']> & { readonly account: string };

export function hashKey(key: string): string {
  return hash('sha256', key);
}

/** Makes, lists, revokes and checks API keys. */
export class Keys {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;
  readonly #find: Prepared<{ hash: string }, KeyRow & { readonly account_limits: string | null }>;
  readonly #trusted = new Map<string, { readonly caller: Caller; readonly until: number }>();

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
    this.#find = prepare(db, (base, param) =>
      base
        .selectFrom('api_keys')
        .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
        .selectAll('api_keys')
        .select(['accounts.name as account', 'accounts.limits as account_limits'])
        .where('api_keys.hash', '=', param('hash'))
        .where('api_keys.revoked_at', 'is', null),
    );
  }

  /** Who the header's key belongs to; `unauthenticated` for anything else. */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    const match = /^Bearer +(\S+) *$/i.exec(authorization ?? '');
    if (match?.[1] !== undefined) return this.#check(match[1]);
    const what = authorization === undefined ? 'is missing' : 'is not "Bearer <key>"';
    throw new ReelayError('unauthenticated', `the Authorization header ${what}`);
  }

  async #check(key: string): Promise<Caller> {
    const hash = hashKey(key);
    const known = this.#trusted.get(hash);
    if (known !== undefined && known.until > this.#now()) return known.caller;
    const [row] = await this.#find(this.#db, { hash });
    if (row === undefined || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(hash))) {
      this.#trusted.delete(hash);
      throw new ReelayError('unauthenticated', 'the API key is not valid');
    }
    const now = this.#now();
    if (row.expires_at !== null && row.expires_at <= now) {
      throw new ReelayError('unauthenticated', `the API key expired on ${new Date(row.expires_at).toISOString()}`);
    }
    const caller = callerOf(row);
    if (this.#trusted.size >= maximumTrusted) this.#trusted.clear();
    this.#trusted.set(hash, { caller, until: Math.min(now + trustMs, row.expires_at ?? Number.POSITIVE_INFINITY) });
    return caller;
  }

  /** Makes a key, or accepts the one given, for an account that is made when it does not exist. The key is told once. */
  async create({ account = 'default', key = makeKey(), ...settings }: NewKey = {}): Promise<{
    readonly key: string;
    readonly info: KeyInfo;
  }> {
    if (key.length < minimumKeyLength) throw new Error(`a key has at least ${minimumKeyLength} characters`);
    if (/\s/.test(key)) throw new Error('a key has no spaces');
    const row = {
      id: `key-${randomBytes(6).toString('hex')}`,
      account_id: await new Accounts(this.#db, this.#now).idOf(account),
      hash: hashKey(key),
      hint: key.slice(0, 7),
      created_at: this.#now(),
      revoked_at: null,
      ...changedColumns(settings, { name: null, models: null, limits: null, expires_at: null }),
      scopes: JSON.stringify(settings.scopes ?? usualScopes),
    };
    await this.#db.insertInto('api_keys').values(row).execute();
    return { key, info: keyInfo({ ...row, account }) };
  }

  async list(): Promise<readonly KeyInfo[]> {
    return (await this.#rows().execute()).map(keyInfo);
  }

  /** Changes a key that is named as in `revoke`; a running server heeds it within a second. */
  async update(name: string, changes: KeyChanges): Promise<KeyInfo> {
    const row = await this.#named(name);
    const columns = changedColumns(changes, row);
    await this.#db.updateTable('api_keys').set(columns).where('id', '=', row.id).execute();
    return keyInfo({ ...row, ...columns });
  }

  /** Revokes by id, by its first characters or by the key itself; `not_found` where none or several fit. */
  async revoke(name: string): Promise<KeyInfo> {
    const row = await this.#named(name);
    const revokedAt = row.revoked_at ?? this.#now();
    await this.#db.updateTable('api_keys').set({ revoked_at: revokedAt }).where('id', '=', row.id).execute();
    return keyInfo({ ...row, revoked_at: revokedAt });
  }

  async #named(name: string): Promise<KeyRow> {
    const rows = await this.#rows()
      .where((eb) =>
        eb.or([eb('api_keys.id', '=', name), eb('api_keys.hint', '=', name), eb('api_keys.hash', '=', hashKey(name))]),
      )
      .execute();
    const [row] = rows;
    if (row !== undefined && rows.length === 1) return row;
    const what = row === undefined ? 'no key is' : 'several keys are';
    throw new ReelayError('not_found', `${what} called ${name}; use an id from "reelay keys list"`);
  }

  #rows() {
    return this.#db
      .selectFrom('api_keys')
      .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
      .selectAll('api_keys')
      .select('accounts.name as account')
      .orderBy('api_keys.created_at');
  }
}

function callerOf(row: KeyRow & { readonly account_limits: string | null }): Caller {
  const { models, limits, account_limits: accountLimits } = row;
  return {
    accountId: row.account_id,
    accountName: row.account,
    keyId: row.id,
    scopes: readScopes(row.scopes),
    ...(models !== null && { models: JSON.parse(models) }),
    ...((limits !== null || accountLimits !== null) && {
      limits: { key: readLimits(limits), account: readLimits(accountLimits) },
    }),
  };
}

function readScopes(column: string | null): readonly Scope[] {
  return column === null ? usualScopes : JSON.parse(column);
}

type ChangedColumns = Pick<KeyRow, 'name' | 'models' | 'limits' | 'expires_at'>;

function changedColumns(changes: KeyChanges, before: ChangedColumns): ChangedColumns & { readonly scopes?: string } {
  const { name, scopes, models, expiresAt, limits } = changes;
  return {
    name: name === undefined ? before.name : name,
    models: models === undefined ? before.models : models && JSON.stringify(models),
    limits: limits === undefined ? before.limits : changedLimits(before.limits, limits),
    expires_at: expiresAt === undefined ? before.expires_at : expiresAt,
    ...(scopes && { scopes: JSON.stringify(scopes) }),
  };
}

function keyInfo(row: KeyRow): KeyInfo {
  return {
    id: row.id,
    account: row.account,
    hint: row.hint,
    scopes: readScopes(row.scopes),
    limits: readLimits(row.limits),
    createdAt: row.created_at,
    ...(row.name !== null && { name: row.name }),
    ...(row.models !== null && { models: JSON.parse(row.models) }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
  };
}

/** `sk-` and 48 characters: 285 bits. */
function makeKey(): string {
  // 62 letters fit four times into a byte; bytes above are drawn again, so that every letter is as likely as the next.
  const letters: string[] = [];
  while (letters.length < keyLength) {
    for (const byte of randomBytes(keyLength)) if (byte < 248) letters.push(alphabet.charAt(byte % 62));
  }
  return `sk-${letters.slice(0, keyLength).join('')}`;
}
