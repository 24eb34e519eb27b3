import type { FastifyInstance } from 'fastify';

/** One thing that has to work before tasks can be taken. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined where it works, else what is wrong and what to do. */
  readonly check: () => Promise<string | undefined>;
}

/** `/healthz`: the process is alive. `/readyz`: database, storage and FFmpeg work, else 503 naming what does not. */
export function registerHealth(app: FastifyInstance, checks: readonly HealthCheck[]): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const results = await Promise.all(checks.map(async ({ name, check }) => [name, await check()] as const));
    const ready = results.every(([, fault]) => fault === undefined);
    const report = Object.fromEntries(results.map(([name, fault]) => [name, fault ?? 'ok']));
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...report });
  });
}
