import type { Readable } from 'node:stream';
import { Agent } from 'undici';
import type {
  FindInput,
  FindOutcome,
  FoundJob,
  GenerationRequest,
  JsonObject,
  Model,
  Provider,
  StartInput,
  StatusOutcome,
  SubmitOutcome,
  WebhookDelivery,
  WebhookOutcome,
} from '../../contract/index.ts';
import { type Answer, ask, type Question, sendOnce } from '../exchange.ts';
import { RunningJobs } from '../running-jobs.ts';
import { check } from './check.ts';
import { download } from './download.ts';
import { findRequests } from './find.ts';
import { type FalOperation, operationOf, readOperation, requestIdOf } from './operation.ts';
import { type StartedAttempt, StartedAttempts } from './started-attempts.ts';
import { lookOf, resultOf } from './status.ts';
import { submissionOf } from './submit.ts';
import { WebhookVerifier } from './webhook.ts';
import { bodyOf, checkSizes, endpointOf, isMarked, serves } from './wire.ts';

export interface FalSettings {
  readonly key: string;
  /** Base of the queue: `https://queue.fal.run`. */
  readonly queueUrl: string;
  /** Base of the platform's API, with its version: `https://api.fal.ai/v1`. */
  readonly apiUrl: string;
  /** The keys that sign webhooks: `https://rest.fal.ai/.well-known/jwks.json`. */
  readonly jwksUrl: string;
  /** fal's id of the account, which webhooks name; the one of the first confirmed delivery where unset. */
  readonly userId?: string;
  readonly submitTimeoutMs: number;
  /** Jobs that may be under way at once. */
  readonly maximumJobs?: number;
  /** Called when a submission that may cost money is about to leave. */
  readonly onSubmission?: () => void;
  /** fal answers no cost: what a success is settled with. A failure costs 0. */
  readonly estimateMicros: (model: Model, request: GenerationRequest) => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For the operator; never holds the key. */
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

/** Jobs at once where the operator says nothing; fal queues what is above the account's own limit. */
const usualMaximumJobs = 1_000;

/** Time in the queue included, in milliseconds. A result is kept for an hour at least while it is small. */
const longestJobMs = 3_600_000;

/** Pauses between looks while all is well, in milliseconds. */
const queuedPauseMs = 5_000;
const runningPauseMs = 3_000;

const pollTimeoutMs = 30_000;

/** A page of the list of requests holds their inputs, which may be whole files. */
const maximumPageBytes = 64 * 1024 ** 2;

/** How far fal's clock may be from ours, in milliseconds. */
const clockSkewMs = 60_000;

/** Tries to tell fal of a cancellation; it may be told twice. */
const cancelTries = 3;

interface Context {
  readonly settings: FalSettings;
  readonly agent: Agent;
  readonly jobs: RunningJobs;
  readonly attempts: StartedAttempts;
  readonly verifier: WebhookVerifier;
  readonly ask: (
    question: Pick<Question, 'method' | 'url'> & { readonly maximumBytes?: number },
  ) => Promise<Answer | undefined>;
}

/** fal's queue: https://fal.ai/docs/documentation/model-apis/inference/queue.md. Polled, and woken by its webhooks. */
export function createProvider(given: FalSettings): Provider {
  const context = createContext({
    ...given,
    queueUrl: withoutSlash(given.queueUrl),
    apiUrl: withoutSlash(given.apiUrl),
  });
  const { settings, agent, jobs } = context;
  const { maximumJobs = usualMaximumJobs } = settings;
  return {
    name: 'fal',
    free: false,
    standIn: false,
    longestJobMs,
    serves,
    honours: (model) => model.offers?.['fal']?.options ?? [],
    maximumJobs,
    room: () => Math.max(0, maximumJobs - jobs.count()),
    estimateMicros: settings.estimateMicros,
    checkInputs: checkSizes,
    start: (input) => start(context, input),
    status: (operation) => status(context, readOperation(settings.queueUrl, operation)),
    find: (input) => find(context, input),
    operationOf: (jobId, { model, request }) => {
      const requestId = requestIdOf({ request_id: jobId });
      const started = startedElsewhere(context, { model, request });
      if (requestId === undefined || started === undefined) return undefined;
      return { ...operationOf({ queueUrl: settings.queueUrl, ...started, requestId }) };
    },
    cancel: (operation) => cancel(context, readOperation(settings.queueUrl, operation)),
    download: (url, signal): Promise<Readable> =>
      download(url, { dispatcher: agent, queueUrl: settings.queueUrl, key: settings.key, signal }),
    webhook: (delivery) => receive(context, delivery),
    check: () => check(agent, settings),
    close: () => agent.destroy(),
  };
}

function createContext(settings: FalSettings): Context {
  const agent = new Agent({ allowH2: false, connections: 32 });
  const bounds = { timeoutMs: pollTimeoutMs };
  const readKeys = async (): Promise<string | undefined> => {
    const answer = await ask(agent, { method: 'GET', url: settings.jwksUrl, ...bounds });
    return answer?.status === 200 ? answer.text : undefined;
  };
  return {
    settings,
    agent,
    jobs: new RunningJobs(settings.now),
    attempts: new StartedAttempts(settings.userId),
    verifier: new WebhookVerifier({ readKeys, now: settings.now }),
    ask: (question) => ask(agent, { ...bounds, headers: { authorization: `Key ${settings.key}` }, ...question }),
  };
}

async function start({ settings, jobs, attempts }: Context, input: StartInput): Promise<SubmitOutcome> {
  const endpoint = endpointOf(input);
  if (endpoint === undefined) throw new Error(`${input.model.id} has no endpoint here`);
  const estimateMicros = settings.estimateMicros(input.model, input.request);
  attempts.begin(input.attemptId, { endpoint, estimateMicros });
  const url = new URL(`${settings.queueUrl}/${endpoint}`);
  if (input.webhookUrl !== undefined) url.searchParams.set('fal_webhook', input.webhookUrl);
  const sent = await sendOnce(
    {
      method: 'POST',
      url: url.href,
      headers: {
        authorization: `Key ${settings.key}`,
        'content-type': 'application/json',
        // fal runs a job again by itself when its runner fails; what that costs is not said.
        'x-fal-no-retry': '1',
      },
      body: JSON.stringify(await bodyOf(input)),
      timeoutMs: settings.submitTimeoutMs,
    },
    { deadline: input.deadline, now: settings.now, onSend: settings.onSubmission },
  );
  const submission = submissionOf(sent, settings.now());
  if (submission.kind !== 'accepted') {
    const status = sent.kind === 'answered' ? sent.answer.status : sent.detail;
    settings.log?.('a submission was not accepted', { attempt: input.attemptId, kind: submission.kind, status });
    return submission;
  }
  const { requestId, body } = submission;
  const known = { statusUrl: body['status_url'], responseUrl: body['response_url'], cancelUrl: body['cancel_url'] };
  jobs.seen(requestId, 'queued');
  attempts.accepted(input.attemptId, requestId);
  const operation = operationOf({ queueUrl: settings.queueUrl, endpoint, requestId, estimateMicros, known });
  return { kind: 'accepted', ...foundJob(operation) };
}

function foundJob(operation: FalOperation): FoundJob {
  return { operation: { ...operation }, operationKey: operation.requestId };
}

async function status(context: Context, operation: FalOperation): Promise<StatusOutcome> {
  const { jobs } = context;
  const { requestId } = operation;
  const answer = await context.ask({ method: 'GET', url: operation.statusUrl });
  const look = lookOf(answer);
  switch (look.kind) {
    case 'queued':
    case 'running':
      jobs.seen(requestId, look.kind);
      return { kind: look.kind, checkAfterMs: look.kind === 'queued' ? queuedPauseMs : runningPauseMs };
    case 'lost':
      return jobs.missing(requestId);
    case 'unclear':
      return jobs.unclear(requestId, answer);
    case 'completed': {
      const read = await context.ask({ method: 'GET', url: operation.responseUrl });
      const result = resultOf(read, look, operation.estimateMicros);
      if (result.kind === 'unclear') return jobs.unclear(requestId, read);
      if (result.kind === 'lost') return jobs.missing(requestId);
      jobs.ended(requestId);
      return result;
    }
    default:
      return look satisfies never;
  }
}

async function find(context: Context, input: FindInput): Promise<FindOutcome> {
  const { settings, attempts } = context;
  const endpoint = endpointOf(input);
  if (endpoint === undefined) return { kind: 'not-yet' };
  const estimateMicros = settings.estimateMicros(input.model, input.request);
  const jobOf = (requestId: string): FoundJob =>
    foundJob(operationOf({ queueUrl: settings.queueUrl, endpoint, requestId, estimateMicros }));
  const told = await toldByWebhook(context, input.attemptId, endpoint);
  const body = await bodyOf(input);
  const found = told === undefined ? await listed(context, { input, endpoint, body }) : [told];
  if (told === undefined && !isMarked(body, input)) {
    return found.length === 0 ? { kind: 'not-yet' } : { kind: 'candidates', candidates: found.map(jobOf) };
  }
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) return { kind: 'not-yet' };
  attempts.accepted(input.attemptId, only);
  return { kind: 'operation', ...jobOf(only) };
}

