import type { Face, FaceIndex } from '../catalogue/catalogue.ts';
import type { JsonObject, JsonValue } from '../contract/index.ts';
import { type ErrorCode, errors, ReelayError } from '../errors.ts';
import type { Dialect } from './dialect.ts';

/** What an API adds to the OpenAPI document: its own paths, and schemas under names that begin with its title. */
export interface ApiDescription {
  /** Markdown. */
  readonly description: string;
  readonly paths: Readonly<Record<string, PathItem>>;
  /** Of a task as the route that reads one answers it, and its webhook. */
  readonly statusBody: JsonObject;
  readonly schemas: JsonObject;
}

export interface PathItem {
  readonly [method: string]: JsonObject;
}

export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** An object with all of these properties, but for those that are optional. */
export function object(
  properties: JsonObject,
  { optional = [] }: { readonly optional?: readonly string[] } = {},
): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}

export function list(items: JsonObject): JsonObject {
  return { type: 'array', items };
}

export function text(description?: string): JsonObject {
  return { type: 'string', ...(description !== undefined && { description }) };
}

export function integer(description?: string): JsonObject {
  return { type: 'integer', ...(description !== undefined && { description }) };
}

export function nullable(schema: JsonObject): JsonObject {
  const { type } = schema;
  return typeof type === 'string' ? { ...schema, type: [type, 'null'] } : { anyOf: [schema, { type: 'null' }] };
}

/** A parameter of a query. */
export function query(name: string, description: string, schema: JsonObject = { type: 'string' }): JsonObject {
  return { name, in: 'query', description, schema };
}

export function header(name: string, description: string, schema: JsonObject = { type: 'string' }): JsonObject {
  return { name, in: 'header', description, schema };
}

