import { Agent } from 'undici';
import type {
  FindOutcome,
  GenerationRequest,
  Model,
  Provider,
  ProviderOperation,
  StartInput,
  StatusOutcome,
  SubmitOutcome,
} from '../../contract/index.ts';
import { ask, sendOnce } from '../exchange.ts';
import { RunningJobs } from '../running-jobs.ts';
import { Bucket } from './bucket.ts';
import { check } from './check.ts';
import { failure } from './errors.ts';
import { lookOf, type VertexOperation } from './status.ts';
import { isOperationName, modelOfName, submissionOf } from './submit.ts';
import { applicationDefaultToken, type GetToken, tokenOf } from './token.ts';
import { bodyOf, checkContainers, googleModelOf, refusedValues, sourcesOf } from './wire.ts';

export interface VertexSettings {
  readonly project: string;
  readonly location: string;
  /** Where sources and results are kept: `gs://bucket/folder`. */
  readonly storageUri: string;
  /** The region's own where unset: `https://<location>-aiplatform.googleapis.com`. */
  readonly baseUrl?: string;
  /** Cloud Storage; `https://storage.googleapis.com` where unset. */
  readonly gcsBaseUrl?: string;
  /** The application default credentials where unset. */
  readonly getToken?: GetToken;
  readonly submitTimeoutMs: number;
  /** Jobs that may be under way at once. */
  readonly maximumJobs?: number;
  /** Called when a submission that may cost money is about to leave. */
  readonly onSubmission?: () => void;
  /** Google answers no cost: what a success is settled with. A failure costs 0. */
  readonly estimateMicros: (model: Model, request: GenerationRequest) => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** For the operator; never holds a token. */
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

/** Jobs at once where the operator says nothing; Google refuses above the project's quota, and says when to come again. */
const usualMaximumJobs = 100;

/** Google's page says up to 6 minutes at peak times; more is a fault there. */
const longestJobMs = 3_600_000;

/** Pause between looks while all is well, in milliseconds; Google's samples wait 15 seconds. */
const pollPauseMs = 10_000;

const pollTimeoutMs = 30_000;
const maximumAnswerBytes = 1024 ** 2;

interface Context {
  readonly settings: VertexSettings;
  readonly agent: Agent;
  readonly jobs: RunningJobs;
  readonly bucket: Bucket;
  readonly getToken: GetToken;
  readonly urlOf: (model: string, method: 'predictLongRunning' | 'fetchPredictOperation') => string;
}

/** Veo on Vertex AI. Polled; no cancel is documented. A lost submission is found by what it left in the bucket. */
export function createProvider(settings: VertexSettings): Provider {
  const context = createContext(settings);
  const { maximumJobs = usualMaximumJobs } = settings;
  return {
    name: 'vertex',
    free: false,
    standIn: false,
    longestJobMs,
    serves: (model) => googleModelOf(model) !== undefined,
    honours: (model) => model.offers?.['vertex']?.options ?? [],
    refusedValues,
    maximumJobs,
    room: () => Math.max(0, maximumJobs - context.jobs.count()),
    estimateMicros: settings.estimateMicros,
    checkInputs: checkContainers,
    start: (input) => start(context, input),
    status: (operation) => status(context, readOperation(operation)),
    find: (input) => find(context, input),
    operationOf: (name, { attemptId, model, request }) =>
      isOperationName(name) ? { name, attemptId, estimateMicros: settings.estimateMicros(model, request) } : undefined,
    download: (url, signal) => context.bucket.read(url, signal),
    check: () => check(context.bucket, settings.storageUri),
    close: () => context.agent.destroy(),
  };
}

function createContext(settings: VertexSettings): Context {
  const { project, location, storageUri } = settings;
  const agent = new Agent({ allowH2: false, connections: 32 });
  const getToken = settings.getToken ?? applicationDefaultToken();
  const own = `https://${location === 'global' ? '' : `${location}-`}aiplatform.googleapis.com`;
  const base = (settings.baseUrl ?? own).replace(/\/+$/, '');
  return {
    settings,
    agent,
    getToken,
    jobs: new RunningJobs(settings.now),
    bucket: new Bucket({
      storageUri,
      baseUrl: settings.gcsBaseUrl ?? 'https://storage.googleapis.com',
      getToken,
      dispatcher: agent,
    }),
    urlOf: (model, method) =>
      `${base}/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/publishers/google/models/${model}:${method}`,
  };
}

async function start(context: Context, input: StartInput): Promise<SubmitOutcome> {
  const { settings, bucket, jobs } = context;
  const model = googleModelOf(input.model);
  if (model === undefined) throw new Error(`${input.model.id} has no model here`);
  const notTaken = { kind: 'refused-elsewhere', failure: failure('provider_unavailable') } as const;
  const timeoutMs = input.deadline - settings.now();
  if (timeoutMs <= 0) return notTaken;
  if (!(await putSources(context, input, timeoutMs))) return notTaken;
  const token = await tokenOf(context.getToken);
  if (token === undefined) {
    settings.log?.('Google gave no token', { attempt: input.attemptId });
    return notTaken;
  }
  const sent = await sendOnce(
    {
      method: 'POST',
      url: context.urlOf(model, 'predictLongRunning'),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(input, bucket)),
      timeoutMs: settings.submitTimeoutMs,
      maximumBytes: maximumAnswerBytes,
    },
    { deadline: input.deadline, now: settings.now, onSend: settings.onSubmission },
  );
  const submission = submissionOf(sent, settings.now());
  if (submission.kind !== 'accepted') {
    const status = sent.kind === 'answered' ? sent.answer.status : sent.detail;
    settings.log?.('a submission was not accepted', { attempt: input.attemptId, kind: submission.kind, status });
    return submission;
  }
  const { name } = submission;
  jobs.seen(name, 'running');
  const estimateMicros = settings.estimateMicros(input.model, input.request);
  // The first text is the operation's key: an operator who attaches an operation by hand gives no other.
  const operation = { name, attemptId: input.attemptId, estimateMicros } satisfies VertexOperation;
  return { kind: 'accepted', operation, operationKey: name };
}

