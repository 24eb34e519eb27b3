import type { JsonObject } from '../contract/index.ts';
import {
  answer,
  header,
  object,
  type PathItem,
  pathParameter,
  plainAnswer,
  query,
  ref,
  text,
} from '../dialects/openapi.ts';

/** The routes that belong to no API, for the OpenAPI document. None of them takes a key. */

export const ownTags: readonly JsonObject[] = [
  { name: 'Files', description: 'Results and uploads, by signed links.' },
  { name: 'Server', description: 'For operators and providers.' },
  { name: 'Documentation', description: 'This document, pages made from the catalogue, and the workbench.' },
];

const security: readonly JsonObject[] = [];

function failure(description: string): JsonObject {
  return answer(description, ref('Error'));
}

const broken: JsonObject = { 500: failure('An internal error.') };

/** A page or a file that is the same for everybody, and can be asked for again by its entity tag. */
function page(about: {
  readonly operationId: string;
  readonly summary: string;
  readonly type: string | readonly string[];
  readonly schema?: JsonObject;
  /** What names the one that is asked for, where there are several. */
  readonly name?: JsonObject;
}): PathItem {
  const { operationId, summary, type, schema, name } = about;
  return {
    get: {
      tags: ['Documentation'],
      operationId,
      summary,
      security,
      parameters: [...(name ? [name] : []), header('If-None-Match', 'Answers 304 where this is still the entity tag.')],
      responses: {
        200: plainAnswer(summary, type, schema),
        304: { description: 'It has not changed.' },
        ...(name && { 404: failure('There is no such document.') }),
        ...broken,
      },
    },
  };
}

/** For programs, and for people where the request prefers a web page. */
const markdown = ['text/markdown', 'text/html'];
const plain = 'text/plain';

const documentationPaths: Readonly<Record<string, PathItem>> = {
  '/openapi.json': page({
    operationId: 'getOpenApi',
    summary: 'This document',
    type: 'application/json',
    schema: { type: 'object', additionalProperties: true },
  }),
  '/docs': page({ operationId: 'getReference', summary: 'This document as a page', type: 'text/html' }),
  '/docs/assets/{name}': page({
    operationId: 'getReferenceFile',
    summary: 'A file of that page',
    type: 'text/javascript',
    name: pathParameter('name', 'Name of the file.'),
  }),
  '/docs/models/{id}.md': page({
    operationId: 'getModelPage',
    summary: 'All about a model',
    type: markdown,
    name: pathParameter('id', 'Id of the model in any API.'),
  }),
  '/docs/guides/{name}.md': page({
    operationId: 'getGuide',
    summary: 'A guide',
    type: markdown,
    name: pathParameter('name', 'Name of the guide.'),
  }),
  '/docs/errors.md': page({ operationId: 'getErrorPage', summary: 'Every error code', type: markdown }),
  '/llms.txt': page({
    operationId: 'getLlmsIndex',
    summary: 'What there is to read, for language models',
    type: plain,
  }),
  '/llms-full.txt': page({ operationId: 'getLlmsText', summary: 'All of it in one text', type: plain }),
  '/': {
    get: {
      tags: ['Documentation'],
      operationId: 'getRoot',
      summary: 'Leads to the workbench',
      security,
      responses: { 302: { description: 'To the workbench.' }, ...broken },
    },
  },
  '/workbench': {
    get: {
      tags: ['Documentation'],
      operationId: 'getWorkbench',
      summary: 'The workbench: a page to run models with',
      security,
      parameters: [query('model', 'Id of the model to begin with.')],
      responses: {
        200: plainAnswer('The page.', 'text/html'),
        404: plainAnswer('It was not built.', 'text/plain'),
        ...broken,
      },
    },
  },
  '/workbench/{name}': page({
    operationId: 'getWorkbenchFile',
    summary: 'A file of the workbench',
    type: '*/*',
    name: pathParameter('name', 'Name of the file.'),
  }),
  '/workbench/assets/{name}': page({
    operationId: 'getWorkbenchAsset',
    summary: 'A built file of the workbench',
    type: '*/*',
    name: pathParameter('name', 'Name of the file.'),
  }),
  '/workbench/sample.jpg': page({
    operationId: 'getSamplePicture',
    summary: 'A picture to make a first video from',
    type: 'image/jpeg',
  }),
};

