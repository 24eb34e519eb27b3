import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ReelayError } from '../errors.ts';
import type { Tasks } from '../tasks/tasks.ts';

/** Bytes of a provider's news: results are links, not files. */
const bodyLimit = 1024 * 1024;

interface WebhookParams {
  readonly Params: { readonly provider: string; readonly attempt: string; readonly token: string };
}

/** Path of an attempt's own address. Its last part proves that the address came from us. */
export function webhookPath(secret: string, provider: string, attemptId: string): string {
  const token = createHmac('sha256', secret).update(`${provider}/${attemptId}`).digest('base64url');
  return `/webhooks/${provider}/${attemptId}/${token}`;
}

/** Takes providers' news. They are hints: the job is looked at with our own key before anything is believed. */
export function registerProviderWebhooks(
  app: FastifyInstance,
  { tasks, secret }: { readonly tasks: Pick<Tasks, 'deliver'>; readonly secret: string },
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post<WebhookParams>('/webhooks/:provider/:attempt/:token', { bodyLimit }, async (request) => {
    const { provider, attempt } = request.params;
    const given = Buffer.from(request.url.split('?')[0] ?? '');
    const right = Buffer.from(webhookPath(secret, provider, attempt));
    const ours = given.length === right.length && timingSafeEqual(given, right);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!ours || !(await tasks.deliver(provider, { attemptId: attempt, headers, body }))) {
      throw new ReelayError('not_found', 'there is no such webhook');
    }
    return { received: true };
  });
}
