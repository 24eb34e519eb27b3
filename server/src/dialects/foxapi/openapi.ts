import type { FaceIndex } from '../../catalogue/catalogue.ts';
import { type JsonObject, operations } from '../../contract/index.ts';
import type { ErrorCode } from '../../errors.ts';
import {
  type ApiDescription,
  answer,
  bodyErrors,
  commonErrors,
  commonRouteFields,
  errorAnswers,
  nullable,
  object,
  type PathItem,
  pathParameter,
  query,
  ref,
  requestBody,
  submissionAnswerHeaders,
  submissionErrors,
  submissionHeaders,
  text,
} from '../openapi.ts';
import { foxError } from './errors.ts';
import { title } from './names.ts';
import { bodySchemas, deliveryStatuses, statusSchema } from './openapi-schemas.ts';

const tags = [title];

function failures(...codes: readonly ErrorCode[]): JsonObject {
  const envelope = { errorAnswer: foxError, schema: ref('FoxAPI.Error') };
  return errorAnswers([...codes, ...commonErrors], envelope);
}

const createdExample: JsonObject = {
  id: 'task-unified-1795262400-a1b2c3d4',
  object: 'video.generation.task',
  type: 'video',
  model: 'grok-imagine-text-to-video',
  status: 'pending',
  progress: 0,
  created: 1_795_262_400,
  task_info: { can_cancel: true, estimated_time: 45 },
  usage: { credits_reserved: 30, user_group: 'default' },
};

const completedExample: JsonObject = {
  ...createdExample,
  status: 'completed',
  progress: 100,
  results: [{ url: 'https://video.example.org/files/file-1/video.mp4', content_type: 'video/mp4' }],
  error: null,
  provider: 'example',
  task_info: { can_cancel: false, estimated_time: 45 },
};

/** FoxAPI's routes and bodies, for the OpenAPI document. */
export function describeFoxapi(faces: FaceIndex): ApiDescription {
  const { body, schemas } = requestBody(faces, { title, routeFields: commonRouteFields });
  return {
    description:
      "FoxAPI's unified video API: one route makes tasks of every model, one reads them. Listing with filters, cancelling, deleting (tasks and uploads), the limits and the log of webhooks are Reelay's.",
    paths: { ...generationPaths(body), ...taskPaths, ...webhookPaths, ...uploadPaths, ...accountPaths },
    statusBody: ref('FoxAPI.Task'),
    schemas: { ...bodySchemas, ...schemas },
  };
}

function generationPaths(requestBodyOfAll: JsonObject): Readonly<Record<string, PathItem>> {
  return {
    '/v1/videos/generations': {
      post: {
        tags,
        operationId: 'createVideo',
        summary: 'Make a task',
        description: 'Answers as soon as the task is stored. Read it until `status` is `completed` or `failed`.',
        parameters: submissionHeaders,
        requestBody: requestBodyOfAll,
        responses: {
          200: answer(
            'The task, or what a dry run found.',
            { oneOf: [ref('FoxAPI.CreatedTask'), ref('DryRun')] },
            { headers: submissionAnswerHeaders, examples: { created: { value: createdExample } } },
          ),
          ...failures(...submissionErrors),
        },
      },
    },
  };
}

const taskId = pathParameter('id', 'Id of the task.');
const includeRequest = query(
  'include',
  '`request` adds what is needed to show and to repeat the task: the request in the names of this API, its times, its place in the queue and its cost. In a list, data URIs are cut after 64 characters and end in `...`.',
  { type: 'string', enum: ['request'] },
);
const providerHeader = { 'X-Reelay-Provider': { $ref: '#/components/headers/X-Reelay-Provider' } };

