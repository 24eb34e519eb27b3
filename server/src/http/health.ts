import type { FastifyInstance } from 'fastify';
import type { HealthCheck } from '../health/readiness.ts';

/** `/healthz`: the process is alive. `/readyz`: database, storage and FFmpeg work, else 503 naming what does not and how to mend it. */
export function registerHealth(app: FastifyInstance, checks: readonly HealthCheck[]): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const results = await Promise.all(checks.map(async ({ name, check }) => [name, await check()] as const));
    const ready = results.every(([, fault]) => fault === undefined);
    const report = Object.fromEntries(results.map(([name, fault]) => [name, fault ?? 'ok']));
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...report });
  });
}
