import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '../../contract/index.ts';
import type { Delivery } from '../../webhooks/deliveries.ts';
import type { WebhookSecret } from '../../webhooks/secrets.ts';
import type { DialectDependencies } from '../dialect.ts';
import type { CallerOf } from '../require-key.ts';
import { readDeliveryQuery } from './request.ts';
import { unixSeconds } from './response.ts';

interface DeliveryParams {
  readonly Params: { readonly id: string };
}

/** The account's own log of webhooks, and its secret: for tasks of every API. */
export function registerWebhooks(
  app: FastifyInstance,
  { webhooks }: Pick<DialectDependencies, 'webhooks'>,
  callerOf: CallerOf,
): void {
  app.get('/webhooks/deliveries', async (request) => {
    const query = readDeliveryQuery(request.query as Readonly<Record<string, unknown>>);
    const { accountId } = callerOf(request);
    const found = await webhooks.deliveries.list({ ...query, accountId, limit: query.limit + 1 });
    const hasMore = found.length > query.limit;
    const page = found.slice(0, query.limit);
    const next = hasMore ? page.at(-1)?.id : undefined;
    return { object: 'list', data: page.map(deliveryBody), has_more: hasMore, next_cursor: next ?? null };
  });

  app.get<DeliveryParams>('/webhooks/deliveries/:id', async (request) =>
    deliveryBody(await webhooks.deliveries.get(request.params.id, callerOf(request).accountId)),
  );

  app.post<DeliveryParams>('/webhooks/deliveries/:id/redeliver', { bodyLimit: 1024 }, async (request) =>
    deliveryBody(await webhooks.deliveries.redeliver(request.params.id, callerOf(request).accountId)),
  );

  // Whoever knows it can write what looks like ours: more than a key that only reads is to have.
  app.get('/webhooks/secret', { config: { scope: 'create' } }, async (request) =>
    secretBody(await webhooks.secrets.list(callerOf(request).accountId)),
  );

  app.post('/webhooks/secret/rotate', { bodyLimit: 1024 }, async (request) =>
    secretBody(await webhooks.secrets.rotate(callerOf(request).accountId)),
  );
}

function deliveryBody(delivery: Delivery): JsonObject {
  return {
    id: delivery.id,
    object: 'webhook.delivery',
    task_id: delivery.taskId,
    url: delivery.url,
    status: delivery.state,
    created: unixSeconds(delivery.createdAt),
    next_try: delivery.dueAt === undefined ? null : unixSeconds(delivery.dueAt),
    tries: delivery.tries.map(({ at, durationMs, status = null, error = null }) => ({
      at: unixSeconds(at),
      duration_ms: durationMs,
      status,
      error,
    })),
  };
}

function secretBody([current, ...previous]: readonly WebhookSecret[]): JsonObject {
  return {
    object: 'webhook.secret',
    secret: current?.secret ?? '',
    created: unixSeconds(current?.createdAt ?? 0),
    previous: previous.map(({ secret, createdAt, expiresAt = 0 }) => ({
      secret,
      created: unixSeconds(createdAt),
      expires: unixSeconds(expiresAt),
    })),
  };
}
