import { type JsonObject, operations, scopes } from '../../contract/index.ts';
import { integer, list, nullable, object, ref, text } from '../openapi.ts';
import { readingSchema } from '../prompt-reading.ts';

export const statusSchema: JsonObject = { type: 'string', enum: ['pending', 'processing', 'completed', 'failed'] };

const taskHead: JsonObject = {
  id: text(),
  object: { const: 'video.generation.task' },
  type: { const: 'video' },
  model: text('As it was asked for.'),
  status: statusSchema,
  progress: { type: 'integer', minimum: 0, maximum: 100 },
  created: integer('Unix seconds, as all times here.'),
  task_info: object({
    can_cancel: { type: 'boolean', description: 'Whether cancelling now avoids the charge.' },
    estimated_time: { type: 'number', description: 'Seconds that such a task takes.' },
  }),
  usage: object({
    credits_reserved: { type: 'number', description: 'US cents; what it cost once it has ended.' },
    user_group: text(),
  }),
};

/** What `include=request` adds. */
const taskDetails: JsonObject = {
  operation: { type: 'string', enum: operations },
  request: object({
    model: text('Id of the model in this API.'),
    operation: { type: 'string', enum: operations },
    api: { type: 'string', enum: ['foxapi', 'oxen'], description: 'The API that the task was made over.' },
    parameters: { type: 'object', additionalProperties: true },
  }),
  started: nullable(integer('When a provider took it up.')),
  completed: nullable(integer()),
  queue_position: nullable(integer('Tasks that go before it; null once it has left the queue here.')),
  cost_usd: nullable({ type: 'number', description: 'Null while it is not known.' }),
};

const modelDetails: JsonObject = {
  display_name: text(),
  operation: { type: 'string', enum: operations },
  modes: {
    type: 'object',
    description: 'Ways to use the model, by the value of `generation_type`.',
    additionalProperties: object({
      operation: { type: 'string', enum: operations },
      images: object({ minimum: integer(), maximum: integer(), parts: list(text()) }),
    }),
  },
  developer: object({ name: text(), slug: text() }),
  summary: text(),
  description: text(),
  schema: {
    type: 'object',
    additionalProperties: true,
    description: 'JSON Schema of the parameters, with hints for a form.',
  },
  pricing: object(
    {
      currency: { const: 'USD' },
      per_output_second: { type: 'object', additionalProperties: { type: 'number' } },
      per_output_second_with_audio: { type: 'object', additionalProperties: { type: 'number' } },
      per_input_image: { type: 'number' },
      source: text(),
    },
    { optional: ['per_output_second_with_audio', 'per_input_image'] },
  ),
  provider: nullable(text('Who would run it now.')),
  provider_problem: text('Why nobody would.'),
  providers: list(text()),
  sample: { type: 'object', additionalProperties: true },
  typical_seconds: { type: 'number' },
};

export const deliveryStatuses = ['waiting', 'delivered', 'failed'] as const;

const balance = object({
  remaining_credits: { type: 'number' },
  used_credits: { type: 'number' },
  unlimited_credits: { type: 'boolean' },
});

/** Bodies of FoxAPI's answers, for the OpenAPI document. */
export const bodySchemas: JsonObject = {
  'FoxAPI.Error': object({
    error: object(
      {
        message: text(),
        type: text('The family of the error.'),
        code: text('What exactly it is.'),
        details: list(object({ field: text(), message: text() })),
      },
      { optional: ['details'] },
    ),
  }),
  'FoxAPI.CreatedTask': object(taskHead),
  'FoxAPI.Task': object(
    {
      ...taskHead,
      results: nullable(list(object({ url: { type: 'string', format: 'uri' }, content_type: text() }))),
      error: nullable(object({ code: text(), message: text(), type: { const: 'task_error' } })),
      provider: text('Who runs it.'),
      warnings: list(text('What the provider will not do.')),
      metadata: readingSchema,
      ...taskDetails,
    },
    { optional: ['warnings', 'metadata', ...Object.keys(taskDetails)] },
  ),
  'FoxAPI.TaskList': object({
    object: { const: 'list' },
    data: list(ref('FoxAPI.Task')),
    has_more: { type: 'boolean' },
    next_cursor: nullable(text()),
  }),
  'FoxAPI.Delivery': object({
    id: text('Its `webhook-id`, the same at every try.'),
    object: { const: 'webhook.delivery' },
    task_id: text(),
    url: { type: 'string', format: 'uri' },
    status: { type: 'string', enum: deliveryStatuses, description: '`failed` is not tried any more.' },
    created: integer(),
    next_try: nullable(integer('When it is tried next.')),
    tries: {
      ...list(
        object({
          at: integer(),
          duration_ms: integer(),
          status: nullable(integer('HTTP status of the answer.')),
          error: nullable(text('Why it was not taken.')),
        }),
      ),
      description: 'The newest 50, the oldest of them first.',
    },
  }),
  'FoxAPI.DeliveryList': object({
    object: { const: 'list' },
    data: list(ref('FoxAPI.Delivery')),
    has_more: { type: 'boolean' },
    next_cursor: nullable(text()),
  }),
  'FoxAPI.WebhookSecret': object({
    object: { const: 'webhook.secret' },
    secret: text('`whsec_` and Base64.'),
    created: integer(),
    previous: {
      ...list(object({ secret: text(), created: integer(), expires: integer() })),
      description: 'Replaced ones that still sign, the newest first.',
    },
  }),
  'FoxAPI.File': object({
    id: text(),
    filename: text(),
    url: { type: 'string', format: 'uri' },
    size: integer('Bytes.'),
    created: integer(),
  }),
  'FoxAPI.Model': object(
    {
      id: text(),
      object: { const: 'model' },
      created: integer(),
      owned_by: text(),
      supported_endpoint_types: list(text()),
      ...modelDetails,
    },
    { optional: Object.keys(modelDetails) },
  ),
  'FoxAPI.ModelList': object({ object: { const: 'list' }, data: list(ref('FoxAPI.Model')) }),
  'FoxAPI.Limits': object({
    object: { const: 'limits' },
    scopes: list({ type: 'string', enum: scopes }),
    models: nullable(list(text('Ids of the models that the key may use; null where it may use all.'))),
    limits: list(
      object({
        limit: { type: 'string', enum: ['requests_per_minute', 'tasks_in_flight', 'budget_day', 'budget_month'] },
        of: {
          type: 'string',
          enum: ['key', 'account'],
          description: 'Whose limit it is; an account is all its keys together.',
        },
        maximum: { type: 'number' },
        used: { type: 'number' },
        reserved: { type: 'number', description: 'Set aside for tasks whose cost is not known yet.' },
        remaining: { type: 'number' },
        resets: nullable(integer('When it is whole again; null where that is when a task ends.')),
      }),
    ),
  }),
  'FoxAPI.Credits': object({
    success: { const: true },
    message: text(),
    data: object({ token: balance, user: balance }),
  }),
};
