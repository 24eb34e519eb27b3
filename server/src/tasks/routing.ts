import type { GenerationRequest, JsonObject, Model, Provider, Task } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';

export interface Route {
  readonly provider: Provider;
  /** What the provider will not do, told to the client. */
  readonly warnings: readonly string[];
}

/** Who runs a request, with a warning for all of it that will not be followed. */
export function routeOf(
  providers: readonly Provider[],
  wanted: { readonly model: Model; readonly request: GenerationRequest; readonly askedProvider?: string | undefined },
): Route {
  const provider = chooseProvider(providers, wanted);
  return { provider, warnings: warningsOf(provider, wanted.model, wanted.request) };
}

/** The task at another provider. What that one ignores is another matter, too. */
export function movedTo<Moved extends Task>(task: Moved, provider: Provider, model: Model): Moved {
  return { ...task, provider: provider.name, warnings: warningsOf(provider, model, task.request) };
}

function warningsOf(provider: Provider, model: Model, request: GenerationRequest): readonly string[] {
  const ignored = [...unfollowed(provider, model, request.options), ...(provider.ignores?.(model, request) ?? [])];
  return ignored.map((field) => `${field} is ignored by the provider ${provider.name}`);
}

/** Options that the provider does not follow: by name, with the value where it follows others. */
function unfollowed(provider: Provider, model: Model, options: JsonObject): readonly string[] {
  const honoured = provider.honours(model);
  return Object.entries(options).flatMap(([name, value]) => {
    if (!honoured.includes(name)) return name;
    return provider.refusedValues?.[name]?.includes(value) === true ? `${name} ${value}` : [];
  });
}

/**
 * Chooses who runs a task: the one asked for, else the first in the operator's order that serves the model with all its
 * options. A stand-in runs by itself only where nothing else is configured, so that nobody takes it for the real thing.
 */
export function chooseProvider(
  providers: readonly Provider[],
  wanted: {
    readonly model: Model;
    readonly request: Pick<GenerationRequest, 'options'>;
    readonly askedProvider?: string | undefined;
  },
): Provider {
  const { model, request, askedProvider: asked } = wanted;
  const candidates = asked === undefined ? unasked(providers) : providers.filter((provider) => provider.name === asked);
  const serving = candidates.filter((provider) => provider.serves(model));
  if (serving.length === 0) {
    const where =
      asked === undefined ? 'no configured provider' : `the provider "${asked}", asked for by X-Reelay-Provider,`;
    throw new ReelayError(
      'no_compatible_channel',
      `${where} ${asked === undefined ? 'serves' : 'does not serve'} ${model.id}${whoCould(model, candidates)}`,
    );
  }
  const ignored = (provider: Provider) => unfollowed(provider, model, request.options);
  const chosen = serving.find((provider) => provider.standIn || ignored(provider).length === 0);
  if (chosen !== undefined) return chosen;
  const options = new Set(serving.flatMap(ignored));
  throw new ReelayError(
    'unsupported_advanced_options',
    `no configured provider honours ${[...options].join(', ')} for ${model.id}`,
  );
}

/** Whose turn it is to change that: a provider that offers the model and does not run it now, or one that is not set up. */
function whoCould({ offers = {} }: Model, candidates: readonly Provider[]): string {
  const resting = candidates.filter(({ name }) => Object.hasOwn(offers, name)).map(({ name }) => name);
  if (resting.length > 0) return `; ${resting.join(' and ')} would, but does not run it now`;
  const others = Object.keys(offers).join(' or ');
  return others === '' ? '' : `; ${others} would`;
}

/** Who may be asked after the task's provider has refused: those behind it in the operator's order that do all it wants. */
export function providersAfter(
  providers: readonly Provider[],
  { model, task }: { readonly model: Model; readonly task: Pick<Task, 'provider' | 'providerAsked' | 'request'> },
): readonly Provider[] {
  if (task.providerAsked) return [];
  const candidates = unasked(providers).filter((provider) => provider.serves(model));
  const place = candidates.findIndex((provider) => provider.name === task.provider);
  return candidates
    .slice(place + 1)
    .filter((provider) => unfollowed(provider, model, task.request.options).length === 0);
}

/** Who can run a model. */
export interface Runners {
  readonly all: readonly string[];
  /** Who would run it now where nobody is asked for and no option is used. */
  readonly chosen: string | undefined;
  /** Why nobody would. */
  readonly problem: string | undefined;
}

export function runnersOf(providers: readonly Provider[], model: Model): Runners {
  const all = providers.filter((provider) => provider.serves(model)).map(({ name }) => name);
  try {
    return {
      all,
      chosen: chooseProvider(providers, { model, request: { options: {} } }).name,
      problem: undefined,
    };
  } catch (error) {
    if (!(error instanceof ReelayError)) throw error;
    return { all, chosen: undefined, problem: error.message };
  }
}

function unasked(providers: readonly Provider[]): readonly Provider[] {
  const real = providers.filter((provider) => !provider.standIn);
  return real.length > 0 ? real : providers;
}
