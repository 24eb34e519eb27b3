import { expect, test } from 'vitest';
import type { StatusOutcome } from '../contract/index.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { paced } from './paced.ts';

const done: StatusOutcome = { kind: 'done', outputs: [], costMicros: 1 };

test.each<[StatusOutcome, StatusOutcome]>([
  [
    { kind: 'running', progress: 5, checkAfterMs: 4_000 },
    { kind: 'running', progress: 5, checkAfterMs: 10_000 },
  ],
  [
    { kind: 'queued', checkAfterMs: 60_000 },
    { kind: 'queued', checkAfterMs: 10_000 },
  ],
  [
    { kind: 'running', checkAfterMs: 45_000, unclear: 'limited' },
    { kind: 'running', checkAfterMs: 45_000, unclear: 'limited' },
  ],
  [
    { kind: 'running', checkAfterMs: 5_000, unclear: 'unanswered' },
    { kind: 'running', checkAfterMs: 10_000, unclear: 'unanswered' },
  ],
  [done, done],
  [{ kind: 'lost' }, { kind: 'lost' }],
])('%j becomes %j', async (given, expected) => {
  const provider = createScriptedProvider();
  provider.script.status = async () => given;
  expect(await paced(provider, 10_000).status({ id: 'a' })).toEqual(expected);
});
