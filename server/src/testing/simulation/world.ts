import type { Readable } from 'node:stream';
import { type Logger, pino } from 'pino';
import type { Model } from '../../contract/index.ts';
import { Tasks } from '../../tasks/tasks.ts';
import { Facts } from './facts.ts';
import { attemptStoredBy, type Guard, Saboteur } from './guards.ts';
import { Machine } from './machine.ts';
import { MadeTrouble, type MemoryDatabase, type Treatment } from './memory-database.ts';
import { Random } from './random.ts';
import { Shelf } from './shelf.ts';
import { Timeline } from './timeline.ts';
import { type Job, submitTimeoutMs, Vendor, type VendorTraits } from './vendor.ts';
import { forgedBody, type ProviderSurroundings, vendorProvider } from './vendor-provider.ts';

export const caller = { accountId: 'account', accountName: 'account', keyId: 'key', scopes: [] };

const isWrite = /^(?:insert|update|delete)/;

/** A statement that writes, as a trace shows it: short, with what it was given. */
function written(sql: string, parameters: readonly unknown[]): string {
  const given = parameters.filter((value) => value !== null && !String(value).startsWith('{"operation'));
  return `${sql.replaceAll(/"|, [^=()]* = \?|\(.*/g, '').slice(0, 60)} ${given.join(' ')}`.slice(0, 160);
}

/** A server process under way. */
export interface Node {
  readonly machine: Machine;
  readonly tasks: Tasks;
  /** It was told to stop: nobody turns to it any more. */
  isStopping: boolean;
}

export interface WorldOptions {
  readonly seed: number;
  readonly database: MemoryDatabase;
  readonly model: Model;
  readonly without?: Guard;
  readonly trace?: (line: string) => void;
}

const jobVendor = {
  name: 'jobs',
  free: false,
  finds: 'jobs',
  cancels: true,
  sendsWebhooks: true,
  places: 100,
} as const;
const resultVendor = { ...jobVendor, name: 'results', finds: 'results', cancels: false, sendsWebhooks: false } as const;
const silentVendor = { ...jobVendor, name: 'silent', finds: 'nothing', places: 1 } as const;
const ownVendor = { ...jobVendor, name: 'own', free: true, finds: 'nothing', sendsWebhooks: false, places: 2 } as const;

/** Which vendors an operator may have, in his order. */
const orders: readonly (readonly VendorTraits[])[] = [
  [jobVendor],
  [resultVendor],
  [jobVendor, resultVendor],
  [resultVendor, jobVendor, ownVendor],
  [silentVendor, ownVendor],
  [ownVendor, jobVendor],
];

