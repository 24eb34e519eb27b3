import type { FaceIndex } from '../../catalogue/catalogue.ts';
import type { JsonObject } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';
import {
  type ApiDescription,
  answer,
  bodyErrors,
  commonErrors,
  commonRouteFields,
  errorAnswers,
  header,
  integer,
  list,
  nullable,
  object,
  type PathItem,
  pathParameter,
  plainAnswer,
  query,
  ref,
  requestBody,
  submissionAnswerHeaders,
  submissionErrors,
  submissionHeaders,
  text,
} from '../openapi.ts';
import { oxenError } from './errors.ts';
import { title } from './names.ts';
import { bodySchemas, statusSchema } from './openapi-schemas.ts';

const tags = [title];

const envelope = { errorAnswer: oxenError, schema: ref('Oxen.Error') };

function failures(...codes: readonly ErrorCode[]): JsonObject {
  return errorAnswers([...codes, ...commonErrors], envelope);
}

/** Of routes that need no key. */
function openFailures(...codes: readonly ErrorCode[]): JsonObject {
  return errorAnswers([...codes, 'internal_error', 'service_unavailable'], envelope);
}

/** Oxen's routes and bodies, for the OpenAPI document. */
export function describeOxen(faces: FaceIndex): ApiDescription {
  const { body, schemas } = requestBody(faces, { title, routeFields });
  return {
    description:
      "Oxen's inference API: generation that waits for the result, a queue with events, history and models. The queue takes any parameters of a model and lets the job fail by them.",
    paths: { ...generationPaths(body), ...queuePaths, ...historyPaths, ...modelPaths, ...otherPaths },
    statusBody: ref('Oxen.Generation'),
    schemas: { ...bodySchemas, ...schemas },
  };
}

const target = (what: string) => nullable(text(`${what} of the result; kept and shown, nothing is written there.`));

const routeFields: JsonObject = {
  num_generations: { type: 'integer', minimum: 1, maximum: 4, default: 1, description: 'Videos of one request.' },
  response_format: {
    type: 'string',
    enum: ['url', 'b64_json'],
    default: 'url',
    description: 'Links, or the files themselves in Base64. The queue always gives links.',
  },
  target_namespace: target('Namespace'),
  target_repo: target('Repository'),
  target_directory: target('Folder'),
  ...commonRouteFields,
};

function generationPaths(requestBodyOfAll: JsonObject): Readonly<Record<string, PathItem>> {
  return {
    '/api/ai/videos/generate': {
      post: {
        tags,
        operationId: 'generateVideo',
        summary: 'Generate videos and wait for them',
        description:
          'Answers when all videos are made. They are made even when the client leaves; with the same Idempotency-Key it can come back to them.',
        parameters: submissionHeaders,
        requestBody: requestBodyOfAll,
        responses: {
          200: answer(
            'The videos, or what a dry run found.',
            { oneOf: [ref('Oxen.Videos'), ref('DryRun')] },
            {
              headers: { ...submissionAnswerHeaders, ...providerHeader },
            },
          ),
          ...failures(...submissionErrors, ...failedGeneration),
        },
      },
    },
    '/api/ai/queue': {
      ...queueList,
      post: {
        tags,
        operationId: 'enqueueVideo',
        summary: 'Generate videos in the background',
        parameters: submissionHeaders,
        requestBody: requestBodyOfAll,
        responses: {
          200: answer(
            'Ids of the generations, or what a dry run found.',
            { oneOf: [ref('Oxen.Enqueued'), ref('DryRun')] },
            { headers: submissionAnswerHeaders, examples: { enqueued: { value: enqueuedExample } } },
          ),
          ...failures(...submissionErrors),
        },
      },
    },
  };
}

const providerHeader: JsonObject = { 'X-Reelay-Provider': { $ref: '#/components/headers/X-Reelay-Provider' } };

