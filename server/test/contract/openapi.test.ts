import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../src/catalogue/catalogue.ts';
import { dialects } from '../../src/dialects/registry.ts';
import { ReelayError } from '../../src/errors.ts';
import { registerRoutes } from '../../src/http/server.ts';
import { DocumentedAnswers, documentedClasses, type OpenApiDocument } from '../../src/testing/documented.ts';
import { startReceiver } from '../../src/testing/receiver.ts';
import { type Answer, type RequestOptions, startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

let server: TestServer;
let document: OpenApiDocument;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-openapi-'));
  server = await startTestServer();
  document = (await server.request('GET', '/openapi.json', { key: null })).body;
});

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a public linter finds no error', async () => {
  const path = join(folder, 'openapi.json');
  const config = join(folder, 'redocly.yaml');
  await writeFile(path, JSON.stringify(document));
  await writeFile(
    config,
    [
      'extends: [recommended]',
      'rules:',
      // By default it closes the schemas inside a condition too, and then no example fits any of them.
      '  no-invalid-media-type-examples: { severity: error, allowAdditionalProperties: true }',
      // A property that has to be absent is named by "not required", which it takes for a slip.
      '  no-required-schema-properties-undefined: off',
      // Routes that are refused always, and documents that are there for everybody.
      '  operation-2xx-response: off',
      '  operation-4xx-response: off',
    ].join('\n'),
  );
  const linter = join(root, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const args = [linter, 'lint', path, '--config', config, '--format', 'json'];
  const { stdout } = await run(process.execPath, args, { env, cwd: folder, maxBuffer: 16 * 1024 ** 2 });
  expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0 } });
});

