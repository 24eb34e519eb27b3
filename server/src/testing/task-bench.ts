import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { type Asset, type Caller, isTerminal, type Provider, type Task, type TaskState } from '../contract/index.ts';
import { type Database, openDatabase } from '../database/open.ts';
import type { MediaLibrary } from '../media/library.ts';
import { every } from '../tasks/every.ts';
import type { AcceptInput, NewTask } from '../tasks/requests.ts';
import { Tasks } from '../tasks/tasks.ts';
import { workFoldersIn } from '../tasks/work-folders.ts';
import { databaseOf, onPostgres } from './databases.ts';

export interface BenchClock {
  now: number;
  /** By how much it was set back; below 0 where it was set ahead. */
  setBackMs?: number;
}

/** Tasks on a real SQLite file with scripted providers and a library that holds no bytes. */
export interface TaskBench {
  readonly tasks: Tasks;
  readonly folder: string;
  readonly database: Database;
  readonly caller: Caller;
  readonly clock: BenchClock;
  /** Replaces parts of the library. */
  readonly media: { -readonly [name in keyof MediaLibrary]: MediaLibrary[name] };
  /** Accepts one text-to-video task, or `count` that are alike; answers its id, or the first one's. */
  accept(
    options?: Partial<NewTask> &
      Partial<Pick<AcceptInput, 'idempotency' | 'askedProvider' | 'callbackUrl' | 'caller'>> & {
        readonly count?: number;
      },
  ): Promise<string>;
  get(id: string): Promise<Task>;
  /** Waits until the task is in one of these states. */
  reached(id: string, ...states: readonly TaskState[]): Promise<Task>;
  /** Ends this server and starts another one on the same data, as after a restart. */
  restart(): Promise<TaskBench>;
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly providers: readonly Provider[];
  readonly folder?: string;
  readonly clock?: BenchClock;
  readonly submitTimeoutMs?: number;
}

/** Benches that are closed together: `closeAll` is for the end of a test. */
export function createTaskBenches() {
  const open = new Set<TaskBench>();
  const add = (made: TaskBench): TaskBench => {
    open.add(made);
    return made;
  };
  return {
    bench: async (options: BenchOptions) => add(await createTaskBench(options)),
    async restarted(old: TaskBench) {
      open.delete(old);
      return add(await old.restart());
    },
    async closeAll() {
      for (const made of open) await made.close();
      open.clear();
    },
  };
}

const account = { accountId: 'acct-test', accountName: 'test', keyId: 'key-test', scopes: [] };

export async function createTaskBench(options: BenchOptions): Promise<TaskBench> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'reelay-tasks-'));
  const clock: BenchClock = options.clock ?? { now: 1_800_000_000_000 };
  const workFolder = join(folder, 'work');
  mkdirSync(workFolder, { recursive: true });
  const database = await openWithAccount(folder, clock.now);
  const catalogue = await loadCatalogue();
  const model = catalogue.model('grok-imagine-text-to-video');
  if (model === undefined) throw new Error('the catalogue lacks text-to-video');
  const media = emptyLibrary(() => clock.now);
  const tasks = new Tasks({
    database,
    providers: options.providers,
    media,
    findModel: catalogue.model,
    workFolders: workFoldersIn(workFolder),
    submitTimeoutMs: options.submitTimeoutMs ?? 60_000,
    outputLifetimeMs: 86_400_000,
    publicLinks: false,
    uncertainMs: undefined,
    webhookUrl: () => undefined,
    now: () => clock.now,
    elapsed: () => clock.now + (clock.setBackMs ?? 0),
    newId: randomUUID,
    every,
    ...(onPostgres && { server: randomUUID() }),
    pause: () => new Promise((resolve) => setTimeout(resolve, 5)),
    log: pino({ level: process.env['REELAY_TEST_LOG'] ?? 'silent' }),
  });
  await tasks.start();
  // No server here is in the list of those that live: as if whoever worked on the same data before were gone.
  if (onPostgres) await tasks.freeAbandoned();
  const stop = async () => {
    await tasks.stop();
    await database.close();
  };
  const get = (taskId: string) => tasks.get(account.accountId, taskId);
  return {
    tasks,
    folder,
    database,
    caller: account,
    clock,
    media,
    get,
    async accept({ askedProvider, callbackUrl, idempotency, caller = account, count = 1, ...task } = {}) {
      const request = {
        operation: 'text-to-video' as const,
        prompt: 'a sea',
        inputs: [],
        options: {},
        durationSeconds: 2,
      };
      const accepted = await tasks.accept({
        caller,
        api: 'foxapi',
        model,
        requestedModel: model.id,
        tasks: Array.from({ length: count }, () => ({ id: randomUUID(), request, parameters: {}, ...task })),
        estimatedCostMicros: 100,
        answer: ([made]) => made?.id ?? null,
        ...(askedProvider !== undefined && { askedProvider }),
        ...(idempotency && { idempotency }),
        ...(callbackUrl !== undefined && { callbackUrl }),
      });
      return String(accepted.taskIds[0]);
    },
    reached: (taskId, ...states) => reached(tasks, taskId, states),
    async restart() {
      await stop();
      return createTaskBench({ ...options, folder, clock });
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openWithAccount(folder: string, at: number): Promise<Database> {
  const database = await openDatabase({ folder, url: await databaseOf(folder) });
  const { accountId: id, accountName: name } = account;
  await database.db
    .insertInto('accounts')
    .values({ id, name, created_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return database;
}

async function reached(tasks: Tasks, id: string, states: readonly TaskState[]): Promise<Task> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = await tasks.events.subscribe(account.accountId, (event) => {
    if (event.taskId === id && (states.includes(event.state) || isTerminal(event.state))) resolve();
  });
  try {
    const now = await tasks.get(account.accountId, id);
    if (!states.includes(now.state) && !isTerminal(now.state)) await promise;
    const task = await tasks.get(account.accountId, id);
    if (!states.includes(task.state)) throw new Error(`task reached ${task.state}: ${JSON.stringify(task)}`);
    return task;
  } finally {
    end();
  }
}

function emptyLibrary(now: () => number): MediaLibrary {
  const asset = (purpose: Asset['purpose'], filename: string): Asset => ({
    id: randomUUID(),
    accountId: account.accountId,
    purpose,
    storageKey: 'none',
    filename,
    sizeBytes: 1,
    sha256: '',
    probe: { kind: 'video', container: 'mp4', demuxer: 'mov', contentType: 'video/mp4' },
    createdAt: now(),
    expiresAt: now() + 86_400_000,
  });
  return {
    ingest: async ({ purpose, filename }) => asset(purpose, filename ?? 'file.mp4'),
    prepareInput: async () => asset('input', 'input.mp4'),
    get: async () => asset('input', 'input.mp4'),
    materialise: async () => '/dev/null',
    link: () => 'http://127.0.0.1/files/x',
    open: async () => undefined,
    remove: async () => undefined,
    sweepExpired: async () => 0,
  };
}