/** Everything outside the processes, and the processes: one schedule's database, vendors, clients and time. */
export class World {
  readonly random: Random;
  readonly timeline: Timeline;
  readonly facts = new Facts();
  readonly vendors: readonly Vendor[];
  readonly shelf: Shelf;
  readonly options: WorldOptions;
  readonly treatment: Treatment;
  readonly saboteur: Saboteur;
  nodes: Node[] = [];
  isKind = false;
  readonly #bytes = new WeakMap<Readable, string>();
  readonly #uncertainMs: number | undefined;
  readonly #log = this.#logTo();
  #ids = 0;
  #machines = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    this.timeline = new Timeline(this.random);
    this.saboteur = new Saboteur(options.database, options.without);
    const { random, timeline, trace } = this;
    this.#uncertainMs = random.chance(0.5) ? 90_000 : undefined;
    const deliver = (vendor: Vendor, job: Job) => this.deliver(vendor, job.attemptId, job.key);
    this.vendors = random.pick(orders).map((traits) => new Vendor(traits, { timeline, random, trace, deliver }));
    this.shelf = new Shelf({
      timeline,
      random,
      newId: () => this.newId('file'),
      isKind: () => this.isKind,
      bytes: this.#bytes,
    });
    this.treatment = {
      timeline,
      random,
      troubleShare: random.chance(0.4) ? 0.02 : 0,
      rewrite: (machine, sql, parameters) => this.saboteur.rewrite(machine, sql, parameters),
      onDone: (machine, sql, parameters) => {
        if (options.trace !== undefined && isWrite.test(sql)) trace(`${machine.name} ${written(sql, parameters)}`);
        this.#noteStored(machine, attemptStoredBy(sql, parameters));
      },
    };
  }

  readonly trace = (line: string): void => {
    this.options.trace?.(`${String(this.timeline.now - 1_800_000_000_000).padStart(9)} ${line}`);
  };

  newId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }

  newMachine(kind: string): Machine {
    this.#machines += 1;
    return new Machine(`${kind}${this.#machines}`, {
      timeline: this.timeline,
      random: this.random,
      trace: this.trace,
      isKind: () => this.isKind,
    });
  }

  /** Processes that can be turned to: alive, not frozen, not stopping. */
  awake(): readonly Node[] {
    this.nodes = this.nodes.filter(({ machine }) => !machine.dead);
    return this.nodes.filter(({ machine, isStopping }) => !machine.isFrozen && !isStopping);
  }

  startNode(): Node {
    const machine = this.newMachine('P');
    this.trace(`${machine.name} starts`);
    const { database, model } = this.options;
    const tasks = new Tasks({
      database: database.connect(machine, this.treatment),
      providers: this.vendors.map((vendor) => vendorProvider(vendor, machine, this.#providerSurroundings())),
      media: this.shelf.libraryOf(machine),
      findModel: () => model,
      workFolders: { pathOf: (attemptId) => attemptId, list: async () => [], remove: async () => undefined },
      submitTimeoutMs,
      outputLifetimeMs: 86_400_000,
      publicLinks: false,
      uncertainMs: this.#uncertainMs,
      webhookUrl: (vendor, attemptId) => `https://here.example/${vendor}/${attemptId}`,
      now: () => this.timeline.now,
      elapsed: () => this.timeline.now,
      newId: () => this.newId('attempt'),
      pause: machine.pause,
      every: machine.every,
      log: this.#log.child({ machine: machine.name }),
    });
    machine.onDeath(() => this.#noteDeath());
    const node = { machine, tasks, isStopping: false };
    this.nodes.push(node);
    tasks.start().catch((error: unknown) => {
      this.trace(`${machine.name} does not start: ${error}`);
      machine.kill();
    });
    return node;
  }

  /** Brings a vendor's news of an attempt to whoever is there. */
  deliver(vendor: Vendor, attemptId: string, key: string): void {
    const nodes = this.awake();
    if (nodes.length === 0) return;
    const { machine, tasks } = this.random.pick(nodes);
    const isForged = this.random.chance(0.1);
    this.trace(`${machine.name} is told of ${key}${isForged ? ' by somebody else' : ''}`);
    this.facts.meet(isForged ? 'forged webhook' : 'webhook');
    if (!isForged && vendor.underWay.has(attemptId)) this.facts.meet('webhook before the answer');
    const body = isForged ? forgedBody : Buffer.from(key);
    tasks.deliver(vendor.traits.name, { attemptId, headers: {}, body }).then(
      (isTaken) => {
        if (isTaken && isForged) this.facts.defects.push('a forged webhook was taken');
      },
      (error: unknown) => this.noteError(error),
    );
  }

  /** What a call has failed with: a trouble of ours, a refusal, or else a defect. */
  noteError(error: unknown): void {
    if (error instanceof MadeTrouble) return;
    if (error instanceof Error && (error.name === 'ReelayError' || error.cause instanceof MadeTrouble)) return;
    this.facts.defects.push(error instanceof Error ? `${error.stack}` : String(error));
  }

  #providerSurroundings(): ProviderSurroundings {
    const { timeline, random } = this;
    return {
      timeline,
      random,
      meet: (what) => this.facts.meet(what),
      isKind: () => this.isKind,
      looksAtDeadline: this.options.without !== 'deadline',
      onStart: (machine, { attemptId }) => this.saboteur.noteStart(machine, attemptId),
      onAnswer: (machine, { attemptId, key }) => {
        this.trace(`${machine.name} hears of ${key}`);
        this.facts.answered.push({ attemptId, key, machine, isStored: false });
      },
      bytes: this.#bytes,
    };
  }

  #noteDeath(): void {
    const states = this.options.database.statement('select distinct state from tasks where completed_at is null');
    for (const state of states.pluck().all()) this.facts.meet(`crash while ${state}`);
  }

  #noteStored(machine: Machine, attemptId: string | undefined): void {
    if (attemptId === undefined) return;
    for (const answered of this.facts.answered) {
      if (answered.machine === machine && answered.attemptId === attemptId) answered.isStored = true;
    }
  }

  /** No vendor here names another job than the attempt's own; a row that a client has just deleted owns none. */
  #noteAlarm(details: unknown): void {
    const attemptId = String((details as { readonly attempt?: unknown }).attempt);
    const row = this.options.database.statement('select 1 from attempts where id = ?').get(attemptId);
    if (row !== undefined) this.facts.defects.push(`the job of ${attemptId} is taken for another one`);
  }

  /** Every error that reaches the log has to be one that the simulation made. */
  #logTo(): Logger {
    const note = (machine: unknown, [details, message]: readonly unknown[]) => {
      const error = typeof details === 'object' && details !== null && 'err' in details ? details.err : undefined;
      this.trace(`${machine} logs: ${message}${error === undefined ? '' : ` (${error})`}`);
      if (error !== undefined) this.noteError(error);
      else if (String(message).includes('another job')) this.#noteAlarm(details);
    };
    const logMethod = function (this: Logger, parts: readonly unknown[]) {
      note(this.bindings()['machine'], parts);
    };
    return pino({ level: 'warn', base: null, hooks: { logMethod } }, { write: () => undefined });
  }
}
