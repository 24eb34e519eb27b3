import { describe, expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

describe('turnstile', () => {
  it('lets a bounded number in, in order, and goes on after a failure', async () => {
    const turnstile = createTurnstile(2);
    let inside = 0;
    let most = 0;
    const order: number[] = [];
    const results = await Promise.allSettled(
      [0, 1, 2, 3, 4, 5].map((index) =>
        turnstile.run(async () => {
          inside += 1;
          most = Math.max(most, inside);
          order.push(index);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
          if (index === 1) throw new Error('failed');
        }),
      ),
    );
    expect(most).toBe(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(results.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  });

  it('lets go of those who give up waiting', async () => {
    const turnstile = createTurnstile(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = turnstile.run(() => promise);
    const abort = new AbortController();
    const second = turnstile.run(async () => 'second', abort.signal);
    const third = turnstile.run(async () => 'third');
    abort.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    await expect(turnstile.run(async () => 'x', abort.signal)).rejects.toThrow('cancelled');
    resolve();
    await first;
    expect(await third).toBe('third');
    expect(await turnstile.run(async () => 'fourth')).toBe('fourth');
  });
});
