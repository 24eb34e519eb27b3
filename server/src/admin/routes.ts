import type { FastifyInstance } from 'fastify';
import type { AccountInfo, Accounts } from '../access/accounts.ts';
import type { KeyChanges, KeyInfo, Keys } from '../access/keys.ts';
import { limitChanges, limitFields } from '../access/limit-fields.ts';
import { type Catalogue, modelByAnyId } from '../catalogue/catalogue.ts';
import type { JsonObject } from '../contract/index.ts';
import type { DialectDependencies } from '../dialects/dialect.ts';
import { acceptEmptyJson } from '../dialects/empty-json.ts';
import { bodyObject, invalidParameters } from '../dialects/intake.ts';
import { requireKey } from '../dialects/require-key.ts';
import { ReelayError } from '../errors.ts';
import { periodsAt } from '../tasks/allowance.ts';
import { usageFields } from '../tasks/usage.ts';
import { readAs } from './read.ts';
import { accountChanges, type KeyChangesBody, keyChanges, newKey, usageQuery } from './schemas.ts';

export const adminPrefix = '/admin';

export interface AdminOptions extends Pick<DialectDependencies, 'tasks' | 'authenticate' | 'rates' | 'now'> {
  readonly keys: Keys;
  readonly accounts: Accounts;
  readonly catalogue: Catalogue;
}

interface KeyParams {
  readonly Params: { readonly id: string };
}

interface AccountParams {
  readonly Params: { readonly name: string };
}

const admin = { config: { scope: 'admin' } } as const;

/** For those who run the server: keys, limits and usage of all accounts. */
export function registerAdmin(app: FastifyInstance, options: AdminOptions): void {
  const { keys, accounts } = options;
  acceptEmptyJson(app);
  requireKey(app, options);

  app.get('/keys', admin, async () => listBody((await keys.list()).map(keyBody)));

  app.post('/keys', admin, async (request) => {
    const { account, ...settings } = readAs(newKey, bodyObject(request.body));
    const changes = changesOf(settings, options);
    const { key, info } = await keys.create({ ...changes, ...(account !== undefined && { account }) });
    return { ...keyBody(info), key };
  });

  app.patch<KeyParams>('/keys/:id', admin, async (request) => {
    const changes = changesOf(readAs(keyChanges, bodyObject(request.body)), options);
    return keyBody(await keys.update(request.params.id, changes));
  });

  app.delete<KeyParams>('/keys/:id', admin, async (request) => keyBody(await keys.revoke(request.params.id)));

  app.get('/accounts', admin, async () => listBody((await accounts.list()).map(accountBody)));

  app.patch<AccountParams>('/accounts/:name', admin, async (request) => {
    const changes = limitChanges(readAs(accountChanges, bodyObject(request.body)));
    return accountBody(await accounts.setLimits(request.params.name, changes));
  });

  app.get('/usage', admin, async (request) => listBody(await usage(request.query, options)));
}

async function usage(query: unknown, { keys, accounts, tasks, now }: AdminOptions): Promise<readonly JsonObject[]> {
  const { by = 'day', since, account, key } = readAs(usageQuery, query);
  const from = since === undefined ? periodsAt(now()).month.from : Date.parse(since);
  if (Number.isNaN(from)) throw invalidParameters([{ field: 'since', message: 'must be a day, such as 2026-11-01' }]);
  const accountId = account === undefined ? undefined : await accounts.find(account);
  if (key !== undefined && !(await keys.list()).some(({ id }) => id === key)) {
    throw new ReelayError('not_found', `no key has the id ${key}`);
  }
  const rows = await tasks.usage({ by, since: from, ...(accountId && { accountId }), ...(key && { keyId: key }) });
  return rows.map(usageFields);
}

function changesOf(body: KeyChangesBody, { catalogue, now }: AdminOptions): KeyChanges {
  const { name, scopes, models, expires, ...limits } = body;
  if (typeof expires === 'number' && expires * 1_000 <= now()) {
    throw invalidParameters([{ field: 'expires', message: 'must be later than now' }]);
  }
  return {
    ...(name !== undefined && { name }),
    ...(scopes !== undefined && { scopes }),
    ...(models !== undefined && { models: models && knownModels(models, catalogue) }),
    ...(expires !== undefined && { expiresAt: expires && expires * 1_000 }),
    limits: limitChanges(limits),
  };
}

function knownModels(ids: readonly string[], { models }: Catalogue): readonly string[] {
  const found = ids.map((id) => ({ id, model: modelByAnyId(models, id) }));
  const faults = found
    .filter(({ model }) => model === undefined)
    .map(({ id }) => ({ field: 'models', message: `there is no model ${id}` }));
  if (faults.length > 0) throw invalidParameters(faults);
  return [...new Set(found.flatMap(({ model }) => model?.id ?? []))];
}

function listBody(data: readonly JsonObject[]): JsonObject {
  return { object: 'list', data };
}

function keyBody({
  id,
  account,
  hint,
  name,
  scopes,
  models,
  limits,
  createdAt,
  expiresAt,
  revokedAt,
}: KeyInfo): JsonObject {
  return {
    ...{ id, object: 'key', account, hint, name: name ?? null, scopes, models: models ?? null },
    expires: unixSeconds(expiresAt),
    limits: { ...limitFields(limits) },
    created: unixSeconds(createdAt),
    revoked: unixSeconds(revokedAt),
  };
}

function accountBody({ name, limits, createdAt }: AccountInfo): JsonObject {
  return { name, object: 'account', limits: { ...limitFields(limits) }, created: unixSeconds(createdAt) };
}

function unixSeconds(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.floor(ms / 1_000);
}