const taskPaths: Readonly<Record<string, PathItem>> = {
  '/v1/tasks': {
    get: {
      tags,
      operationId: 'listTasks',
      summary: 'List tasks, the newest first',
      parameters: [
        query('limit', 'Tasks of a page.', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
        query('cursor', '`next_cursor` of the page before.'),
        query('status', 'Only tasks with this status.', statusSchema),
        query('model', 'Only tasks of this model.'),
        query('operation', 'Only tasks of this kind.', { type: 'string', enum: operations }),
        query('search', 'Only tasks whose prompt has all of these words, in any case. At most 16 words.', {
          type: 'string',
          minLength: 1,
          maxLength: 200,
        }),
        includeRequest,
      ],
      responses: {
        200: answer('A page of tasks.', ref('FoxAPI.TaskList')),
        ...failures('invalid_parameters', 'not_found'),
      },
    },
  },
  '/v1/tasks/{id}': {
    get: {
      tags,
      operationId: 'getTask',
      summary: 'Read a task',
      parameters: [
        taskId,
        query('sync_upstream', 'Asks the provider for news first.', { type: 'string', enum: ['true', 'false'] }),
        includeRequest,
      ],
      responses: {
        200: answer('The task.', ref('FoxAPI.Task'), {
          headers: providerHeader,
          examples: { completed: { value: completedExample } },
        }),
        ...failures('not_found', 'invalid_parameters'),
      },
    },
    delete: {
      tags,
      operationId: 'deleteTask',
      summary: 'Delete an ended task with its files',
      description:
        '`409` names the task that has to end first: this one, or another that needs a result of it as an input.',
      parameters: [taskId],
      responses: {
        200: answer(
          'It is gone.',
          object({ id: text(), object: { const: 'video.generation.task' }, deleted: { const: true } }),
        ),
        ...failures(...bodyErrors, 'not_found', 'not_terminal'),
      },
    },
  },
  '/v1/tasks/{id}/cancel': {
    post: {
      tags,
      operationId: 'cancelTask',
      summary: 'Cancel a task',
      description:
        'Its `status` becomes `failed` with the code `request_cancelled`. `task_info.can_cancel` tells whether that avoids the charge.',
      parameters: [taskId],
      responses: {
        200: answer('The task.', ref('FoxAPI.Task')),
        ...failures(...bodyErrors, 'not_found', 'not_cancellable'),
      },
    },
  },
};

const deliveryId = pathParameter('id', 'Id of the delivery: its `webhook-id`.');

const webhookPaths: Readonly<Record<string, PathItem>> = {
  '/v1/webhooks/deliveries': {
    get: {
      tags,
      operationId: 'listDeliveries',
      summary: 'List deliveries of webhooks, the newest first',
      parameters: [
        query('limit', 'Deliveries of a page.', { type: 'integer', minimum: 1, maximum: 100, default: 20 }),
        query('cursor', '`next_cursor` of the page before.'),
        query('task', 'Only that of this task.'),
        query('status', 'Only deliveries with this status.', { type: 'string', enum: deliveryStatuses }),
      ],
      responses: {
        200: answer('A page of deliveries.', ref('FoxAPI.DeliveryList')),
        ...failures('invalid_parameters', 'not_found'),
      },
    },
  },
  '/v1/webhooks/deliveries/{id}': {
    get: {
      tags,
      operationId: 'getDelivery',
      summary: 'Read a delivery with its tries',
      parameters: [deliveryId],
      responses: { 200: answer('The delivery.', ref('FoxAPI.Delivery')), ...failures('not_found') },
    },
  },
  '/v1/webhooks/deliveries/{id}/redeliver': {
    post: {
      tags,
      operationId: 'redeliver',
      summary: 'Send a webhook once more',
      description:
        'Under the same `webhook-id`, with the task as it is now and fresh links, and again for a day where it is not taken.',
      parameters: [deliveryId],
      responses: {
        200: answer('The delivery, which waits.', ref('FoxAPI.Delivery')),
        ...failures(...bodyErrors, 'not_found'),
      },
    },
  },
  '/v1/webhooks/secret': {
    get: {
      tags,
      operationId: 'getWebhookSecret',
      summary: 'Read what webhooks are signed with',
      responses: { 200: answer('The secret of the account.', ref('FoxAPI.WebhookSecret')), ...failures() },
    },
  },
  '/v1/webhooks/secret/rotate': {
    post: {
      tags,
      operationId: 'rotateWebhookSecret',
      summary: 'Make a new secret',
      description: 'The one before goes on signing beside it for 24 hours.',
      responses: {
        200: answer('The new secret.', ref('FoxAPI.WebhookSecret')),
        ...failures(...bodyErrors),
      },
    },
  },
};

const uploadFields: JsonObject = {
  file_name: nullable({
    type: 'string',
    maxLength: 255,
    description: 'Name of the file; its extension does not matter.',
  }),
  auto_cleanup: {
    type: ['boolean', 'string', 'null'],
    description: 'Taken for compatibility; files go by themselves.',
  },
};

function upload(about: {
  readonly operationId: string;
  readonly summary: string;
  readonly type: string;
  readonly field: JsonObject;
  readonly codes?: readonly ErrorCode[];
}): PathItem {
  const { operationId, summary, type, field, codes = [] } = about;
  const schema = object({ ...field, ...uploadFields }, { optional: Object.keys(uploadFields) });
  return {
    post: {
      tags,
      operationId,
      summary,
      description:
        'The link in the answer works as an input of every model, for 72 hours unless the operator has set another time.',
      requestBody: { required: true, content: { [type]: { schema } } },
      responses: {
        200: answer('The stored file.', ref('FoxAPI.File')),
        ...failures(
          ...bodyErrors,
          'file_too_large',
          'invalid_parameters',
          'invalid_file_type',
          'too_many_at_once',
          'storage_full',
          'storage_unavailable',
          ...codes,
        ),
      },
    },
  };
}

const uploadPaths: Readonly<Record<string, PathItem>> = {
  '/v1/files/upload/stream': upload({
    operationId: 'uploadFile',
    summary: 'Upload a file as a form',
    type: 'multipart/form-data',
    field: { file: { type: 'string', contentMediaType: 'application/octet-stream', description: 'The file itself.' } },
  }),
  '/v1/files/upload/base64': upload({
    operationId: 'uploadBase64',
    summary: 'Upload a file as Base64',
    type: 'application/json',
    field: { file_data: text('Base64, plain or as a data URL.') },
  }),
  '/v1/files/upload/url': upload({
    operationId: 'uploadFromUrl',
    summary: 'Have a file fetched',
    type: 'application/json',
    field: { url: { type: 'string', format: 'uri', description: 'A public address.' } },
    codes: [
      'invalid_url',
      'blocked_address',
      'input_unreachable',
      'input_timeout',
      'input_too_large',
      'input_not_media',
    ],
  }),
  '/v1/files/{id}': {
    delete: {
      tags,
      operationId: 'deleteFile',
      summary: 'Delete an upload',
      description:
        'Its bytes and its links go at once. One that a task needs as an input stays until that has ended: `409` names the task.',
      parameters: [pathParameter('id', 'Id of the file, from the answer to its upload.')],
      responses: {
        200: answer('It is gone.', object({ id: text(), object: { const: 'file' }, deleted: { const: true } })),
        ...failures(...bodyErrors, 'not_found', 'not_terminal'),
      },
    },
  },
};

const accountPaths: Readonly<Record<string, PathItem>> = {
  '/v1/models': {
    get: {
      tags,
      operationId: 'listModels',
      summary: 'List the models',
      parameters: [
        query('include', '`details` adds form, price, rules and providers of each model.', {
          type: 'string',
          enum: ['details'],
        }),
      ],
      responses: { 200: answer('All models.', ref('FoxAPI.ModelList')), ...failures('invalid_parameters') },
    },
  },
  '/v1/account/limits': {
    get: {
      tags,
      operationId: 'getLimits',
      summary: 'Read what is left',
      description:
        'What the key may do, and how its limits and those of its account stand. Budgets are US dollars and reset at midnight and with the month, UTC.',
      responses: { 200: answer('Rights and limits.', ref('FoxAPI.Limits')), ...failures() },
    },
  },
  '/v1/account/credits': {
    get: {
      tags,
      operationId: 'getCredits',
      summary: 'Read what was spent',
      description: 'A credit is a US cent. What live tasks are expected to cost counts as used.',
      responses: { 200: answer('Used and remaining credits.', ref('FoxAPI.Credits')), ...failures() },
    },
  },
};
