import { readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ApiName, Model } from '../contract/index.ts';
import { keyOf, type OwnModels } from './discovered-models.ts';
import { type Face, faceOf, type ParameterNames } from './face.ts';

/** Every model this server knows: those of the files in `models/`, and those that providers turned out to run. */
export interface Catalogue {
  readonly models: readonly Model[];
  model(id: string): Model | undefined;
  /** How an API shows all models, by the ids it shows them under; a model's own id works in every API. Follows what is discovered. */
  faces(api: ApiName, names: ParameterNames): FaceIndex;
  readonly own: OwnModels;
  /** Takes the place of what was discovered before. */
  setDiscovered(discovered: Discovered): void;
}

export interface Discovered {
  /** Shown behind the models of the files. */
  readonly listed: readonly Model[];
  /** Also those that are only known, for the sake of their tasks. */
  readonly byId: ReadonlyMap<string, Model>;
}

export type { Face, FaceParameter, ParameterNames } from './face.ts';

export interface FaceIndex {
  readonly all: readonly Face[];
  find(id: string): Face | undefined;
}

const modelsFolder = join(import.meta.dirname, 'models');

/** Loads one file of the folder: a model is added by adding a file. Throws, naming the file, where a declaration is wrong. */
export async function loadModel(file: string): Promise<Model> {
  const { default: model } = (await import(pathToFileURL(file).href)) as { readonly default?: Model };
  const expected = basename(file, extname(file));
  if (model?.id !== expected) throw new Error(`${file} has to export by default a model with the id ${expected}`);
  return model;
}

/** The model that any API shows under this id. */
export function modelByAnyId(models: readonly Model[], id: string): Model | undefined {
  return models.find((model) => model.id === id || Object.values(model.faces ?? {}).some((face) => face.id === id));
}

export function modelFiles(): readonly string[] {
  return readdirSync(modelsFolder)
    .filter((name) => /\.(ts|js)$/.test(name) && !/\.(d|test)\.ts$/.test(name))
    .sort()
    .map((name) => join(modelsFolder, name));
}

export async function loadCatalogue(): Promise<Catalogue> {
  const models = await Promise.all(modelFiles().map(loadModel));
  const byId = new Map(models.map((model) => [model.id, model]));
  let discovered: Discovered = { listed: [], byId: new Map() };
  return {
    get models() {
      return [...models, ...discovered.listed];
    },
    model: (id) => byId.get(id) ?? discovered.byId.get(id),
    faces(api, names) {
      const show = (model: Model) => faceOf(model, api, names);
      return followDiscovered(indexFaces(models.map(show)), { discovered: () => discovered, show });
    },
    own: ownModels(models),
    setDiscovered(found) {
      discovered = found;
    },
  };
}

function ownModels(models: readonly Model[]): OwnModels {
  const faces = models.flatMap((model) => Object.values(model.faces ?? {}));
  const offers = models.flatMap((model) => Object.entries(model.offers ?? {}));
  return {
    ids: new Set([...models, ...faces].flatMap(({ id }) => id ?? [])),
    offered: new Set(offers.map(([provider, { model: name }]) => keyOf({ provider, name }))),
  };
}

/** A face is made once for each model, when it is first looked at. */
function followDiscovered(
  own: FaceIndex,
  { discovered, show }: { readonly discovered: () => Discovered; readonly show: (model: Model) => Face },
): FaceIndex {
  const faces = new WeakMap<Model, Face>();
  const faceFor = (model: Model): Face => {
    const face = faces.get(model) ?? show(model);
    faces.set(model, face);
    return face;
  };
  return {
    get all() {
      return [...own.all, ...discovered().listed.map(faceFor)];
    },
    find(id) {
      const model = discovered().byId.get(id);
      return own.find(id) ?? (model && faceFor(model));
    },
  };
}

function indexFaces(faces: readonly Face[]): FaceIndex {
  const byId = new Map<string, Face>();
  for (const face of faces) {
    if (byId.has(face.id)) throw new Error(`two models are shown as ${face.id} by ${face.api}`);
    byId.set(face.id, face);
  }
  for (const face of faces) if (!byId.has(face.model.id)) byId.set(face.model.id, face);
  return { all: faces, find: (id) => byId.get(id) };
}
