import type { Logger } from 'pino';
import type { JsonObject, Telemetry } from '../contract/index.ts';
import type { CallbackSender } from '../media/callbacks.ts';
import type { ClaimedDelivery, Deliveries, Delivery, DeliveryTry, DueDelivery } from './deliveries.ts';
import { Receivers } from './receivers.ts';
import { endOf, refusalOf } from './retry.ts';
import type { WebhookSecrets } from './secrets.ts';
import { signedHeaders } from './signature.ts';

/** How often due deliveries are looked for, in milliseconds: what those of other servers wait at most. */
const sweepIntervalMs = 1_000;

/** How long a delivery is left to the server that sends it, in milliseconds, and how much of that a try needs at most. */
const leaseMs = 30_000;
const longestTryMs = 15_000;

/** Due deliveries looked at together. */
const dueAtOnce = 256;

export interface DelivererOptions {
  readonly deliveries: Deliveries;
  readonly secrets: Pick<WebhookSecrets, 'list'>;
  readonly callbacks: CallbackSender;
  /** The task as its API shows it now; undefined where it is gone. */
  readonly render: (delivery: Delivery) => Promise<JsonObject | undefined>;
  readonly now: () => number;
  readonly random: () => number;
  readonly every: (ms: number, work: () => void) => () => void;
  /** This server, where several share the database. */
  readonly server?: string | undefined;
  readonly telemetry: Pick<Telemetry, 'delivered'>;
  readonly log: Logger;
}

/**
 * Tells receivers of the ends of tasks.
 *
 * Invariants:
 * W1. A wake-up is a hint. The rows decide, and the sweep finds every due delivery.
 * W2. A delivery is sent by whoever has claimed it, and not when so much of the claim has passed that somebody else may send it too:
 *     a process that froze and wakes late does not send.
 * W3. At least once: what was sent and could not be written down is sent again, under the same id.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #sender: string;
  readonly #receivers = new Receivers();
  readonly #sending = new Set<Promise<void>>();
  #endSweep: () => void = () => undefined;
  #works = false;
  #looking = false;
  #lookAgain = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#sender = options.server ?? 'alone';
  }

  async start(): Promise<void> {
    const { every, server } = this.#options;
    if (server === undefined) await this.freeAbandoned();
    this.#works = true;
    this.#endSweep = every(sweepIntervalMs, () => this.wake());
    this.wake();
  }

  /** Resolves when nothing is being sent any more: within the time that a receiver has to answer. */
  async stop(): Promise<void> {
    this.#works = false;
    this.#endSweep();
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  /** Takes up what servers left behind that are gone. To be called again and again where several share the database. */
  async freeAbandoned(): Promise<void> {
    await this.#options.deliveries.freeAbandoned({ isShared: this.#options.server !== undefined });
  }

  /** Something may be due. */
  wake(): void {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#look();
  }

  async #look(): Promise<void> {
    try {
      while (this.#lookAgain && this.#works) {
        this.#lookAgain = false;
        await this.#sendDue();
      }
    } catch (error) {
      this.#options.log.error({ err: error }, 'due webhooks could not be read; the next look tries again');
    } finally {
      this.#looking = false;
    }
  }

  async #sendDue(): Promise<void> {
    const { deliveries, now } = this.#options;
    const { room, fullHosts, fullAccounts } = this.#receivers;
    if (room <= 0) return;
    const due = await deliveries.due({ limit: dueAtOnce, withoutHosts: fullHosts, withoutAccounts: fullAccounts });
    const taken = this.#receivers.take(due);
    const until = now() + leaseMs;
    const claimed = await this.#claim(taken, until);
    for (const place of taken) {
      const delivery = claimed.get(place.id);
      if (delivery === undefined) this.#receivers.giveBack(place);
      else this.#send(delivery, place);
    }
    // There may be more behind those that were passed because their receiver had enough.
    if (taken.length < due.length) this.#lookAgain = true;
  }

  async #claim(taken: readonly DueDelivery[], until: number): Promise<ReadonlyMap<string, ClaimedDelivery>> {
    const ids = taken.map(({ id }) => id);
    try {
      const claimed = await this.#options.deliveries.claim(ids, { sender: this.#sender, until });
      return new Map(claimed.map((delivery) => [delivery.id, delivery]));
    } catch (error) {
      for (const place of taken) this.#receivers.giveBack(place);
      throw error;
    }
  }

  #send(delivery: ClaimedDelivery, place: DueDelivery): void {
    const sending = this.#deliver(delivery, place.host).then(() => {
      this.#sending.delete(sending);
      this.#receivers.giveBack(place);
      this.wake();
    });
    this.#sending.add(sending);
  }

  /** Never rejects. */
  async #deliver(delivery: ClaimedDelivery, host: string): Promise<void> {
    const { log } = this.#options;
    const about = { delivery: delivery.id, task: delivery.taskId, host };
    try {
      const tried = await this.#try(delivery);
      if (tried === undefined) return;
      this.#receivers.told(host, { failed: tried.error !== undefined });
      await this.#writeDown(delivery, tried, about);
    } catch (error) {
      log.error({ err: error, ...about }, 'a webhook could not be sent or written down; it is tried again');
    }
  }

  /** Undefined where nothing was sent because its time had passed. */
  async #try(delivery: ClaimedDelivery): Promise<DeliveryTry | undefined> {
    const { callbacks, now, render, secrets } = this.#options;
    const content = await render(delivery);
    const keys = await secrets.list(delivery.accountId);
    const at = now();
    if (content === undefined) return { at, durationMs: 0, error: 'its task has been deleted' };
    if (at > delivery.dueAt - longestTryMs) return undefined;
    const body = JSON.stringify(content);
    const signed = signedHeaders(
      { id: delivery.id, timestamp: Math.floor(at / 1_000), body },
      keys.map(({ secret }) => secret),
    );
    const answer = await callbacks.post(delivery.url, { ...signed, 'content-type': 'application/json' }, body);
    const error = 'error' in answer ? answer.error : refusalOf(answer.status);
    return {
      at,
      durationMs: Math.max(0, now() - at),
      ...('status' in answer && { status: answer.status }),
      ...(error !== undefined && { error }),
    };
  }

  async #writeDown(delivery: ClaimedDelivery, tried: DeliveryTry, about: object): Promise<void> {
    const { deliveries, log, random, telemetry } = this.#options;
    const { since } = delivery;
    const failures = 1 + delivery.tries.filter(({ at }) => at >= since).length;
    const end = endOf(tried, { failures, since, random });
    if (!(await deliveries.finish(delivery, { sender: this.#sender, tried, end }))) return;
    telemetry.delivered(end.state === 'waiting' ? 'retried' : end.state);
    log.debug({ ...about, status: tried.status, ms: tried.durationMs, state: end.state }, 'a webhook was tried');
    if (end.state === 'failed')
      log.warn({ ...about, status: tried.status, reason: tried.error }, 'a webhook was given up');
  }
}
