import type { JsonValue, Model, Values } from '../api.ts';
import { createStore, useStore } from '../store.ts';

/** What stands in the form of each model, by its id. Kept over a reload, gone with the tab. */
const storageKey = 'reelay.drafts';

const none: Values = {};

const drafts = createStore<Readonly<Record<string, Values>>>(stored());

function stored(): Readonly<Record<string, Values>> {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey) ?? '{}') as Record<string, Values>;
  } catch {
    return {};
  }
}

drafts.subscribe(() => {
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(drafts.get()));
  } catch {
    // Full, mostly of data URIs: the form works on, only a reload forgets it.
  }
});

export function useDraft(model: string): Values {
  return useStore(drafts)[model] ?? none;
}

export function changeDraft(model: string, change: (values: Values) => Values): void {
  drafts.set((all) => ({ ...all, [model]: change(all[model] ?? none) }));
}

export function withValue(values: Values, name: string, value: JsonValue | undefined): Values {
  const { [name]: _before, ...rest } = values;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** Only what the model has: a task may have been made through another API, or before the model changed. */
export function fitting({ schema }: Model, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => name in schema.properties && value !== null),
  );
}

const carried = ['prompt', 'video', 'image', 'lastImage', 'references', 'images'];

/** Takes prompt and media along to a model whose form is still empty. */
export function carryOver(from: Model | undefined, to: Model): void {
  const source = from === undefined ? undefined : drafts.get()[from.id];
  if (from === undefined || source === undefined || drafts.get()[to.id] !== undefined) return;
  const entries = Object.entries(to.schema.properties).flatMap(([name, { 'x-parameter': meaning = '' }]) => {
    const match = Object.entries(from.schema.properties).find(([, property]) => property['x-parameter'] === meaning);
    const value = match === undefined || !carried.includes(meaning) ? undefined : source[match[0]];
    return value === undefined ? [] : [[name, value] as const];
  });
  changeDraft(to.id, () => Object.fromEntries(entries));
}

/** The parameter that takes a video, where a model has one. */
export function videoParameterOf({ schema }: Model): string | undefined {
  return Object.entries(schema.properties).find(([, property]) => property['x-parameter'] === 'video')?.[0];
}
