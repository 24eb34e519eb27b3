import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { registerHealth } from './health.ts';

test('an attack by many who ask whether the server is ready starts one look', async () => {
  let looks = 0;
  const { promise: until, resolve: done } = Promise.withResolvers<undefined>();
  const app = fastify();
  const check = () => {
    looks += 1;
    return until;
  };
  registerHealth(app, [{ name: 'database', check }]);
  const asked = Array.from({ length: 100 }, () => app.inject('/readyz'));
  await expect.poll(() => looks).toBe(1);
  done(undefined);
  const answers = await Promise.all(asked);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 200));
  expect(looks).toBe(1);
  await app.inject('/readyz');
  expect(looks).toBe(2);
  await app.close();
});
