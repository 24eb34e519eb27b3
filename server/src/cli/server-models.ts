import type { Catalogue } from '../catalogue/catalogue.ts';
import type { JsonObject, JsonValue, Model, NeutralField, Parameter } from '../contract/index.ts';
import { names } from '../dialects/oxen/names.ts';
import type { ApiClient } from './api-client.ts';

/** A model as Oxen's routes show it; only the fields that are read here. */
interface ServedModel {
  readonly id: string;
  readonly created: number;
  readonly display_name: string;
  readonly description: string;
  readonly summary: string;
  readonly developer: { readonly name: string };
  readonly request_schema: {
    readonly properties: Readonly<Record<string, JsonObject>>;
    readonly required: readonly string[];
  };
}

/**
 * Adds to the catalogue what only the server knows: the models of its operator's own video server. Asks it only where
 * one of the ids is not in the catalogue.
 */
export async function addServerModels(catalogue: Catalogue, client: ApiClient, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids.filter((id) => catalogue.model(id) === undefined));
  if (missing.size === 0) return;
  const { data } = await client.get<{ readonly data: readonly ServedModel[] }>('/api/ai/models');
  const listed = data.filter(({ id }) => missing.has(id)).map(modelOf);
  catalogue.setDiscovered({ listed, byId: new Map(listed.map((model) => [model.id, model])) });
}

/** Such a model is text to video, with a picture where its parameters have one. */
function modelOf({ id, created, developer, request_schema: schema, ...shown }: ServedModel): Model {
  const fields = new Map(Object.entries(names).map(([field, name]) => [name, field as NeutralField]));
  const parameters: { [name in NeutralField]?: Parameter } = {};
  const options: Record<string, Parameter> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const field = fields.get(name);
    const parameter = parameterOf(property, schema.required.includes(name));
    if (field === undefined) options[name] = parameter;
    else parameters[field] = parameter;
  }
  return {
    id,
    operation: 'text-to-video',
    displayName: shown.display_name,
    developer: { name: developer.name, slug: developer.name },
    summary: shown.summary,
    description: shown.description,
    created,
    parameters,
    options,
    mediaRules: {},
    price: { perOutputSecond: { auto: 0 }, source: "the server's operator" },
    typicalSeconds: 120,
    sample: { prompt: 'A paper boat drifts down a rainy street' },
  };
}

function parameterOf(property: JsonObject, required: boolean): Parameter {
  const { type, format, description, default: fallback, enum: choices, minimum, maximum, 'x-step': step } = property;
  return {
    type: format === 'uri' ? 'url' : typeOf(type),
    description: String(description ?? ''),
    required,
    ...(fallback !== undefined && { default: fallback }),
    ...(Array.isArray(choices) && { enum: choices as readonly JsonValue[] }),
    ...(typeof minimum === 'number' && { minimum }),
    ...(typeof maximum === 'number' && { maximum }),
    ...(typeof step === 'number' && { step }),
  };
}

function typeOf(type: JsonValue | undefined): Parameter['type'] {
  if (type === 'integer' || type === 'number' || type === 'boolean') return type;
  return type === 'array' ? 'url-list' : 'string';
}
