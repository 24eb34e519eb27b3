import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { Deliverer, type DelivererOptions } from './deliverer.ts';
import { Deliveries } from './deliveries.ts';
import { WebhookSecrets } from './secrets.ts';

/** Everything about webhooks: the log, the secrets, and what sends them. */
export interface Webhooks extends Pick<Deliverer, 'start' | 'stop' | 'wake' | 'freeAbandoned'> {
  readonly deliveries: Deliveries;
  readonly secrets: WebhookSecrets;
}

export function createWebhooks(
  db: Kysely<Schema>,
  options: Omit<DelivererOptions, 'deliveries' | 'secrets'>,
): Webhooks {
  const deliveries = new Deliveries(db, options.now);
  const secrets = new WebhookSecrets(db, options.now);
  const deliverer = new Deliverer({ ...options, deliveries, secrets });
  return {
    deliveries,
    secrets,
    start: () => deliverer.start(),
    stop: () => deliverer.stop(),
    wake: () => deliverer.wake(),
    freeAbandoned: () => deliverer.freeAbandoned(),
  };
}