/** Requests of the endpoint, made since the attempt, with all that it posted. */
function listed(
  context: Context,
  { input, endpoint, body }: { readonly input: FindInput; readonly endpoint: string; readonly body: JsonObject },
): Promise<readonly string[]> {
  const url = new URL(`${context.settings.apiUrl}/models/requests/by-endpoint`);
  const start = new Date(input.createdAt - clockSkewMs).toISOString();
  return findRequests({
    input,
    body,
    readPage: (parameters) => {
      url.search = new URLSearchParams({ endpoint_id: endpoint, start, expand: 'payloads', ...parameters }).toString();
      return context.ask({ method: 'GET', url: url.href, maximumBytes: maximumPageBytes });
    },
  });
}

/** A delivery that came when nobody here knew the endpoint of its attempt; now it can be confirmed. */
async function toldByWebhook(context: Context, attemptId: string, endpoint: string): Promise<string | undefined> {
  const told = context.attempts.told(attemptId);
  if (told === undefined || !(await isOurs(context, { endpoint, requestId: told.requestId }))) return undefined;
  context.attempts.pin(told.userId);
  return told.requestId;
}

async function isOurs(context: Context, job: Pick<FalOperation, 'endpoint' | 'requestId'>): Promise<boolean> {
  const { queueUrl } = context.settings;
  const { statusUrl } = operationOf({ queueUrl, ...job, estimateMicros: 0 });
  const { kind } = lookOf(await context.ask({ method: 'GET', url: statusUrl }));
  return kind === 'queued' || kind === 'running' || kind === 'completed';
}

