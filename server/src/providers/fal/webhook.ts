import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { WebhookDelivery, WebhookRefusal } from '../../contract/index.ts';
import { asObject, objectOf } from '../exchange.ts';
import { requestIdOf } from './operation.ts';

/**
 * Deliveries of fal: https://fal.ai/docs/documentation/model-apis/inference/webhooks.md
 *
 * 1. Ed25519 over request id, user id, timestamp and the body's SHA-256, one a line, with a key of fal's key set.
 * 2. The timestamp is at most five minutes away. A repetition within them is harmless: a delivery is a wake-up only.
 * 3. The key set is kept for a day at most. A signature that no key fits reads it again, but seldom: forging is cheap.
 * 4. One key set signs for every customer of fal: a delivery speaks for one user, and which one is ours is pinned.
 */

const toleranceSeconds = 300;
const keysLifetimeMs = 24 * 3_600_000;

/** Shortest time between two reads of the key set, in milliseconds. */
const keysIntervalMs = 60_000;

/** Keys of a set that are tried. */
const maximumKeys = 16;

export interface SignedDelivery {
  readonly requestId: string;
  readonly userId: string;
}

export interface UnprovedDelivery {
  readonly cause: WebhookRefusal;
  /** For the operator. */
  readonly reason: string;
}

export interface VerifierOptions {
  /** The text of the key set; undefined where it could not be read. */
  readonly readKeys: () => Promise<string | undefined>;
  readonly now: () => number;
}

export class WebhookVerifier {
  readonly #options: VerifierOptions;
  #keys: readonly KeyObject[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** What a delivery proves to come from fal, or why it proves nothing. */
  async verify({ headers, body }: WebhookDelivery): Promise<SignedDelivery | UnprovedDelivery> {
    const requestId = headers['x-fal-webhook-request-id'] ?? '';
    const userId = headers['x-fal-webhook-user-id'] ?? '';
    const timestamp = headers['x-fal-webhook-timestamp'] ?? '';
    const signature = headers['x-fal-webhook-signature'] ?? '';
    if (requestId === '' || userId === '' || !/^\d{1,12}$/.test(timestamp) || !/^[0-9a-f]{128}$/i.test(signature)) {
      return { cause: 'signature', reason: 'its signature headers are missing or malformed' };
    }
    if (Math.abs(this.#options.now() / 1_000 - Number(timestamp)) > toleranceSeconds) {
      return { cause: 'time', reason: 'its timestamp is too far from our clock' };
    }
    const message = Buffer.from(
      [requestId, userId, timestamp, createHash('sha256').update(body).digest('hex')].join('\n'),
    );
    if (!(await this.#isSigned(message, Buffer.from(signature, 'hex')))) {
      return { cause: 'signature', reason: 'its signature fits no key' };
    }
    // The header may name a later run of the same request; the body, which is signed too, says the queue's own id.
    const queued = requestIdOf(objectOf(Buffer.from(body).toString('utf8')));
    if (queued === undefined) return { cause: 'body', reason: 'its body names no request' };
    return { requestId: queued, userId };
  }

  async #isSigned(message: Buffer, signature: Buffer): Promise<boolean> {
    const fits = (): boolean => this.#keys.some((key) => verify(null, message, key, signature));
    if (this.#options.now() - this.#readAt <= keysLifetimeMs && fits()) return true;
    await this.#refresh();
    return this.#options.now() - this.#readAt <= keysLifetimeMs && fits();
  }

  async #refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    const now = this.#options.now();
    if (now - this.#triedAt < keysIntervalMs) return;
    this.#triedAt = now;
    const set = objectOf((await this.#options.readKeys()) ?? '')?.['keys'];
    if (!Array.isArray(set)) return;
    this.#keys = set.slice(0, maximumKeys).flatMap(keyOf);
    this.#readAt = now;
  }
}

function keyOf(value: unknown): readonly KeyObject[] {
  const { x } = asObject(value) ?? {};
  if (typeof x !== 'string') return [];
  try {
    return [createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })];
  } catch {
    return [];
  }
}