/** Reasons for which a generation that is waited for may fail. */
const failedGeneration: readonly ErrorCode[] = [
  'input_unreachable',
  'input_not_media',
  'input_duration',
  'content_policy_violation',
  'request_cancelled',
  'generation_failed',
  'provider_unavailable',
];

const enqueuedExample: JsonObject = {
  generations: [{ generation_id: '0198f5d0-6c1e-7c8a-9d0e-2f3a4b5c6d7e', status: 'queued' }],
};

const filters: readonly JsonObject[] = [
  query('model', 'Only generations of this model.'),
  query('media_type', 'There are no images here.', { type: 'string', enum: ['image', 'video'] }),
  query('status', 'Only generations with this status.', statusSchema),
  query('namespace', 'Only generations with this `target_namespace`.'),
  query('repo', 'Only generations with this `target_repo`.'),
  query('folder', 'Only generations with this `target_directory`.'),
];

const generationId = pathParameter('id', 'Id of the generation.');

const queueList: PathItem = {
  get: {
    tags,
    operationId: 'listQueue',
    summary: 'List generations under way',
    description: 'With `status` also those that have ended. At most 1,000.',
    parameters: filters,
    responses: {
      200: answer(
        'Generations, the newest first.',
        object({ count: integer(), generations: list(ref('Oxen.Generation')) }),
      ),
      ...failures('invalid_parameters'),
    },
  },
};

const queuePaths: Readonly<Record<string, PathItem>> = {
  '/api/ai/queue/{id}': {
    get: {
      tags,
      operationId: 'getQueued',
      summary: 'Read a generation',
      parameters: [generationId],
      responses: {
        200: answer('The generation.', ref('Oxen.Generation'), { headers: providerHeader }),
        ...failures('not_found'),
      },
    },
    delete: {
      tags,
      operationId: 'cancelQueued',
      summary: 'Cancel a generation',
      description: 'Has no effect on one that has ended.',
      parameters: [generationId],
      responses: {
        200: answer('It is cancelled.', object({ status: { const: 'success' }, generation_id: text() })),
        ...failures(...bodyErrors, 'not_found'),
      },
    },
  },
  '/api/events': {
    get: {
      tags,
      operationId: 'streamEvents',
      summary: 'Listen to all generations of the account',
      description:
        'Server-sent events. `media_generation_completed` has `generation_id`, `status` (`succeeded` or `failed`), `media_type`, and `model` and `url`, or `error`. `media_generation_progress` has `generation_id`, `status` and `progress`, and `metadata` once a provider that tells what it makes of the prompt was given the job. Each has an `id`; a listener that comes back with `Last-Event-ID` misses nothing of the last 24 hours. Comments keep the connection alive.',
      parameters: [header('Last-Event-ID', 'Goes on behind this event.', { type: 'string', pattern: '^\\d{1,15}$' })],
      responses: {
        200: plainAnswer('Events until the client leaves.', 'text/event-stream'),
        ...failures('invalid_parameters', 'too_many_at_once'),
      },
    },
  },
};

const historyPaths: Readonly<Record<string, PathItem>> = {
  '/api/ai/generations': {
    get: {
      tags,
      operationId: 'listGenerations',
      summary: 'List generations with their cost, by pages',
      parameters: [
        query('page', 'Counted from 1.', { type: 'integer', minimum: 1, default: 1 }),
        query('page_size', 'Generations of a page.', { type: 'integer', minimum: 1, maximum: 1_000, default: 50 }),
        ...filters,
      ],
      responses: { 200: answer('A page.', ref('Oxen.History')), ...failures('invalid_parameters') },
    },
  },
  '/api/ai/generations/{id}': {
    get: {
      tags,
      operationId: 'getGeneration',
      summary: 'Read a generation with its cost',
      parameters: [generationId],
      responses: {
        200: answer(
          'The generation.',
          object({
            status: { const: 'success' },
            status_message: { const: 'resource_found' },
            generation: ref('Oxen.PricedGeneration'),
          }),
        ),
        ...failures('not_found'),
      },
    },
  },
};

