import type { FastifyInstance } from 'fastify';
import type { HealthCheck } from '../health/readiness.ts';

/**
 * `/healthz`: the process is alive. `/readyz`: database, storage and FFmpeg work, else 503 naming what does not and how to mend it.
 * Anybody may ask for that, and each look starts programs and writes to the database: those who ask during one share it.
 */
export function registerHealth(app: FastifyInstance, checks: readonly HealthCheck[]): void {
  let underWay: Promise<readonly (readonly [name: string, fault: string | undefined])[]> | undefined;
  const look = () => Promise.all(checks.map(async ({ name, check }) => [name, await check()] as const));

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    underWay ??= look().finally(() => {
      underWay = undefined;
    });
    const results = await underWay;
    const ready = results.every(([, fault]) => fault === undefined);
    const report = Object.fromEntries(results.map(([name, fault]) => [name, fault ?? 'ok']));
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...report });
  });
}
