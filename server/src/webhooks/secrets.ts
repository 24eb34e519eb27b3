import { randomBytes } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { secretPrefix } from './signature.ts';

/** How long a replaced secret still signs beside its successor, in milliseconds. */
const overlapMs = 24 * 3_600_000;

/** Secrets that sign at once, however often they are replaced: each adds a signature to every message. */
const maximumSecrets = 4;

/** Bytes of a secret; Standard Webhooks asks for 24 to 64. */
const secretBytes = 32;

export interface WebhookSecret {
  readonly secret: string;
  readonly createdAt: number;
  /** Of one that was replaced. */
  readonly expiresAt?: number;
}

/** What each account's webhooks are signed with. Made at first use. */
export class WebhookSecrets {
  readonly #db: Kysely<Schema>;
  readonly #now: () => number;

  constructor(db: Kysely<Schema>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** All that sign now, the current one first. */
  async list(accountId: string): Promise<readonly WebhookSecret[]> {
    const known = await this.#living(this.#db, accountId);
    if (known.some(({ expiresAt }) => expiresAt === undefined)) return known;
    await this.#make(this.#db, accountId);
    return this.#living(this.#db, accountId);
  }

  /** Makes a new one. Those before it go on signing for a day. */
  async rotate(accountId: string): Promise<readonly WebhookSecret[]> {
    const at = this.#now();
    return this.#db.transaction().execute(async (trx) => {
      await trx
        .updateTable('webhook_secrets')
        .set({ expires_at: at + overlapMs })
        .where('account_id', '=', accountId)
        .where('expires_at', 'is', null)
        .execute();
      await this.#make(trx, accountId);
      const living = await this.#living(trx, accountId);
      await this.#keep(trx, accountId, living.slice(0, maximumSecrets));
      return living.slice(0, maximumSecrets);
    });
  }

  async #keep(trx: Transaction<Schema>, accountId: string, kept: readonly WebhookSecret[]): Promise<void> {
    const secrets = kept.map(({ secret }) => secret);
    await trx
      .deleteFrom('webhook_secrets')
      .where('account_id', '=', accountId)
      .where('secret', 'not in', secrets)
      .execute();
  }

  /** Of several that make one at the same time, one does. */
  async #make(db: Kysely<Schema>, accountId: string): Promise<void> {
    const secret = secretPrefix + randomBytes(secretBytes).toString('base64');
    await db
      .insertInto('webhook_secrets')
      .values({ account_id: accountId, secret, created_at: this.#now(), expires_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  async #living(db: Kysely<Schema>, accountId: string): Promise<readonly WebhookSecret[]> {
    const rows = await db
      .selectFrom('webhook_secrets')
      .select(['secret', 'created_at', 'expires_at'])
      .where('account_id', '=', accountId)
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', this.#now())]))
      .execute();
    const age = ({ expiresAt = Number.POSITIVE_INFINITY }: WebhookSecret) => expiresAt;
    return rows
      .map(({ secret, created_at: createdAt, expires_at: expiresAt }) => ({
        secret,
        createdAt,
        ...(expiresAt !== null && { expiresAt }),
      }))
      .toSorted((one, other) => (age(one) > age(other) ? -1 : 1));
  }
}
