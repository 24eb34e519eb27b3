import type { Logger } from 'pino';
import type { Discovery, Model, Provider } from '../contract/index.ts';
import type { Catalogue } from './catalogue.ts';
import { type KnownModel, keyOf, recalled, takeList } from './discovered-models.ts';

/**
 * Asks providers in the background what they run, and shows it in the catalogue.
 *
 * 1. A model is written down before it is shown, so that a task of it is understood after a restart, also while its
 *    provider does not answer.
 * 2. Until a provider has answered, what it listed last time is shown.
 * 3. One that is not listed any more is known by its id and shown nowhere.
 */

/** Between two lists, in milliseconds. */
const listIntervalMs = 60_000;

/** Between two tries of a provider that has never answered, in milliseconds: a GPU server may start after us. */
const firstListIntervalMs = 10_000;

/** Where what is known outlives the process. */
export interface DiscoveryMemory {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

export interface DiscoveryOptions {
  readonly catalogue: Catalogue;
  readonly providers: readonly Provider[];
  readonly memory: DiscoveryMemory;
  readonly now: () => number;
  readonly log: Logger;
}

interface Asked {
  readonly name: string;
  readonly discovery: Discovery;
  hasAnswered: boolean;
  isFailing: boolean;
  leftOut: number;
}

export class ModelDiscovery {
  readonly #options: DiscoveryOptions;
  readonly #asked: readonly Asked[];
  /** So that a model stays the same object from list to list: what is derived from it is kept with it. */
  #models: ReadonlyMap<string, Model> = new Map();
  #known: readonly KnownModel[] = [];
  #listed: ReadonlyMap<string, readonly KnownModel[]> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#asked = options.providers.flatMap(({ name, discovery }) =>
      discovery === undefined ? [] : [{ name, discovery, hasAnswered: false, isFailing: false, leftOut: 0 }],
    );
  }

  /** Resolves when what is remembered is shown; the first list is asked for behind it. */
  async start(): Promise<void> {
    if (this.#asked.length === 0) return;
    this.#known = recalled(await this.#recall(), this.#options.catalogue.own);
    const offered = (model: KnownModel) => this.#options.catalogue.own.offered.has(keyOf(model));
    this.#listed = Map.groupBy(
      this.#known.filter((model) => !offered(model)),
      ({ provider }) => provider,
    );
    this.#show();
    this.#next(0);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #next(afterMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#askAll();
    }, afterMs);
    this.#timer.unref();
  }

  async #askAll(): Promise<void> {
    for (const provider of this.#asked) await this.#ask(provider);
    this.#next(this.#asked.every(({ hasAnswered }) => hasAnswered) ? listIntervalMs : firstListIntervalMs);
  }

  /** Tells of trouble once, and when it is over. */
  async #ask(provider: Asked): Promise<void> {
    const { log } = this.#options;
    try {
      const names = await provider.discovery.list();
      if (this.#stopped) return;
      await this.#take(provider, names);
      if (provider.isFailing) log.info({ provider: provider.name }, 'the models of a provider can be read again');
      provider.hasAnswered = true;
      provider.isFailing = false;
    } catch (error) {
      if (this.#stopped) return;
      if (!provider.isFailing) log.warn({ err: error, provider: provider.name }, 'models could not be read');
      provider.isFailing = true;
    }
  }

  async #take(provider: Asked, names: readonly string[]): Promise<void> {
    const { catalogue, log, memory, now } = this.#options;
    const { name, discovery } = provider;
    const wordsOf = (listed: string) => discovery.describe(listed).displayName;
    const { known, listed, leftOut } = takeList(this.#known, {
      ...{ provider: name, names, own: catalogue.own, wordsOf },
      now: now(),
    });
    if (leftOut !== provider.leftOut) log.warn({ provider: name, leftOut }, 'models of a provider are not shown');
    provider.leftOut = leftOut;
    const before = new Set(this.#known);
    if (known.length !== before.size || known.some((model) => !before.has(model)))
      await memory.write(JSON.stringify(known));
    this.#known = known;
    this.#listed = new Map([...this.#listed, [name, listed]]);
    this.#show();
  }

  #show(): void {
    const models = new Map(
      this.#known.flatMap((known): [string, Model][] => {
        const model = this.#models.get(known.id) ?? this.#describe(known);
        return model === undefined ? [] : [[known.id, model]];
      }),
    );
    this.#models = models;
    const listed = [...this.#listed.values()].flat().flatMap(({ id }) => models.get(id) ?? []);
    this.#options.catalogue.setDiscovered({ listed, byId: models });
  }

  /** Undefined where its provider is not configured any more. */
  #describe({ provider, name, id, created }: KnownModel): Model | undefined {
    const described = this.#asked.find((asked) => asked.name === provider)?.discovery.describe(name);
    return described && { ...described, id, created };
  }

  async #recall(): Promise<readonly KnownModel[]> {
    const text = await this.#options.memory.read();
    if (text === undefined) return [];
    return JSON.parse(text) as readonly KnownModel[]; // Nobody else writes it.
  }
}