async function receive(context: Context, delivery: WebhookDelivery): Promise<WebhookOutcome> {
  const { attempts, settings, verifier } = context;
  const signed = await verifier.verify(delivery);
  if ('cause' in signed) return { kind: 'refused', ...signed };
  const { requestId, userId } = signed;
  if (!attempts.maySpeak(userId))
    return { kind: 'refused', cause: 'account', reason: 'it speaks for another user of the provider' };
  const known = attempts.get(delivery.attemptId) ?? startedElsewhere(context, delivery.asked);
  const owner = attempts.ownerOf(requestId);
  if (owner === undefined ? known?.requestId !== undefined : owner !== delivery.attemptId) {
    return { kind: 'refused', cause: 'job', reason: 'it speaks of another job than the one that the attempt made' };
  }
  attempts.tell(delivery.attemptId, { requestId, userId });
  // Without the endpoint there is no address to ask at.
  if (known === undefined || !(await isOurs(context, { ...known, requestId }))) {
    return { kind: 'news', operationKey: requestId };
  }
  attempts.pin(userId);
  return { kind: 'news', ...foundJob(operationOf({ queueUrl: settings.queueUrl, ...known, requestId })) };
}

/** An attempt that another process started, read from its task. */
function startedElsewhere({ settings }: Context, asked: WebhookDelivery['asked']): StartedAttempt | undefined {
  if (asked === undefined) return undefined;
  const endpoint = endpointOf({ ...asked, inputs: asked.request.inputs });
  if (endpoint === undefined) return undefined;
  return { endpoint, estimateMicros: settings.estimateMicros(asked.model, asked.request) };
}

async function cancel(context: Context, { cancelUrl, requestId }: FalOperation): Promise<void> {
  for (let tried = 0; tried < cancelTries; tried += 1) {
    const answer = await context.ask({ method: 'PUT', url: cancelUrl });
    // 400 is fal's answer for a job that has completed, 404 for one that it no longer knows.
    if (answer !== undefined && (answer.status < 300 || answer.status === 400 || answer.status === 404)) {
      context.jobs.ended(requestId);
      return;
    }
  }
  throw new Error('the provider could not be told to stop the job');
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