const rangeHeaders: JsonObject = {
  'Accept-Ranges': { schema: { const: 'bytes' } },
  ETag: { schema: text() },
  'Content-Disposition': { schema: text() },
};

function file(operationId: string, summary: string, { hasBody }: { readonly hasBody: boolean }): JsonObject {
  const content = hasBody
    ? { content: { '*/*': { schema: { type: 'string', contentMediaType: 'application/octet-stream' } } } }
    : {};
  const partial = {
    headers: { ...rangeHeaders, 'Content-Range': { schema: text() } },
    ...content,
  };
  const failed = (description: string) => (hasBody ? failure(description) : { description });
  return {
    tags: ['Files'],
    operationId,
    summary,
    security,
    parameters: [
      pathParameter('id', 'Id of the file.'),
      pathParameter('name', 'Its name.'),
      { ...query('expires', 'Until when the link is valid, Unix seconds.'), required: true },
      { ...query('signature', 'Proves that the link came from this server.'), required: true },
      query('download', 'Asks browsers to save the file.', { type: 'string', maxLength: 10 }),
      header('Range', 'One range of bytes.'),
    ],
    responses: {
      200: { description: 'The file.', headers: rangeHeaders, ...content },
      206: { description: 'The range.', ...partial },
      304: { description: 'It has not changed.' },
      403: failed('`link_invalid`: the link is wrong or has expired. Read the task again for a fresh one.'),
      404: failed('The file has expired or been deleted.'),
      416: { description: 'There is no such range.' },
      500: failed('An internal error.'),
    },
  };
}

const serverPaths: Readonly<Record<string, PathItem>> = {
  '/files/{id}/{name}': {
    get: file('getFile', 'Read a file', { hasBody: true }),
    head: file('headFile', 'Read what a file is', { hasBody: false }),
  },
  '/healthz': {
    get: {
      tags: ['Server'],
      operationId: 'getHealth',
      summary: 'Whether the process is alive',
      security,
      responses: { 200: answer('It is.', object({ status: { const: 'ok' } })), ...broken },
    },
  },
  '/readyz': {
    get: {
      tags: ['Server'],
      operationId: 'getReadiness',
      summary: 'Whether tasks can be taken',
      security,
      responses: { 200: answer('They can.', ref('Readiness')), 503: answer('What is wrong.', ref('Readiness')) },
    },
  },
  '/metrics': {
    get: {
      tags: ['Server'],
      operationId: 'getMetrics',
      summary: "Metrics in Prometheus' format",
      description: 'To clients on the same machine that come through no proxy, and to keys with the scope `admin`.',
      security: [{}, { apiKey: [] }],
      responses: {
        200: plainAnswer('The metrics.', 'text/plain'),
        401: failure('Asked from elsewhere with a key that is not valid.'),
        403: failure('Asked from elsewhere with a key that is no admin.'),
        404: failure('Asked from elsewhere without a key.'),
        ...broken,
      },
    },
  },
  '/webhooks/{provider}/{attempt}/{token}': {
    post: {
      tags: ['Server'],
      operationId: 'receiveWebhook',
      summary: "Take a provider's news of a job",
      description:
        'An address that only the provider is told. What comes is a hint: the job is looked at before anything is believed.',
      security,
      parameters: [
        pathParameter('provider', 'Name of the provider.'),
        pathParameter('attempt', 'Id of the submission.'),
        pathParameter('token', 'Proves that the address came from this server.'),
      ],
      requestBody: { content: { '*/*': { schema: { type: 'string', contentMediaType: 'application/octet-stream' } } } },
      responses: {
        200: answer('Taken.', object({ received: { const: true } })),
        400: failure('The Content-Type is none.'),
        404: failure('There is no such webhook.'),
        413: failure('More than 1 MiB.'),
        ...broken,
      },
    },
  },
};

export const ownPaths: Readonly<Record<string, PathItem>> = { ...serverPaths, ...documentationPaths };

export const ownSchemas: JsonObject = {
  Error: object({ error: object({ code: text(), message: text(), remedy: text('What to do about it.') }) }),
  Readiness: {
    ...object({ status: { type: 'string', enum: ['ready', 'not ready'] } }),
    description: '`ok`, or what is wrong, for each thing that has to work.',
    additionalProperties: { type: 'string' },
  },
};
