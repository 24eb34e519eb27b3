import { afterEach, expect, test } from 'vitest';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches } from '../testing/task-bench.ts';

const benches = createTaskBenches();
afterEach(() => benches.closeAll());

/** More than one statement takes, and what every size of statement is for. */
const together = 64 + 16 + 4 + 3;

/** More than one statement sends, each alone less. */
const film = { role: 'video' as const, url: `data:video/mp4;base64,${'A'.repeat(5 * 1024 ** 2)}`, field: 'video_url' };

test.each([
  ['many', Array.from({ length: together }, (_, index) => `The sea, wave ${index}`), []],
  ['large ones', ['One film', 'Another', 'A third'], [film]],
  ['texts that JSON spells and no text of a database holds', ['a\0b', 'x\ud800y', '"quoted" \\u0000 🌊', ''], []],
])('%s that are accepted together are each stored as they were asked for', async (_name, prompts, inputs) => {
  const at = await benches.bench({ providers: [createScriptedProvider({ room: () => 0 })] });
  const requestOf = (prompt: string) => ({ operation: 'text-to-video' as const, prompt, inputs, options: {} });
  const ids = await Promise.all(prompts.map((prompt) => at.accept({ request: requestOf(prompt) })));
  const stored = await Promise.all(ids.map((id) => at.get(id)));
  expect(stored.map(({ id, state, request }) => [id, state, request.prompt])).toEqual(
    prompts.map((prompt, index) => [ids[index], 'queued', prompt]),
  );
});

test('retries among them get the first answer, and store nothing', async () => {
  const at = await benches.bench({ providers: [createScriptedProvider({ room: () => 0 })] });
  const kept = Array.from({ length: together }, (_, index) =>
    at.accept({ idempotency: { key: `key-${index % 20}`, bodyHash: 'the same' } }),
  );
  expect(new Set(await Promise.all(kept)).size).toBe(20);
  const { tasks } = await at.tasks.list(at.caller.accountId, { limit: 100 });
  expect(tasks).toHaveLength(20);
});
