import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Caller } from '../contract/index.ts';
import { type Prepared, prepare } from '../database/prepared.ts';
import type { Schema } from '../database/schema.ts';
import { ReelayError } from '../errors.ts';

/** Characters after `sk-` in a key that we make. */
const keyLength = 48;

/** Shortest key that an operator may bring. */
export const minimumKeyLength = 20;

/** How long a checked key is trusted without asking the database, in milliseconds: a revoked one stops within this. */
const trustMs = 900;

/** Checked keys kept. */
const maximumTrusted = 10_000;

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export interface KeyInfo {
  readonly id: string;
  readonly account: string;
  readonly hint: string;
  readonly createdAt: number;
  readonly revokedAt?: number;
}

interface KeyRow {
  readonly id: string;
  readonly account_id: string;
  readonly hash: string;
  readonly name: string;
}

export function hashKey(key: string): string {
  return hash('sha256', key);
}

/** Makes, lists, revokes and checks API keys. */
export class Keys {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;
  readonly #find: Prepared<{ hash: string }, KeyRow>;
  readonly #trusted = new Map<string, { readonly caller: Caller; readonly until: number }>();

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
    this.#find = prepare(db, (base, param) =>
      base
        .selectFrom('api_keys')
        .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
        .select(['api_keys.id', 'api_keys.account_id', 'api_keys.hash', 'accounts.name'])
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
    const caller = { accountId: row.account_id, accountName: row.name, keyId: row.id };
    if (this.#trusted.size >= maximumTrusted) this.#trusted.clear();
    this.#trusted.set(hash, { caller, until: this.#now() + trustMs });
    return caller;
  }

  /** Makes a key, or accepts the one given, for an account that is made when it does not exist. The key is told once. */
  async create({ account = 'default', key = makeKey() }: { account?: string; key?: string } = {}): Promise<{
    readonly key: string;
    readonly info: KeyInfo;
  }> {
    if (key.length < minimumKeyLength) throw new Error(`a key has at least ${minimumKeyLength} characters`);
    if (/\s/.test(key)) throw new Error('a key has no spaces');
    const row = {
      id: `key-${randomBytes(6).toString('hex')}`,
      account_id: await this.#accountId(account),
      hash: hashKey(key),
      hint: key.slice(0, 7),
      created_at: this.#now(),
      revoked_at: null,
    };
    await this.#db.insertInto('api_keys').values(row).execute();
    return { key, info: keyInfo({ ...row, name: account }) };
  }

  async list(): Promise<readonly KeyInfo[]> {
    return (await this.#rows().execute()).map(keyInfo);
  }

  /** Revokes by id, by its first characters or by the key itself; `not_found` where none or several fit. */
  async revoke(name: string): Promise<KeyInfo> {
    const rows = await this.#rows()
      .where((eb) =>
        eb.or([eb('api_keys.id', '=', name), eb('api_keys.hint', '=', name), eb('api_keys.hash', '=', hashKey(name))]),
      )
      .execute();
    const [row] = rows;
    if (row === undefined || rows.length > 1) {
      const what = row === undefined ? 'no key is' : 'several keys are';
      throw new ReelayError('not_found', `${what} called ${name}; use an id from "reelay keys list"`);
    }
    const revokedAt = row.revoked_at ?? this.#now();
    await this.#db.updateTable('api_keys').set({ revoked_at: revokedAt }).where('id', '=', row.id).execute();
    return keyInfo({ ...row, revoked_at: revokedAt });
  }

  async #accountId(name: string): Promise<string> {
    await this.#db
      .insertInto('accounts')
      .values({ id: `acct-${randomBytes(9).toString('hex')}`, name, created_at: this.#now() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await this.#db.selectFrom('accounts').select('id').where('name', '=', name).executeTakeFirstOrThrow();
    return row.id;
  }

  #rows() {
    return this.#db
      .selectFrom('api_keys')
      .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
      .select(['api_keys.id', 'api_keys.hint', 'api_keys.created_at', 'api_keys.revoked_at', 'accounts.name'])
      .orderBy('api_keys.created_at');
  }
}

function keyInfo(row: {
  id: string;
  hint: string;
  name: string;
  created_at: number;
  revoked_at: number | null;
}): KeyInfo {
  return {
    id: row.id,
    account: row.name,
    hint: row.hint,
    createdAt: row.created_at,
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
