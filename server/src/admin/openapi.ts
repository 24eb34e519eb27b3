import type { TSchema } from 'typebox';
import type { JsonObject } from '../contract/index.ts';
import {
  answer,
  bodyErrors,
  commonErrors,
  errorAnswers,
  list,
  object,
  type PathItem,
  pathParameter,
  query,
  ref,
} from '../dialects/openapi.ts';
import { type ErrorCode, errors } from '../errors.ts';
import {
  accountChanges,
  keyChanges,
  madeKey,
  newKey,
  shownAccount,
  shownKey,
  usageQuery,
  usageRow,
} from './schemas.ts';

const tag = 'Administration';

export const adminTag: JsonObject = {
  name: tag,
  description: 'Keys, limits and usage of all accounts, for a key with the scope `admin`.',
};

export const adminSchemas: JsonObject = {
  'Admin.Key': plain(shownKey),
  'Admin.MadeKey': plain(madeKey),
  'Admin.Account': plain(shownAccount),
  'Admin.Usage': plain(usageRow),
};

/** The schema without what TypeBox keeps beside it. */
function plain(schema: TSchema): JsonObject {
  return JSON.parse(JSON.stringify(schema));
}

interface Route {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly JsonObject[];
  readonly body?: TSchema;
  readonly answered: JsonObject;
  readonly codes?: readonly ErrorCode[];
}

function route({ operationId, summary, description, parameters = [], body, answered, codes = [] }: Route): JsonObject {
  const possible = [
    ...codes,
    ...(body ? bodyErrors : []),
    ...(body ? ['invalid_parameters' as const] : []),
    ...commonErrors,
  ];
  const envelope = {
    errorAnswer: ({ code }: { readonly code: ErrorCode }) => ({ status: errors[code].status, body: {} }),
    schema: ref('Error'),
  };
  return {
    ...{ tags: [tag], operationId, summary, parameters },
    ...(description !== undefined && { description }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: plain(body) } } } }),
    responses: { 200: answer(summary, answered), ...errorAnswers(possible, envelope) },
  };
}

function listed(name: string): JsonObject {
  return object({ object: { const: 'list' }, data: list(ref(name)) });
}

const keyId = pathParameter('id', 'Id of the key.');
const usageParameters = Object.entries(usageQuery.properties).map(([name, schema]) => {
  const { description = '', ...rest } = plain(schema);
  return query(name, String(description), rest);
});

export const adminPaths: Readonly<Record<string, PathItem>> = {
  '/admin/keys': {
    get: route({ operationId: 'listKeys', summary: 'List the keys', answered: listed('Admin.Key') }),
    post: route({
      operationId: 'createKey',
      summary: 'Make a key',
      description: 'What is left out has no limit; a key without `scopes` has `create`, `read` and `files`.',
      body: newKey,
      answered: ref('Admin.MadeKey'),
    }),
  },
  '/admin/keys/{id}': {
    patch: route({
      operationId: 'updateKey',
      summary: 'Change a key',
      description: 'What is left out stays, what is null is taken away. Every server heeds it within a second.',
      parameters: [keyId],
      body: keyChanges,
      answered: ref('Admin.Key'),
      codes: ['not_found'],
    }),
    delete: route({
      operationId: 'revokeKey',
      summary: 'Revoke a key',
      parameters: [keyId],
      answered: ref('Admin.Key'),
      codes: ['not_found', ...bodyErrors],
    }),
  },
  '/admin/accounts': {
    get: route({ operationId: 'listAccounts', summary: 'List the accounts', answered: listed('Admin.Account') }),
  },
  '/admin/accounts/{name}': {
    patch: route({
      operationId: 'updateAccount',
      summary: 'Change what all keys of an account together may use up',
      parameters: [pathParameter('name', 'Name of the account.')],
      body: accountChanges,
      answered: ref('Admin.Account'),
      codes: ['not_found'],
    }),
  },
  '/admin/usage': {
    get: route({
      operationId: 'getUsage',
      summary: 'What was made and spent',
      description:
        'A task counts on the day of its creation, and as long as it is kept; a charge on the day when it was settled. Reserved is what live tasks, and submissions whose cost is not known yet, are expected to cost.',
      parameters: usageParameters,
      answered: listed('Admin.Usage'),
      codes: ['invalid_parameters', 'not_found'],
    }),
  },
};
