import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import type { Asset } from '../contract/index.ts';
import { createAssetRows } from '../media/asset-rows.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches, type TaskBench } from '../testing/task-bench.ts';
import { Retention } from './retention.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

const hourMs = 3_600_000;

/** Real rows of files without bytes, and what sweeps them. */
async function library(at: TaskBench) {
  const { database, media, clock } = at;
  const assets = createAssetRows(database);
  Object.assign(media, {
    get: assets.get,
    async remove(id: string) {
      const asset = await assets.get(id);
      if (asset) await assets.remove(asset, clock.now);
    },
    async sweepExpired(now: number) {
      for (const asset of await assets.expired(now, 100)) await assets.remove(asset, now);
      return 0;
    },
  } satisfies Partial<TaskBench['media']>);
  const blank = await media.ingest({} as never);
  const log = pino({ level: 'silent' });
  return {
    retention: new Retention({ database, media, retentionMs: 24 * hourMs, now: () => clock.now, log }),
    /** A file that expires within an hour. */
    async add(purpose: Asset['purpose'], facts: Partial<Asset> = {}) {
      const asset = {
        ...blank,
        id: `file-1800000000-${purpose}`,
        purpose,
        storageKey: purpose,
        expiresAt: clock.now + hourMs,
        ...facts,
      };
      await assets.announce(asset.storageKey, clock.now);
      await assets.insert(asset);
      return asset;
    },
    async left() {
      const rows = await database.db.selectFrom('assets').select('purpose').orderBy('purpose').execute();
      return rows.map(({ purpose }) => purpose);
    },
  };
}

/** With jobs that no jump of the clock ends. */
const patient = (options: Parameters<typeof createScriptedProvider>[0]) => ({
  ...createScriptedProvider(options),
  longestJobMs: 1_000 * hourMs,
});

const needing = (id: string) => ({
  request: {
    operation: 'image-to-video' as const,
    prompt: 'a sea',
    inputs: [
      {
        role: 'image' as const,
        url: `https://video.example.org/files/${id}/a.png?expires=1&signature=x`,
        field: 'image_url',
      },
    ],
    options: {},
  },
});

test('what a task needs that has not ended is kept beyond its time, whether the task waits or runs', async () => {
  let room = 1;
  const at = await bench({ providers: [patient({ room: () => room })] });
  const { retention, add, left } = await library(at);
  const [upload, input] = [await add('upload'), await add('input')];
  await add('output');
  at.media.prepareInput = async () => input;
  const running = await at.accept(needing('file-1800000000-foreign'));
  await at.reached(running, 'running');
  room = 0;
  const waiting = await at.accept(needing(upload.id));
  expect((await at.get(waiting)).state).toBe('queued');
  at.clock.now += 2 * hourMs;
  await retention.sweep();
  expect(await left()).toEqual(['input', 'upload']);
  await at.tasks.cancel(at.caller.accountId, waiting);
  at.clock.now += 2 * hourMs;
  await retention.sweep();
  expect(await left()).toEqual(['input']);
  await at.tasks.cancel(at.caller.accountId, running);
  at.clock.now += 2 * hourMs;
  await retention.sweep();
  expect(await left()).toEqual([]);
});

test('a result outlives its task while another one needs it, and no longer', async () => {
  const provider = patient({ free: true });
  const at = await bench({ providers: [provider] });
  const { retention, add, left } = await library(at);
  const output = await add('output', { expiresAt: at.clock.now + 30 * 24 * hourMs });
  at.media.ingest = async () => output;
  at.media.prepareInput = async () => output;
  provider.script.status = async () => ({ kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 0 });
  const made = await at.accept();
  await at.reached(made, 'succeeded');
  provider.script.status = async () => ({ kind: 'running', checkAfterMs: 1_000 });
  const continued = await at.accept(needing(output.id));
  await at.reached(continued, 'running');
  await expect(at.tasks.remove(at.caller.accountId, made)).rejects.toMatchObject({
    code: 'not_terminal',
    message: expect.stringContaining(continued),
  });
  at.clock.now += 25 * hourMs;
  await retention.sweep();
  expect(await at.tasks.find(at.caller.accountId, made)).toBeUndefined();
  expect(await left()).toEqual(['output']);
  await at.tasks.cancel(at.caller.accountId, continued);
  at.clock.now += 2 * hourMs;
  await retention.sweep();
  expect(await left()).toEqual([]);
});

test('no account keeps what is not its own, by naming it', async () => {
  const at = await bench({ providers: [createScriptedProvider({ room: () => 0 })] });
  const { retention, add, left } = await library(at);
  const other = { id: 'acct-other', name: 'other', created_at: at.clock.now };
  await at.database.db.insertInto('accounts').values(other).execute();
  const foreign = await add('upload', { accountId: other.id });
  await at.accept(needing(foreign.id));
  at.clock.now += 2 * hourMs;
  await retention.sweep();
  expect(await left()).toEqual([]);
});
