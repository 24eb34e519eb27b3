import { adminPaths, adminSchemas, adminTag } from '../admin/openapi.ts';
import type { Face, FaceIndex } from '../catalogue/catalogue.ts';
import type { JsonObject } from '../contract/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { dryRunSchema, header, type PathItem, text } from '../dialects/openapi.ts';
import { type Guide, guidePath } from './guides.ts';
import { ownPaths, ownSchemas, ownTags } from './own-routes.ts';

/** An API with the models as it shows them. */
export interface ShownApi {
  readonly dialect: Dialect;
  readonly faces: FaceIndex;
}

export interface OpenApiInput {
  readonly apis: readonly ShownApi[];
  readonly guides: readonly Guide[];
  readonly publicUrl: string;
}

/** The OpenAPI document (3.1) of every route of this server. Each API describes its own part. */
export function openApiDocument({ apis, guides, publicUrl }: OpenApiInput): JsonObject {
  const parts = apis.map(({ dialect, faces }) => ({ title: dialect.title, ...dialect.describe(faces) }));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reelay',
      version: '1',
      summary: 'The self-hosted API for AI video',
      description: descriptionOf(guides),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl.replace(/\/+$/, ''), description: 'This server' }],
    security: [{ apiKey: [] }],
    tags: [...parts.map(({ title, description }) => ({ name: title, description })), adminTag, ...ownTags],
    paths: Object.assign({}, ...parts.map(({ paths }) => paths), adminPaths, ownPaths),
    webhooks: { taskEnded: taskEnded(parts.map(({ statusBody }) => statusBody)) },
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of this server, such as `reelay keys create` makes.',
        },
      },
      headers,
      schemas: Object.assign(
        { DryRun: dryRunSchema },
        ...parts.map(({ schemas }) => schemas),
        adminSchemas,
        ownSchemas,
      ),
    },
  };
}

/** What a receiver gets at the `callback_url` of a task. */
function taskEnded(bodies: readonly JsonObject[]): PathItem {
  const signed = (name: string, description: string) => ({ ...header(name, description), required: true });
  return {
    post: {
      tags: ['Server'],
      operationId: 'taskEnded',
      summary: 'A task has ended',
      description: 'Goes to its `callback_url`, in the form of the API that it was made over, until it is taken.',
      security: [],
      parameters: [
        signed('webhook-id', 'The same at every try.'),
        signed('webhook-timestamp', 'Unix seconds of this try.'),
        signed('webhook-signature', 'By the Standard Webhooks scheme, one for each secret that is valid.'),
      ],
      requestBody: { content: { 'application/json': { schema: { anyOf: bodies } } } },
      responses: {
        '2XX': { description: 'Taken.' },
        410: { description: 'Not wanted: it is not sent again.' },
        default: { description: 'Sent again later, for 24 hours.' },
      },
    },
  };
}

/** Its links lead on from the document and from its page alike, under whatever path a proxy shows them. */
function descriptionOf(guides: readonly Guide[]): string {
  const links = guides.map((guide) => `- [${guide.title}](${guidePath(guide)})`);
  return [
    'One server that speaks the APIs people already call, and runs each model where there is a key for it. Times are Unix seconds.',
    ...(links.length === 0 ? [] : [`Guides:\n\n${links.join('\n')}`]),
    'The [workbench](workbench) runs models from a page. What an error code means and what to do about it stands under [error codes](docs/errors.md).',
  ].join('\n\n');
}

const count: JsonObject = { type: 'string', pattern: '^\\d+$' };

const headers: JsonObject = {
  'X-Request-Id': { description: 'Name of the request; the operator finds it in the log.', schema: text() },
  'Retry-After': { description: 'Seconds to wait before the next try.', schema: count },
  'RateLimit-Limit': { description: 'Requests that the key, or its account, may send in a minute.', schema: count },
  'RateLimit-Remaining': {
    description: 'How many of them are left. On every answer to a key with that limit.',
    schema: count,
  },
  'RateLimit-Reset': { description: 'Seconds until all of them are there again.', schema: count },
  'Idempotent-Replayed': {
    description: 'The answer is that of an earlier request with the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
  'X-Reelay-Provider': { description: 'Who runs the task.', schema: text() },
};

/** The document as text, written anew only when the models, the guides or the address have changed. */
export function openApiText(apis: readonly ShownApi[]): (given: Omit<OpenApiInput, 'apis'>) => string {
  let written: { readonly key: string; readonly body: string } | undefined;
  return ({ guides, publicUrl }) => {
    const ids = apis.map(({ faces }) => faces.all.map(({ id }: Face) => id));
    const key = JSON.stringify([publicUrl, ids, guides.map(({ name, title }) => [name, title])]);
    if (written?.key !== key) written = { key, body: JSON.stringify(openApiDocument({ apis, guides, publicUrl })) };
    return written.body;
  };
}
