import { randomInt } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { mayUse } from '../../access/rights.ts';
import { estimateMicros } from '../../catalogue/price.ts';
import type { Task } from '../../contract/index.ts';
import type { DialectDependencies } from '../dialect.ts';
import { acceptEmptyJson } from '../empty-json.ts';
import { bodyObject, dryRunBody, submissionHeaders, takeCallback, takeDryRun } from '../intake.ts';
import { type CallerOf, requireKey } from '../require-key.ts';
import { modelDetails, taskDetails } from './details.ts';
import { budgetsLeft, limitsBody } from './limits.ts';
import { readCreate, readInclude, readListQuery } from './request.ts';
import { createdBody, creditsBody, modelsBody, statusBody, taskBody } from './response.ts';
import { registerUploads } from './uploads.ts';
import { registerWebhooks } from './webhooks.ts';

/** Bytes of a generation's body: room for pictures as data URIs. */
const bodyLimit = 32 * 1024 * 1024;

type Query = Readonly<Record<string, unknown>>;

interface TaskParams {
  readonly Params: { readonly id: string };
}

/** Routes of FoxAPI's contract; `GET /v1/tasks`, `cancel`, both `DELETE`, `GET /v1/account/limits` and those of webhooks are ours. */
export function registerRoutes(app: FastifyInstance, dependencies: DialectDependencies): void {
  acceptEmptyJson(app);
  const callerOf = requireKey(app, dependencies);
  registerTasks(app, dependencies, callerOf);
  registerUploads(app, dependencies, callerOf);
  registerWebhooks(app, dependencies, callerOf);
  const { tasks, faces } = dependencies;
  app.get('/models', async (request) => {
    const isDetailed = readInclude(request.query as Query, 'details');
    const allowed = faces.all.filter(({ model }) => mayUse(callerOf(request), model.id));
    return modelsBody(allowed, (face) => (isDetailed ? modelDetails(face, dependencies) : {}));
  });
  app.get('/account/limits', (request) => limitsBody(callerOf(request), dependencies));
  app.get('/account/credits', async (request) => {
    const caller = callerOf(request);
    return creditsBody(await tasks.balance(caller.accountId), await budgetsLeft(caller, dependencies));
  });
}

function registerTasks(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const { tasks, faces } = dependencies;
  const show = (task: Task) => taskBody(task, faces.find(task.requestedModel), dependencies);

  app.post('/videos/generations', { bodyLimit }, async (request, reply) => {
    const caller = callerOf(request);
    const { dryRun, body: asked } = takeDryRun(request, bodyObject(request.body));
    const { callbackUrl, body } = takeCallback(asked, dependencies);
    const { face, request: generation, parameters } = readCreate(body, dependencies);
    const headers = submissionHeaders(request, { ...asked, model: face.id });
    const estimatedCostMicros = estimateMicros(face.model, generation);
    if (dryRun) {
      const { askedProvider } = headers;
      const quote = tasks.quote(caller, { model: face.model, request: generation, estimatedCostMicros, askedProvider });
      return dryRunBody(face, generation, quote);
    }
    const accepted = await tasks.accept({
      caller,
      api: 'foxapi',
      model: face.model,
      requestedModel: face.id,
      tasks: [{ id: newTaskId(dependencies.now()), request: generation, parameters }],
      estimatedCostMicros,
      answer: ([task]) => (task === undefined ? null : createdBody(task, face, dependencies)),
      ...(callbackUrl !== undefined && { callbackUrl }),
      ...headers,
    });
    if (accepted.replayed) reply.header('Idempotent-Replayed', 'true');
    return accepted.answer;
  });

  const showDetailed = async (shown: readonly Task[], isListed: boolean) => {
    const details = await tasks.details(shown);
    const added = (task: Task) => taskDetails(task, { details: details.get(task.id), isListed, dependencies });
    return Promise.all(shown.map(async (task) => ({ ...show(task), ...(await added(task)) })));
  };

  app.get('/tasks', async (request) => {
    const query = request.query as Query;
    const isDetailed = readInclude(query, 'request');
    const page = await tasks.list(callerOf(request).accountId, readListQuery(query));
    const data = isDetailed ? await showDetailed(page.tasks, true) : page.tasks.map(show);
    const next = page.hasMore ? page.tasks.at(-1)?.id : undefined;
    return { object: 'list', data, has_more: page.hasMore, next_cursor: next ?? null };
  });

  app.get<TaskParams>('/tasks/:id', async (request, reply) => {
    const query = request.query as Query;
    const isDetailed = readInclude(query, 'request');
    const found = await tasks.get(callerOf(request).accountId, request.params.id);
    const task = query['sync_upstream'] === 'true' ? await tasks.refresh(found) : found;
    reply.header('X-Reelay-Provider', task.provider);
    const [detailed] = isDetailed ? await showDetailed([task], false) : [];
    return { ...detailed, ...statusBody(task, dependencies) };
  });

  app.post<TaskParams>('/tasks/:id/cancel', { bodyLimit: 1024 }, async (request) =>
    show(await tasks.cancel(callerOf(request).accountId, request.params.id)),
  );

  app.delete<TaskParams>('/tasks/:id', async (request) => {
    await tasks.remove(callerOf(request).accountId, request.params.id);
    return { id: request.params.id, object: 'video.generation.task', deleted: true };
  });
}

/** Different endings of a task's id: all of eight letters and digits. */
const taskIdEndings = 36 ** 8;

/** `task-unified-<unix seconds>-<8 of a-z0-9>`, as FoxAPI's. `randomInt` draws from a store; random bytes cost 5 µs a call. */
function newTaskId(nowMs: number): string {
  const random = randomInt(taskIdEndings).toString(36).padStart(8, '0');
  return `task-unified-${Math.floor(nowMs / 1_000)}-${random}`;
}