const modelId = pathParameter('id', 'Id of the model, in this API or its own.');
const models = answer('Models.', ref('Oxen.ModelList'));
const model = answer('The model.', ref('Oxen.Model'));

/** Routes that change one model: base models are as they are. */
function modelAction(operationId: string, summary: string): JsonObject {
  const responses = { 200: model, ...failures(...bodyErrors, 'model_not_found') };
  return { tags, operationId, summary, parameters: [modelId], responses };
}

function customModelAction(operationId: string, summary: string): JsonObject {
  const description = 'There are no custom models here: always refused.';
  const responses = failures(...bodyErrors, 'model_not_found', 'not_served_here');
  return { tags, operationId, summary, description, parameters: [modelId], responses };
}

const modelPaths: Readonly<Record<string, PathItem>> = {
  '/api/ai/models': {
    get: {
      tags,
      operationId: 'listOxenModels',
      summary: 'List the models',
      security: [],
      parameters: [query('developer_name', 'Who made the model.'), query('provider_name', 'The same.')],
      responses: { 200: models, ...openFailures('invalid_parameters') },
    },
  },
  '/api/ai/models/{id}': {
    get: {
      tags,
      operationId: 'getOxenModel',
      summary: 'Read a model with its schema',
      security: [],
      parameters: [modelId, query('deployment_status', 'All are live.', { type: 'string', enum: ['live'] })],
      responses: { 200: model, ...openFailures('model_not_found', 'invalid_parameters') },
    },
    put: customModelAction('changeModel', 'Change a custom model'),
    delete: customModelAction('deleteModel', 'Delete a custom model'),
  },
  '/api/ai/models/search': {
    get: {
      tags,
      operationId: 'searchModels',
      summary: 'Search the models',
      parameters: [{ ...query('search', 'Part of a name or a description.'), required: true }],
      responses: { 200: models, ...failures('invalid_parameters') },
    },
  },
  '/api/ai/models/featured': {
    get: {
      tags,
      operationId: 'listFeaturedModels',
      summary: "List the models with a page of Oxen's",
      responses: { 200: models, ...failures() },
    },
  },
  '/api/ai/models/favorites': {
    get: {
      tags,
      operationId: 'listFavoriteModels',
      summary: 'List the favourites of the account',
      responses: { 200: models, ...failures() },
    },
  },
  '/api/ai/models/{id}/favorite': {
    post: modelAction('addFavorite', 'Make a model a favourite'),
    delete: modelAction('removeFavorite', 'Make a model no favourite'),
  },
  '/api/ai/models/{id}/activate': { post: modelAction('activateModel', 'Deploy a model: all are') },
  '/api/ai/models/{id}/deactivate': { post: modelAction('deactivateModel', 'Let a model go: all stay') },
  '/api/evaluations/models': {
    get: {
      tags,
      operationId: 'listEvaluationModels',
      summary: "List the models in the older form that Oxen's page generator reads",
      security: [],
      responses: {
        200: answer('All models.', object({ models: list(ref('Oxen.EvaluationModel')) })),
        ...openFailures(),
      },
    },
  },
};

/** What else Oxen serves and this server does not. */
const otherMedia: Readonly<Record<string, string>> = {
  '/api/ai/images/generate': 'generateImage',
  '/api/ai/images/edit': 'editImage',
  '/api/ai/audio/generate': 'generateAudio',
  '/api/ai/audio/speech': 'generateSpeech',
  '/api/ai/audio/transcriptions': 'transcribe',
  '/api/ai/chat/completions': 'chat',
};

const otherPaths: Readonly<Record<string, PathItem>> = Object.fromEntries(
  Object.entries(otherMedia).map(([path, operationId]) => [
    path,
    {
      post: {
        tags,
        operationId,
        summary: 'Not served here: videos only',
        responses: failures('not_served_here'),
      },
    },
  ]),
);
