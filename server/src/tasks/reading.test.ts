import { afterEach, expect, test } from 'vitest';
import type { PromptReading, Provider, TaskEvent } from '../contract/index.ts';
import { accepted, createScriptedProvider, type ScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches } from '../testing/task-bench.ts';

const { bench, restarted, closeAll } = createTaskBenches();
afterEach(closeAll);

function readingOf(version: string): PromptReading {
  return { understood: [{ text: 'sea', as: `scene of ${version}` }], ignored: ['a'], warnings: [version] };
}

/** Tells what it makes of a prompt as a renderer of some version. */
function reader(provider: ScriptedProvider, version: { name: string }): Provider {
  return { ...provider, readPrompt: () => readingOf(version.name) };
}

test('is kept as it was when the job was given to the provider, and told with that event alone', async () => {
  const provider = createScriptedProvider();
  const version = { name: 'old' };
  const at = await bench({ providers: [reader(provider, version)] });
  const events: TaskEvent[] = [];
  await at.tasks.events.subscribe(at.caller.accountId, (event) => events.push(event));
  const id = await at.accept();
  expect(await at.reached(id, 'running')).toMatchObject({ reading: readingOf('old') });
  version.name = 'new';
  provider.script.status = async () => ({ kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 0 });
  const after = await restarted(at);
  expect(await after.reached(id, 'succeeded')).toMatchObject({ reading: readingOf('old') });
  const told = events.filter((event) => event.reading !== undefined);
  expect(told.map(({ state, reading }) => ({ state, reading }))).toEqual([
    { state: 'submitting', reading: readingOf('old') },
  ]);
});

test('is made anew where a lost job is started again', async () => {
  const provider = createScriptedProvider({ free: true });
  const version = { name: 'old' };
  const at = await bench({ providers: [reader(provider, version)] });
  const id = await at.accept();
  await at.reached(id, 'running');
  version.name = 'new';
  provider.script.status = async (attempt) =>
    attempt === provider.started[0]?.attemptId ? { kind: 'lost' } : { kind: 'running', checkAfterMs: 60_000 };
  await at.tasks.refresh(await at.get(id));
  await expect.poll(async () => (await at.get(id)).reading).toEqual(readingOf('new'));
  await expect.poll(() => provider.started.length).toBe(2);
});

test('is absent while a task waits, and null at a provider that does not tell', async () => {
  let room = 0;
  const provider = createScriptedProvider({ room: () => room });
  provider.script.start = async (input) => accepted(input);
  const at = await bench({ providers: [provider] });
  const id = await at.accept();
  expect(await at.get(id)).not.toHaveProperty('reading');
  room = 1;
  const second = await at.accept();
  expect(await at.reached(second, 'running')).toHaveProperty('reading', null);
});

test('is that of the provider that took the job after another had refused it', async () => {
  const first = createScriptedProvider({ name: 'first' });
  first.script.start = async () => ({
    kind: 'refused-elsewhere',
    failure: { code: 'provider_unavailable', message: 'closed' },
  });
  const providers = [reader(first, { name: 'first' }), createScriptedProvider({ name: 'second' })];
  const at = await bench({ providers });
  const task = await at.reached(await at.accept(), 'running');
  expect(task).toMatchObject({ provider: 'second', reading: null });
});
