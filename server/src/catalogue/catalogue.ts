import { readdirSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ApiName, Model } from '../contract/index.ts';
import { type Face, faceOf, type ParameterNames } from './face.ts';

/** Every model this server knows, from the files in `models/`. */
export interface Catalogue {
  readonly models: readonly Model[];
  model(id: string): Model | undefined;
  /** How an API shows all models, by the ids it shows them under; a model's own id works in every API. */
  faces(api: ApiName, names: ParameterNames): FaceIndex;
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

export function modelFiles(): readonly string[] {
  return readdirSync(modelsFolder)
    .filter((name) => /\.(ts|js)$/.test(name) && !/\.(d|test)\.ts$/.test(name))
    .sort()
    .map((name) => join(modelsFolder, name));
}

export async function loadCatalogue(): Promise<Catalogue> {
  const models = await Promise.all(modelFiles().map(loadModel));
  const byId = new Map(models.map((model) => [model.id, model]));
  return {
    models,
    model: (id) => byId.get(id),
    faces: (api, names) => indexFaces(models.map((model) => faceOf(model, api, names))),
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
