import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { onPostgres } from '../testing/databases.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches } from '../testing/task-bench.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

describe('accepting', () => {
  test('one key, many at once: one task', async () => {
    const provider = createScriptedProvider();
    const at = await bench({ providers: [provider] });
    const idempotency = { key: 'k', bodyHash: 'h' };
    const ids = await Promise.all(Array.from({ length: 20 }, () => at.accept({ idempotency })));
    expect(new Set(ids).size).toBe(1);
    await expect(at.accept({ idempotency: { key: 'k', bodyHash: 'other' } })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  test('a key is forgotten after a day', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const first = await at.accept({ idempotency: { key: 'k', bodyHash: 'h' } });
    at.clock.now += 25 * 3_600_000;
    expect(await at.accept({ idempotency: { key: 'k', bodyHash: 'other' } })).not.toBe(first);
  });

  test.skipIf(onPostgres)('a full disk answers service_unavailable and loses nothing that was accepted', async () => {
    const at = await bench({ providers: [createScriptedProvider({ room: () => 0 })] });
    const before = await at.accept();
    const used = await sql<{ page_count: number }>`pragma page_count`.execute(at.database.db);
    await sql`pragma max_page_count = ${sql.lit(used.rows[0]?.page_count ?? 0)}`.execute(at.database.db);
    const parameters = { filler: 'x'.repeat(200_000) };
    await expect(at.accept({ parameters })).rejects.toMatchObject({ code: 'service_unavailable' });
    await sql`pragma max_page_count = 1000000`.execute(at.database.db);
    const after = await at.accept({ parameters });
    expect((await at.get(before)).state).toBe('queued');
    expect((await at.get(after)).state).toBe('queued');
  });

  test('another account sees nothing of a task', async () => {
    const at = await bench({ providers: [createScriptedProvider()] });
    const id = await at.accept();
    const { tasks } = at;
    const calls = [() => tasks.get('other', id), () => tasks.cancel('other', id), () => tasks.remove('other', id)];
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ code: 'not_found' });
    }
    expect((await at.tasks.list('other', { limit: 10 })).tasks).toEqual([]);
  });

  test('a stand-in runs by itself only where nothing else is configured', async () => {
    const real = createScriptedProvider({ name: 'real' });
    const standIn = { ...createScriptedProvider({ name: 'local' }), standIn: true };
    const at = await bench({ providers: [standIn, real] });
    expect((await at.get(await at.accept())).provider).toBe('real');
    expect((await at.get(await at.accept({ askedProvider: 'local' }))).provider).toBe('local');
    await expect(at.accept({ askedProvider: 'none' })).rejects.toMatchObject({ code: 'no_compatible_channel' });
  });
});