export function pathParameter(name: string, description: string): JsonObject {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

function headerRefs(names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const requestId = headerRefs(['X-Request-Id']);

/** An answer with a JSON body. */
export function answer(
  description: string,
  schema: JsonObject,
  { headers = {}, examples }: { readonly headers?: JsonObject; readonly examples?: JsonObject } = {},
): JsonObject {
  return {
    description,
    headers: { ...requestId, ...headers },
    content: { 'application/json': { schema, ...(examples && { examples }) } },
  };
}

/** An answer with another body than JSON. */
export function plainAnswer(
  description: string,
  types: string | readonly string[],
  schema: JsonObject = { type: 'string' },
): JsonObject {
  const content = Object.fromEntries([types].flat().map((type) => [type, { schema }]));
  return { description, headers: requestId, content };
}

/** Statuses whose answers say when to try again, and how. */
const headersByStatus: Readonly<Record<number, readonly string[]>> = {
  429: ['Retry-After', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'],
  503: ['Retry-After'],
};

/** The answers of a route to what can go wrong there, by the registry and the API's own envelope. */
export function errorAnswers(
  codes: readonly ErrorCode[],
  envelope: { readonly errorAnswer: Dialect['errorAnswer']; readonly schema: JsonObject },
): JsonObject {
  const byStatus = Map.groupBy(codes, (code) => envelope.errorAnswer(new ReelayError(code, ''), '').status);
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => {
      const lines = of.map((code) => `- \`${code}\`: ${errors[code].remedy}`);
      const headers = headerRefs(headersByStatus[status] ?? []);
      return [String(status), answer(lines.join('\n'), envelope.schema, { headers })];
    }),
  );
}

/** What can go wrong on every route that needs a key. */
export const commonErrors: readonly ErrorCode[] = [
  'unauthenticated',
  'missing_scope',
  'rate_limited',
  'internal_error',
  'service_unavailable',
];

/** What can go wrong with a JSON body. */
export const bodyErrors: readonly ErrorCode[] = ['invalid_json', 'invalid_content_type', 'body_too_large'];

/** What can go wrong where a task is made. */
export const submissionErrors: readonly ErrorCode[] = [
  ...bodyErrors,
  'invalid_parameters',
  'invalid_url',
  'blocked_address',
  'model_not_found',
  'no_compatible_channel',
  'unsupported_advanced_options',
  'idempotency_conflict',
  'model_not_allowed',
  'insufficient_quota',
  'too_many_tasks',
];

export const submissionHeaders: readonly JsonObject[] = [
  header('Idempotency-Key', 'Makes one task of many requests with the same body; remembered for 24 hours.', {
    type: 'string',
    minLength: 1,
    maxLength: 255,
  }),
  header('X-Reelay-Provider', 'The provider that has to run it. Without it the operator decides.'),
  header('X-Reelay-Dry-Run', 'Tells price, provider and faults of a request, and makes no task.', {
    type: 'string',
    enum: ['true', 'false'],
  }),
];

export const submissionAnswerHeaders = headerRefs(['Idempotent-Replayed']);

/** Fields of a body that makes a task, in every API. */
export const commonRouteFields: JsonObject = {
  dry_run: { type: 'boolean', description: 'Tells what it would cost and who would run it.' },
  callback_url: {
    type: ['string', 'null'],
    format: 'uri',
    maxLength: 2_048,
    description:
      'Public https address that each task is posted to once it has ended, as the route that reads it answers it, signed by the Standard Webhooks scheme.',
  },
};

/** The answer to a dry run, in every API. */
export const dryRunSchema: JsonObject = object({
  dry_run: { const: true },
  model: text('Id of the model in this API.'),
  provider: text('Who would run it.'),
  estimated_cost_usd: { type: 'number' },
  warnings: list(text()),
  request: { type: 'object', additionalProperties: true, description: 'What was understood, in neutral words.' },
});

export interface RequestBody {
  readonly body: JsonObject;
  /** One for each model, to be put among the document's. */
  readonly schemas: JsonObject;
}

/** The body that makes a task: one schema for each model, chosen by `model`. */
export function requestBody(
  faces: FaceIndex,
  { title, routeFields }: { readonly title: string; readonly routeFields: JsonObject },
): RequestBody {
  const nameOf = (face: Face) => `${title}.${face.id}`;
  const idsOf = (face: Face) => [...new Set([face.id, face.model.id])].filter((id) => faces.find(id) === face);
  const schemas = Object.fromEntries(
    faces.all.map((face) => [nameOf(face), bodySchema(face, { ids: idsOf(face), routeFields })]),
  );
  const mapping = Object.fromEntries(
    faces.all.flatMap((face) => idsOf(face).map((id) => [id, `#/components/schemas/${nameOf(face)}`])),
  );
  const examples = Object.fromEntries(
    faces.all.map((face) => [face.id, { summary: face.displayName, value: { model: face.id, ...face.sample } }]),
  );
  const schema = {
    oneOf: faces.all.map((face) => ref(nameOf(face))),
    discriminator: { propertyName: 'model', mapping },
  };
  return { body: { required: true, content: { 'application/json': { schema, examples } } }, schemas };
}

function bodySchema(
  face: Face,
  { ids, routeFields }: { readonly ids: readonly string[]; readonly routeFields: JsonObject },
): JsonObject {
  const { properties, required, allOf } = face.schema;
  const fields = Object.entries((properties ?? {}) as Readonly<Record<string, JsonObject>>);
  return {
    type: 'object',
    title: face.displayName,
    description: face.model.summary,
    properties: {
      model: { type: 'string', enum: ids, description: 'Id of the model.' },
      ...Object.fromEntries(fields.map(([name, property]) => [name, plainSchema(property)])),
      ...routeFields,
    },
    required: ['model', ...((required ?? []) as readonly string[])],
    ...(allOf !== undefined && { allOf }),
    additionalProperties: false,
  };
}

/** The property without Oxen's own keywords, and with `null` where it is taken. */
function plainSchema({ renderType: _widget, nullable: takesNull, items, ...rest }: JsonObject): JsonObject {
  const schema: JsonObject = { ...rest, ...(items !== undefined && { items: plainSchema(items as JsonObject) }) };
  if (takesNull !== true) return schema;
  const { enum: choices } = schema;
  return { ...nullable(schema), ...(Array.isArray(choices) && { enum: [...(choices as readonly JsonValue[]), null] }) };
}
