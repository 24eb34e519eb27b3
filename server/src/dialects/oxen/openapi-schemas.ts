import type { JsonObject } from '../../contract/index.ts';
import { integer, list, nullable, object, ref, text } from '../openapi.ts';
import { readingSchema } from '../prompt-reading.ts';
import { oxenStatuses } from './status.ts';

export const statusSchema: JsonObject = { type: 'string', enum: oxenStatuses };

/** What the client sent is repeated beside these, under its own names. */
const generation: JsonObject = {
  generation_id: text(),
  model_name: text('As it was asked for.'),
  media_type: { const: 'video' },
  status: statusSchema,
  prompt: { description: 'As it was sent, whatever it was.' },
  enqueued_at: integer('Unix seconds, as all times here.'),
  started_at: nullable(integer()),
  completed_at: nullable(integer()),
  result_url: nullable({ type: 'string', format: 'uri' }),
  error_message: nullable(text()),
  target_namespace: { description: 'As it was sent.' },
  target_repo: { description: 'As it was sent.' },
  target_directory: { description: 'As it was sent.' },
  progress: { type: 'integer', minimum: 0, maximum: 100 },
  provider: text('Who runs it.'),
  warnings: list(text('What the provider will not do.')),
  metadata: readingSchema,
};

const pricedGeneration: JsonObject = {
  ...generation,
  cost: nullable(text('US dollars; null where nothing was charged.')),
  user_id: { type: 'null' },
  username: text(),
  user_image: { type: 'null' },
};

const open = { additionalProperties: true };
const maker = object({ name: text(), display_name: text() });
const capabilities = object({ input: list(text()), output: list(text()) });
const schemaOfModel: JsonObject = {
  type: 'object',
  ...open,
  description: 'JSON Schema of the parameters, with hints for a form.',
};

/** Bodies of Oxen's answers, for the OpenAPI document. */
export const bodySchemas: JsonObject = {
  'Oxen.Error': {
    anyOf: [
      object({
        error: object(
          { type: text('The family of the error.'), title: text(), detail: text() },
          { optional: ['detail'] },
        ),
        status: { const: 'error' },
        status_message: text(),
      }),
      { ...object({ error: object({ message: text() }) }), description: 'Of a model that does not exist.' },
    ],
  },
  'Oxen.Enqueued': object({ generations: list(object({ generation_id: text(), status: { const: 'queued' } })) }),
  'Oxen.Videos': object({
    model: text('As it was asked for.'),
    created: integer(),
    videos: list(
      object(
        { url: { type: 'string', format: 'uri' }, b64_json: { type: 'string', contentEncoding: 'base64' } },
        { optional: ['url', 'b64_json'] },
      ),
    ),
  }),
  'Oxen.Generation': { ...object(generation, { optional: ['warnings', 'metadata'] }), ...open },
  'Oxen.PricedGeneration': { ...object(pricedGeneration, { optional: ['warnings', 'metadata'] }), ...open },
  'Oxen.History': object({
    count: integer('Generations of this page.'),
    generations: list(ref('Oxen.PricedGeneration')),
    page_number: integer(),
    page_size: integer(),
    total_pages: integer(),
    total_entries: integer(),
    total_cost: nullable(text('US dollars, of all pages.')),
  }),
  'Oxen.ModelList': object({ object: { const: 'list' }, data: list(ref('Oxen.Model')) }),
  'Oxen.Model': object({
    id: text(),
    object: { const: 'model' },
    created: integer(),
    owned_by: text(),
    display_name: text(),
    description: text(),
    summary: text(),
    model_type: { const: 'base' },
    endpoint: text(),
    capabilities,
    pricing: object(
      {
        method: text(),
        cost_per_second: { type: 'number' },
        cost_per_second_with_audio: { type: 'number' },
        cost_per_second_by_resolution: { type: 'object', additionalProperties: { type: 'number' } },
      },
      { optional: ['cost_per_second_with_audio', 'cost_per_second_by_resolution'] },
    ),
    fine_tuning: { type: 'null' },
    deployments: list({}),
    developer: object({ name: text(), logo: { type: 'null' } }),
    source_model: { type: 'null' },
    image_url: { type: 'null' },
    released_at: { type: 'null' },
    request_schema: schemaOfModel,
    json_request_schema: schemaOfModel,
    showcase: { type: 'null' },
  }),
  'Oxen.EvaluationModel': object({
    name: text(),
    canonical_name: text(),
    display_name: text(),
    description: text(),
    summary: text(),
    capabilities,
    json_request_schema: schemaOfModel,
    provider: maker,
    developer: maker,
    can_run_inference: { type: 'boolean' },
    deprecated: { type: 'boolean' },
    model_type: { const: 'base' },
    is_fine_tuneable: { type: 'boolean' },
    fine_tune_schemas: list({}),
  }),
};