test('every route is in it, and nothing else', async () => {
  const app = fastify();
  const routes = new Set<string>();
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) routes.add(`${name} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
  // Registering calls none of what the routes would need.
  await registerRoutes(app, {
    dialects,
    catalogue: await loadCatalogue(),
    dependencies: { maxUploadBytes: 1 } as never,
    admin: {} as never,
    webhooks: { secret: '', telemetry: { webhookRefused: () => undefined } },
    health: [],
    metrics: { isRead: () => false, answered: () => undefined, contentType: '', read: async () => '' },
    publicUrl: () => server.url,
    stopping: new AbortController().signal,
  });
  await app.ready();
  await app.close();
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  // The framework answers HEAD wherever there is a GET; a slash more or less leads to the same page.
  const own = [...routes].filter((route) => !/^HEAD (?!\/files\/)/.test(route) && !/\w\/$/.test(route));
  expect(own.toSorted()).toEqual(documented.toSorted());
});

test('every model has a schema of its own, by each of its ids', async () => {
  const { models } = await loadCatalogue();
  for (const [path, ids] of [
    ['/v1/videos/generations', models.map(({ id }) => id)],
    ['/api/ai/queue', models.map(({ id, faces }) => faces?.oxen?.id ?? id)],
  ] as const) {
    const { body } = await server.request('GET', '/openapi.json', { key: null });
    const { schema } = body.paths[path].post.requestBody.content['application/json'];
    expect(schema.oneOf).toHaveLength(models.length);
    expect(Object.keys(schema.discriminator.mapping)).toEqual(expect.arrayContaining(ids));
  }
});

describe('the check itself', () => {
  const seen = {
    method: 'GET',
    path: '/healthz',
    status: 200,
    contentType: 'application/json',
    body: { status: 'ok' },
  };
  const check = (change: object) => () => new DocumentedAnswers(document).check({ ...seen, ...change });

  test('knows an answer by its route', () => {
    expect(check({})()).toBe('GET /healthz 2xx');
    expect(check({ path: '/api/ai/models/search', status: 401, body: oxenBody('unauthenticated') })()).toBe(
      'GET /api/ai/models/search 4xx',
    );
  });

  test.each([
    ['another value', { body: { status: 'fine' } }],
    ['a field missing', { body: {} }],
    ['a field too many', { body: { status: 'ok', more: 1 } }],
    ['another status', { status: 418 }],
    ['another type', { contentType: 'text/html' }],
    ['another route', { path: '/healthy' }],
  ])('refuses %s', (_name, change) => {
    expect(check(change)).toThrow(/documented|text\/html/);
  });
});

function oxenBody(code: 'unauthenticated' | 'internal_error' | 'service_unavailable'): object {
  return dialects[1]?.errorAnswer(new ReelayError(code, 'no'), 'req-1').body ?? {};
}

test('what a broken server would say has the documented form', () => {
  const answers = new DocumentedAnswers(document);
  for (const { prefix, errorAnswer } of dialects) {
    const paths = Object.entries(document.paths).filter(([path]) => path.startsWith(`${prefix}/`));
    for (const [template, operations] of paths) {
      for (const method of Object.keys(operations)) {
        for (const code of ['internal_error', 'service_unavailable'] as const) {
          const { status, body } = errorAnswer(new ReelayError(code, 'no'), 'req-1');
          const path = template.replaceAll(/\{\w+\}/g, 'x');
          answers.check({ method: method.toUpperCase(), path, status, contentType: 'application/json', body });
        }
      }
    }
  }
});

/** Classes of answers that are seen elsewhere, each with the reason. */
const seenElsewhere: readonly RegExp[] = [
  / 5xx$/, // Only a broken server gives them: the test above.
  /^POST \/webhooks\/.* 2xx$/, // Needs a provider that delivers: the whole-server tests of vendors.
  /^GET \/ 3xx$/, // Leads to the workbench: the tests of the route.
  /^GET \/workbench [24]xx$/, // Depends on whether the page was built: the tests of the route.
  /^GET \/workbench\/(assets\/)?\{name\} [23]xx$/,
  /^GET \/docs\/guides\/.* [23]xx$/, // Depends on what guides there are: the tests of the documents.
];

const clip = { model: 'grok-imagine-text-to-video', prompt: 'a sea', duration: 1, resolution: '480p' };
const json = { 'Content-Type': 'application/json' };

test('each route answers as documented, in each class of status', { timeout: 120_000 }, async () => {
  const answers = new DocumentedAnswers(document);
  const seen = new Set<string>();
  const ask = async (method: string, path: string, options: RequestOptions = {}): Promise<Answer> => {
    const answer = await server.request(method, path, options);
    const { pathname } = new URL(path, server.url);
    const contentType = answer.headers.get('content-type') ?? '';
    const key = answers.check({ method, path: pathname, status: answer.status, contentType, body: answer.body });
    if (key !== undefined) seen.add(key);
    return answer;
  };
  const task = await askFoxapi(ask);
  await askWebhooks(ask);
  await askOxen(ask);
  await askFiles(ask, task.results[0].url);
  await askAdmin(ask);
  await askServer(ask);
  const opened = await openEvents();
  seen.add(answers.check({ method: 'GET', path: '/api/events', body: '', ...opened }) ?? '');
  const missing = documentedClasses(document).filter(
    (key) => !seen.has(key) && !seenElsewhere.some((pattern) => pattern.test(key)),
  );
  expect(missing).toEqual([]);
});

async function openEvents(): Promise<{ readonly status: number; readonly contentType: string }> {
  const controller = new AbortController();
  const headers = { Authorization: `Bearer ${server.key}` };
  const { status, headers: given } = await fetch(`${server.url}/api/events`, { headers, signal: controller.signal });
  controller.abort();
  return { status, contentType: given.get('content-type') ?? '' };
}

type Ask = (method: string, path: string, options?: RequestOptions) => Promise<Answer>;

async function askFoxapi(ask: Ask): Promise<Answer['body']> {
  const { body: first } = await ask('POST', '/v1/videos/generations', { json: clip });
  const task = await server.ended(first.id);
  const { body: second } = await ask('POST', '/v1/videos/generations', { json: { ...clip, prompt: '[reelay:stuck]' } });
  await ask('POST', '/v1/videos/generations', { json: { ...clip, dry_run: true } });
  await ask('POST', '/v1/videos/generations', { json: { ...clip, duration: 99 } });
  for (const query of ['', '?include=request&limit=2', '?limit=0']) await ask('GET', `/v1/tasks${query}`);
  for (const query of ['', '?include=request']) await ask('GET', `/v1/tasks/${first.id}${query}`);
  await ask('GET', '/v1/tasks/none');
  await ask('DELETE', `/v1/tasks/${second.id}`);
  await ask('POST', `/v1/tasks/${second.id}/cancel`);
  await ask('POST', `/v1/tasks/${second.id}/cancel`);
  await ask('POST', `/v1/tasks/${second.id}/cancel`, { body: '{', headers: json });
  await ask('DELETE', `/v1/tasks/${second.id}`);
  for (const query of ['', '?include=details', '?include=more']) await ask('GET', `/v1/models${query}`);
  await ask('GET', '/v1/account/credits');
  await ask('GET', '/v1/account/credits', { key: null });
  for (const options of [{}, { key: null }]) await ask('GET', '/v1/account/limits', options);
  const form = new FormData();
  form.set('file', new Blob([await (await fetch(`${server.url}/workbench/sample.jpg`)).bytes()]), 'sample.jpg');
  const { body: file } = await ask('POST', '/v1/files/upload/stream', { body: form });
  await ask('DELETE', `/v1/files/${file.id}`);
  await ask('DELETE', '/v1/files/none');
  await ask('POST', '/v1/files/upload/stream', { body: 'x', headers: json });
  const picture = await (await fetch(`${server.url}/workbench/sample.jpg`)).bytes();
  await ask('POST', '/v1/files/upload/base64', { json: { file_data: Buffer.from(picture).toString('base64') } });
  await ask('POST', '/v1/files/upload/base64', { json: { file_data: '!' } });
  await ask('POST', '/v1/files/upload/url', { json: { url: `${server.url}/workbench/sample.jpg` } });
  await ask('POST', '/v1/files/upload/url', { json: { url: 'http://10.0.0.1/a.png' } });
  return task;
}

async function askWebhooks(ask: Ask): Promise<void> {
  const receiver = await startReceiver();
  const { body } = await ask('POST', '/v1/videos/generations', {
    json: { ...clip, prompt: '[reelay:fail]', callback_url: receiver.url },
  });
  await server.ended(body.id);
  const { body: found } = await ask('GET', `/v1/webhooks/deliveries?task=${body.id}`);
  await ask('GET', '/v1/webhooks/deliveries?status=odd');
  for (const id of [found.data[0].id, 'none']) {
    await ask('GET', `/v1/webhooks/deliveries/${id}`);
    await ask('POST', `/v1/webhooks/deliveries/${id}/redeliver`);
  }
  for (const [method, path] of [
    ['GET', '/v1/webhooks/secret'],
    ['POST', '/v1/webhooks/secret/rotate'],
  ] as const) {
    await ask(method, path);
    await ask(method, path, { key: null });
  }
  await receiver.close();
}

async function askOxen(ask: Ask): Promise<void> {
  for (const format of ['url', 'b64_json']) {
    await ask('POST', '/api/ai/videos/generate', { json: { ...clip, response_format: format } });
  }
  await ask('POST', '/api/ai/videos/generate', { json: { ...clip, prompt: '[reelay:moderation]' } });
  await ask('POST', '/api/ai/videos/generate', { json: { ...clip, model: 'none' } });
  const { body } = await ask('POST', '/api/ai/queue', { json: { ...clip, prompt: '[reelay:stuck]', more: [1] } });
  const [{ generation_id: id }] = body.generations;
  await ask('POST', '/api/ai/queue', { json: { ...clip, prompt: '[reelay:stuck]' } });
  await ask('POST', '/api/ai/queue', { json: { ...clip, dry_run: true } });
  await ask('POST', '/api/ai/queue', { body: '[', headers: json });
  for (const path of ['/api/ai/queue', '/api/ai/generations']) {
    for (const query of ['', '?status=odd']) await ask('GET', `${path}${query}`);
    for (const one of [id, 'none']) await ask('GET', `${path}/${one}`);
  }
  for (const one of [id, 'none']) await ask('DELETE', `/api/ai/queue/${one}`);
  await askOxenModels(ask);
  await ask('GET', '/api/events', { headers: { 'Last-Event-ID': 'x' } });
  for (const path of ['images/generate', 'images/edit', 'audio/generate', 'audio/speech', 'audio/transcriptions']) {
    await ask('POST', `/api/ai/${path}`, { json: {} });
  }
  await ask('POST', '/api/ai/chat/completions', { json: {} });
}

async function askOxenModels(ask: Ask): Promise<void> {
  for (const query of ['', '?developer_name=xai', '?developer_name=a&developer_name=b']) {
    await ask('GET', `/api/ai/models${query}`);
  }
  for (const query of ['?search=veo', '']) await ask('GET', `/api/ai/models/search${query}`);
  for (const list of ['featured', 'favorites']) {
    await ask('GET', `/api/ai/models/${list}`);
    await ask('GET', `/api/ai/models/${list}`, { key: null });
  }
  for (const id of ['google-veo-3-1', 'none']) {
    for (const method of ['GET', 'PUT', 'DELETE']) await ask(method, `/api/ai/models/${id}`);
    for (const method of ['POST', 'DELETE']) await ask(method, `/api/ai/models/${id}/favorite`);
    for (const action of ['activate', 'deactivate']) await ask('POST', `/api/ai/models/${id}/${action}`);
  }
  await ask('GET', '/api/evaluations/models');
}

async function askFiles(ask: Ask, link: string): Promise<void> {
  const { pathname, search } = new URL(link);
  const path = pathname + search;
  const etag = (await fetch(link, { method: 'HEAD' })).headers.get('etag') ?? '';
  for (const method of ['GET', 'HEAD']) {
    await ask(method, path, { key: null });
    await ask(method, path, { key: null, headers: { Range: 'bytes=0-9' } });
    await ask(method, path, { key: null, headers: { Range: 'bytes=999999999-' } });
    await ask(method, path, { key: null, headers: { 'If-None-Match': etag } });
    await ask(method, `${pathname}?expires=1&signature=x`, { key: null });
  }
}

async function askAdmin(ask: Ask): Promise<void> {
  const { body } = await ask('POST', '/admin/keys', { json: { account: 'team', expires: null, budget_day_usd: 1.5 } });
  await ask('POST', '/admin/keys', { json: { scopes: ['root'] } });
  await ask('PATCH', `/admin/keys/${body.id}`, { json: { models: ['veo-3.1'], tasks_in_flight: 2 } });
  await ask('PATCH', '/admin/accounts/team', { json: { requests_per_minute: 600 } });
  for (const path of ['keys', 'accounts', 'usage', 'usage?by=key&account=team']) {
    await ask('GET', `/admin/${path}`);
    await ask('GET', `/admin/${path}`, { key: body.key });
  }
  await ask('GET', '/admin/usage?by=week');
  for (const path of ['keys/none', 'accounts/none'])
    await ask('PATCH', `/admin/${path}`, { json: { tasks_in_flight: 1 } });
  for (const id of [body.id, 'none']) await ask('DELETE', `/admin/keys/${id}`);
}

async function askServer(ask: Ask): Promise<void> {
  const open = { key: null };
  for (const path of ['/healthz', '/readyz', '/metrics', '/workbench/none.js', '/workbench/assets/none.js']) {
    await ask('GET', path, open);
  }
  await ask('GET', '/metrics', { ...open, headers: { Via: '1.1 proxy' } });
  await ask('POST', '/webhooks/none/none/none', { ...open, body: 'x' });
  await ask('POST', '/webhooks/none/none/none', { ...open, body: 'x', headers: { 'Content-Type': 'none' } });
  const built = await fetch(`${server.url}/workbench`);
  expect([200, 404]).toContain(built.status);
  const documents = [
    '/openapi.json',
    '/llms.txt',
    '/llms-full.txt',
    '/docs',
    '/docs/errors.md',
    '/workbench/sample.jpg',
  ];
  const named = ['/docs/assets/start.js', '/docs/models/veo-3.1.md'];
  for (const path of [...documents, ...named]) {
    const { headers } = await ask('GET', path, open);
    await ask('GET', path, { ...open, headers: { 'If-None-Match': headers.get('etag') ?? '' } });
  }
  for (const path of ['/docs/assets/none.js', '/docs/models/none.md', '/docs/guides/none.md'])
    await ask('GET', path, open);
}
