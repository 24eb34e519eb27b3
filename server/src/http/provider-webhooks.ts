import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Telemetry } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { inLogContext } from '../log/log-context.ts';
import type { Tasks } from '../tasks/tasks.ts';

/** Bytes of a provider's news: results are links, not files. */
const bodyLimit = 1024 * 1024;

interface WebhookParams {
  readonly Params: { readonly provider: string; readonly attempt: string; readonly token: string };
}

/** What their routes are registered under. */
export const webhookPrefix = '/webhooks';

/** Path of an attempt's own address. Its last part proves that the address came from us. */
export function webhookPath(secret: string, provider: string, attemptId: string): string {
  const token = createHmac('sha256', secret).update(`${provider}/${attemptId}`).digest('base64url');
  return `${webhookPrefix}/${provider}/${attemptId}/${token}`;
}

export interface WebhookOptions {
  readonly tasks: Pick<Tasks, 'deliver'>;
  /** Proves that a webhook's address came from us. */
  readonly secret: string;
  readonly telemetry: Pick<Telemetry, 'webhookRefused'>;
}

/** Takes providers' news. They are hints: the job is looked at with our own key before anything is believed. */
export function registerProviderWebhooks(app: FastifyInstance, { tasks, secret, telemetry }: WebhookOptions): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post<WebhookParams>('/:provider/:attempt/:token', { bodyLimit }, async (request) => {
    const { provider, attempt } = request.params;
    const given = Buffer.from(request.url.split('?')[0] ?? '');
    const right = Buffer.from(webhookPath(secret, provider, attempt));
    if (given.length !== right.length || !timingSafeEqual(given, right)) return refuseAddress();
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const delivery = { attemptId: attempt, headers, body };
    const taken = await inLogContext({ reqId: request.id, attempt }, () => tasks.deliver(provider, delivery));
    if (!taken) throw unknownWebhook();
    return { received: true };
  });
  app.setNotFoundHandler(refuseAddress);

  async function refuseAddress(): Promise<never> {
    telemetry.webhookRefused('address');
    throw unknownWebhook();
  }
}

/** The same whatever is wrong: whoever guesses learns nothing. */
function unknownWebhook(): ReelayError {
  return new ReelayError('not_found', 'there is no such webhook');
}