/** All inputs into the attempt's folder; false where one could not be put there. */
async function putSources({ bucket, settings }: Context, input: StartInput, timeoutMs: number): Promise<boolean> {
  const put = await Promise.all(
    sourcesOf(input).map(({ input: { path, probe }, name }) =>
      bucket.put(input.attemptId, name, { path, contentType: probe.contentType, timeoutMs }),
    ),
  );
  const isComplete = put.every(Boolean);
  if (!isComplete) settings.log?.('a source could not be put into the bucket', { attempt: input.attemptId });
  return isComplete;
}

function readOperation({ name, attemptId, estimateMicros }: ProviderOperation): VertexOperation {
  return { name: String(name), attemptId: String(attemptId), estimateMicros: Number(estimateMicros) };
}

async function status(context: Context, operation: VertexOperation): Promise<StatusOutcome> {
  const { jobs, agent, bucket } = context;
  const token = await tokenOf(context.getToken);
  if (token === undefined) return jobs.unclear(operation.name);
  const answer = await ask(agent, {
    method: 'POST',
    url: context.urlOf(modelOfName(operation.name), 'fetchPredictOperation'),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ operationName: operation.name }),
    timeoutMs: pollTimeoutMs,
    maximumBytes: maximumAnswerBytes,
  });
  const look = lookOf(answer, operation, bucket);
  switch (look.kind) {
    case 'queued':
    case 'running':
      jobs.seen(operation.name, 'running');
      return { kind: 'running', checkAfterMs: pollPauseMs };
    case 'unclear':
      return jobs.unclear(operation.name, answer);
    case 'lost':
      return jobs.missing(operation.name);
    case 'done':
    case 'failed':
      jobs.ended(operation.name);
      return look;
    default:
      return look satisfies never;
  }
}

/** Shows results only: an operation cannot be found, but what it wrote into the attempt's own folder can. */
async function find({ bucket, settings }: Context, input: StartInput): Promise<FindOutcome> {
  const files = await bucket.list(input.attemptId);
  const sources = sourcesOf(input).map(({ name }) => bucket.uri(input.attemptId, name));
  const films = (files ?? []).filter((uri) => !sources.includes(uri) && uri.endsWith('.mp4'));
  if (films.length === 0) return { kind: 'not-yet' };
  const costMicros = settings.estimateMicros(input.model, input.request);
  return { kind: 'outputs', outputs: films.map((url) => ({ url })), costMicros };
}
