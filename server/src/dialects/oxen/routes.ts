import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { estimateMicros } from '../../catalogue/price.ts';
import { type Caller, type JsonValue, liveStates, type Task } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import type { NewTask } from '../../tasks/requests.ts';
import type { AcceptResult } from '../../tasks/tasks.ts';
import type { DialectDependencies } from '../dialect.ts';
import { acceptEmptyJson } from '../empty-json.ts';
import { bodyObject, dryRunBody, readGeneration, submissionHeaders, takeDryRun } from '../intake.ts';
import { withReading } from '../prompt-reading.ts';
import { type CallerOf, requireKey } from '../require-key.ts';
import { registerEvents } from './events.ts';
import { registerModels, registerOpenModels } from './models.ts';
import { newQueuedTasks, newTasks, readFilter, readPaging, readSubmission, type Submission } from './request.ts';
import {
  enqueuedBody,
  historyBody,
  historyRow,
  inlineVideosBody,
  queueRow,
  statusBody,
  successes,
  videosBody,
} from './response.ts';

/** Bytes of a generation's body: room for pictures as data URIs. */
const bodyLimit = 32 * 1024 * 1024;

/** Rows of the queue's list, which has no pages. */
const maximumQueueRows = 1_000;

/** Routes of Oxen's API that make something else than videos. */
const otherMedia = [
  '/ai/images/generate',
  '/ai/images/edit',
  '/ai/audio/generate',
  '/ai/audio/speech',
  '/ai/audio/transcriptions',
  '/ai/chat/completions',
];

interface GenerationParams {
  readonly Params: { readonly id: string };
}

type Query = Readonly<Record<string, unknown>>;

/** Routes of Oxen's contract. All need a key, except those that list models. */
export function registerRoutes(app: FastifyInstance, dependencies: DialectDependencies): void {
  acceptEmptyJson(app);
  registerOpenModels(app, dependencies);
  app.register(async (keyed) => {
    const callerOf = requireKey(keyed, dependencies);
    registerGenerate(keyed, dependencies, callerOf);
    registerQueue(keyed, dependencies, callerOf);
    registerHistory(keyed, dependencies, callerOf);
    registerEvents(keyed, dependencies, callerOf);
    registerModels(keyed, dependencies, callerOf);
    for (const path of otherMedia) keyed.post(path, { onRequest: notServedHere }, notServedHere);
  });
}

async function notServedHere(request: FastifyRequest): Promise<never> {
  throw new ReelayError('not_served_here', `${request.routeOptions.url} is not served here; generate videos instead`);
}

function accept(
  request: FastifyRequest,
  submission: Submission,
  options: {
    readonly dependencies: DialectDependencies;
    readonly caller: Caller;
    readonly tasks: readonly NewTask[];
    readonly answer: (tasks: readonly Task[]) => JsonValue;
  },
): Promise<AcceptResult> {
  const { callbackUrl, face, requestedModel, body } = submission;
  const [first] = options.tasks;
  return options.dependencies.tasks.accept({
    caller: options.caller,
    api: 'oxen',
    model: face.model,
    requestedModel,
    tasks: options.tasks,
    estimatedCostMicros: first === undefined || first.fault ? 0 : estimateMicros(face.model, first.request),
    answer: options.answer,
    ...(callbackUrl !== undefined && { callbackUrl }),
    ...submissionHeaders(request, body),
  });
}

/** A dry run checks the model's parameters at once, on the queue too. */
function quoteOf(
  request: FastifyRequest,
  { face, parameters, body }: Submission,
  { dependencies, caller }: { readonly dependencies: DialectDependencies; readonly caller: Caller },
) {
  const generation = readGeneration(face, parameters, dependencies.checkInputUrl);
  const estimatedCostMicros = estimateMicros(face.model, generation);
  const { askedProvider } = submissionHeaders(request, body);
  const wanted = { model: face.model, request: generation, estimatedCostMicros, askedProvider };
  return dryRunBody(face, generation, dependencies.tasks.quote(caller, wanted));
}

/** The blocking route. The tasks go on when the client leaves; with the same Idempotency-Key it can come back to them. */
function registerGenerate(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  app.post('/ai/videos/generate', { bodyLimit }, async (request, reply) => {
    const caller = callerOf(request);
    const { dryRun, body } = takeDryRun(request, bodyObject(request.body));
    const submission = readSubmission(body, dependencies);
    if (dryRun) return quoteOf(request, submission, { dependencies, caller });
    const accepted = await accept(request, submission, {
      dependencies,
      caller,
      tasks: newTasks(submission, dependencies.checkInputUrl),
      answer: () => null,
    });
    const ended = await endOf(accepted.taskIds, { dependencies, caller, reply });
    if (ended === undefined) return reply.hijack();
    const done = successes(ended);
    reply.header('X-Reelay-Provider', done[0]?.provider);
    if (accepted.replayed) reply.header('Idempotent-Replayed', 'true');
    if (submission.responseFormat === 'url') return videosBody(done, dependencies);
    return reply.type('application/json; charset=utf-8').send(await inlineVideosBody(done, dependencies));
  });
}

/** The tasks once they have ended; undefined where the client has gone before. */
async function endOf(
  ids: readonly string[],
  options: {
    readonly dependencies: DialectDependencies;
    readonly caller: Caller;
    readonly reply: FastifyReply;
  },
): Promise<readonly Task[] | undefined> {
  const { dependencies, caller, reply } = options;
  const gone = new AbortController();
  const leave = () => gone.abort();
  reply.raw.once('close', leave);
  try {
    if (reply.raw.destroyed) leave();
    return await dependencies.tasks.waitForEnd(caller.accountId, ids, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return undefined;
    throw error;
  } finally {
    reply.raw.off('close', leave);
  }
}

function registerQueue(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const { tasks, faces, checkInputUrl } = dependencies;

  app.post('/ai/queue', { bodyLimit }, async (request, reply) => {
    const caller = callerOf(request);
    const { dryRun, body } = takeDryRun(request, bodyObject(request.body));
    const submission = readSubmission(body, dependencies);
    if (dryRun) return quoteOf(request, submission, { dependencies, caller });
    const accepted = await accept(request, submission, {
      dependencies,
      caller,
      tasks: newQueuedTasks(submission, checkInputUrl),
      answer: enqueuedBody,
    });
    if (accepted.replayed) reply.header('Idempotent-Replayed', 'true');
    return accepted.answer;
  });

  app.get('/ai/queue', async (request) => {
    const { accountId, accountName } = callerOf(request);
    const { filter, status } = readFilter(request.query as Query, { faces, accountName });
    const live = status === undefined && { states: [...liveStates] };
    const page = filter && (await tasks.list(accountId, { ...filter, ...live, limit: maximumQueueRows }));
    const generations = (page?.tasks ?? []).map((task) => queueRow(task, dependencies));
    return { count: generations.length, generations };
  });

  app.get<GenerationParams>('/ai/queue/:id', async (request, reply) => {
    const task = await tasks.get(callerOf(request).accountId, request.params.id);
    reply.header('X-Reelay-Provider', task.provider);
    return statusBody(task, dependencies);
  });

  app.delete<GenerationParams>('/ai/queue/:id', { bodyLimit: 1024 }, async (request) => {
    const { id } = request.params;
    try {
      await tasks.cancel(callerOf(request).accountId, id);
    } catch (error) {
      // Cancelling what has ended has no effect, and no error either.
      if (!(error instanceof ReelayError) || error.code !== 'not_cancellable') throw error;
    }
    return { status: 'success', generation_id: id };
  });
}

function registerHistory(app: FastifyInstance, dependencies: DialectDependencies, callerOf: CallerOf): void {
  const { tasks, faces, links } = dependencies;

  app.get('/ai/generations', async (request) => {
    const { accountId, accountName } = callerOf(request);
    const { page, pageSize } = readPaging(request.query as Query);
    const { filter } = readFilter(request.query as Query, { faces, accountName });
    if (filter === undefined) return historyBody([], { page, pageSize, total: 0, costMicros: 0 });
    const found = await tasks.listNumbered(accountId, { ...filter, limit: pageSize, offset: (page - 1) * pageSize });
    const costMicros = await tasks.costMicros(accountId, filter);
    const rows = found.tasks.map((task) => historyRow(task, { links, accountName }));
    return historyBody(rows, { page, pageSize, total: found.total, costMicros });
  });

  app.get<GenerationParams>('/ai/generations/:id', async (request) => {
    const { accountId, accountName } = callerOf(request);
    const task = await tasks.get(accountId, request.params.id);
    const generation = withReading(historyRow(task, { links, accountName }), task, dependencies);
    return { status: 'success', status_message: 'resource_found', generation };
  });
}
