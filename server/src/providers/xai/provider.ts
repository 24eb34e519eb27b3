import { statSync } from 'node:fs';
import { Agent } from 'undici';
import type {
  GenerationRequest,
  Model,
  PreparedInput,
  Provider,
  ProviderFailure,
  StartInput,
  StatusOutcome,
  SubmitOutcome,
} from '../../contract/index.ts';
import { type Answer, connectTimeoutMs, objectOf, retryAfterMs, sendOnce } from '../exchange.ts';
import { RunningJobs } from '../running-jobs.ts';
import { check } from './check.ts';
import { excerpt, inputGone, outcomeWithoutJob, tooLargeToInline } from './errors.ts';
import { estimateMicros } from './prices.ts';
import { download, fileUrl, find, get, type Upstream } from './results.ts';
import { endpoints, markOf, readJob, requestIdOf, submissionBody } from './wire.ts';

/**
 * Grok Imagine at xAI itself.
 *
 * X1. `start` posts at most once, and not at all once `deadline` has passed, which is looked at after the connection
 *     stands. What was not sent is `refused-elsewhere`; what may have arrived without an answer is `unknown`.
 * X2. The key goes to the API's own origin and nowhere else; files are read there and on hosts of x.ai only.
 * X3. The attempt's mark is the name of the stored file: `find` sees the finished result, never the running job.
 * X4. xAI has no cancel: a job that was accepted is paid.
 */

export interface XaiSettings {
  readonly apiKey: string;
  /** With the version, e.g. `https://api.x.ai/v1`. */
  readonly baseUrl: string;
  /** For the whole submission, in milliseconds. */
  readonly submitTimeoutMs: number;
  readonly now: () => number;
  /** Jobs that may run at once. */
  readonly maximumJobs?: number;
  /** Called when a submission that may cost money is about to leave. */
  readonly onSubmission?: () => void;
  /** Bytes of input files that go along in the request where no public link leads to them. */
  readonly maximumInlineBytes?: number;
  /** Between two looks at a running job, in milliseconds. */
  readonly pollIntervalMs?: number;
  /** What an operator may want to know; never holds the key. */
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

export const defaultBaseUrl = 'https://api.x.ai/v1';

const name = 'xai';

/** Longest pause between two looks at a job, in milliseconds. */
const maximumPauseMs = 60_000;

/** Longest pause that a Retry-After can ask for, in milliseconds. */
const maximumRetryAfterMs = 5 * 60_000;

/** Pause in submitting after a 429 that names none, in milliseconds. */
const usualRetryAfterMs = 5_000;

/** The form of ids that may become part of an address; xAI's pages promise none. */
const jobIdForm = /^[\w-]{1,128}$/;

interface Context extends Upstream {
  readonly settings: XaiSettings;
  readonly jobs: RunningJobs;
  readonly pollIntervalMs: number;
  readonly log: NonNullable<XaiSettings['log']>;
  /** No submission before this time: xAI asked for a pause. */
  pausedUntil: number;
}

export function createProvider(settings: XaiSettings): Provider {
  const { maximumJobs = 20, maximumInlineBytes = 20 * 1024 ** 2, pollIntervalMs = 4_000 } = settings;
  const context: Context = {
    settings,
    base: new URL(`${settings.baseUrl.replace(/\/+$/, '')}/`),
    authorization: { authorization: `Bearer ${settings.apiKey}` },
    agent: new Agent({ connect: { timeout: connectTimeoutMs }, allowH2: false }),
    jobs: new RunningJobs(settings.now, {
      firstMs: 2 * pollIntervalMs,
      longestMs: maximumPauseMs,
      missingMs: pollIntervalMs,
    }),
    pollIntervalMs,
    log: settings.log ?? (() => undefined),
    pausedUntil: 0,
  };
  return {
    name,
    free: false,
    standIn: false,
    longestJobMs: 3_600_000,
    serves: (model) => modelName(model) !== undefined,
    honours: () => [],
    ignores: (_model, request) => ignoredFields(request),
    maximumJobs,
    room: () => (settings.now() < context.pausedUntil ? 0 : Math.max(0, maximumJobs - context.jobs.count())),
    estimateMicros: (model, request) => estimateMicros(modelName(model) ?? '', request),
    checkInputs: ({ inputs }) => checkInputs(inputs, maximumInlineBytes),
    start: (input) => start(context, input),
    status: (operation) =>
      status(context, String(operation['requestId']), Number(operation['estimateMicros'] ?? 0) || 0),
    find: (input) =>
      find(context, markOf(input.attemptId), estimateMicros(modelName(input.model) ?? '', input.request)),
    operationOf: (jobId, { model, request }) =>
      jobIdForm.test(jobId)
        ? { requestId: jobId, estimateMicros: estimateMicros(modelName(model) ?? '', request) }
        : undefined,
    download: (url, signal) => download(context, url, signal),
    check: () => check(context),
    close: () => context.agent.destroy(),
  };
}

function modelName(model: Model): string | undefined {
  return model.offers?.[name]?.model;
}

/** What is made from a video has the video's own resolution, at most 720p; xAI takes no other there. */
function ignoredFields({ operation, resolution = 'auto' }: GenerationRequest): readonly string[] {
  return (operation === 'edit' || operation === 'extend') && resolution !== 'auto' ? ['resolution'] : [];
}

function checkInputs(inputs: readonly PreparedInput[], maximumBytes: number): ProviderFailure | undefined {
  const inlined = inputs.filter(({ publicUrl }) => publicUrl === undefined);
  const total = inlined.reduce((sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  return total > maximumBytes ? tooLargeToInline(total, maximumBytes) : undefined;
}

async function start(context: Context, input: StartInput): Promise<SubmitOutcome> {
  const { settings, base, authorization } = context;
  const model = modelName(input.model);
  if (model === undefined) throw new Error(`${input.model.id} has no offer of ${name}`);
  let body: string;
  try {
    body = JSON.stringify(await submissionBody(input, model));
  } catch {
    return { kind: 'refused-final', failure: inputGone };
  }
  const result = await sendOnce(
    {
      method: 'POST',
      url: new URL(endpoints[input.request.operation], base).href,
      headers: { ...authorization, 'content-type': 'application/json', accept: 'application/json' },
      body,
      timeoutMs: settings.submitTimeoutMs,
    },
    { deadline: input.deadline, now: settings.now, onSend: settings.onSubmission },
  );
  if (result.kind === 'answered') {
    const { status: code, text } = result.answer;
    const requestId = code >= 200 && code < 300 ? requestIdOf(text) : undefined;
    if (requestId !== undefined) {
      context.jobs.seen(requestId, 'running');
      const operation = { requestId, estimateMicros: estimateMicros(model, input.request) };
      return { kind: 'accepted', operation, operationKey: requestId };
    }
    if (code === 429) context.pausedUntil = settings.now() + pauseAsked(result.answer, settings.now());
    context.log('xAI made no job of a submission', {
      attempt: input.attemptId,
      status: code,
      text: excerpt(text, settings.apiKey),
    });
  }
  const retry = result.kind === 'answered' ? retryAfterMs(result.answer, settings.now()) : undefined;
  return outcomeWithoutJob(result, { secret: settings.apiKey, retryAfterMs: retry });
}

function pauseAsked(answer: Answer, now: number): number {
  return Math.min(maximumRetryAfterMs, retryAfterMs(answer, now) ?? usualRetryAfterMs);
}

/** A look that fails says nothing about the job: it goes on, and the next look comes later. */
async function status(context: Context, requestId: string, estimate: number): Promise<StatusOutcome> {
  const { jobs, base, pollIntervalMs, settings } = context;
  const answer = await get(context, new URL(`videos/${encodeURIComponent(requestId)}`, base));
  // A job just made may not be known everywhere yet.
  if (answer?.status === 404) return jobs.missing(requestId);
  if (answer?.status !== 200 && answer?.status !== 202) return jobs.unclear(requestId, answer);
  const job = objectOf(answer.text);
  if (job === undefined && answer.status === 200) return jobs.unclear(requestId, answer);
  // 202 may come without a body: the job runs.
  const outcome = readJob(
    job?.['status'] === undefined && answer.status === 202 ? { status: 'pending' } : (job ?? {}),
    {
      checkAfterMs: pollIntervalMs,
      estimateMicros: estimate,
      fileUrl: (id) => fileUrl(context, id),
    },
  );
  if (outcome === undefined) {
    context.log('a job at xAI has a status that is not known here', {
      status: excerpt(String(job?.['status']), settings.apiKey),
    });
    return jobs.unclear(requestId, answer);
  }
  if (outcome.kind === 'running') jobs.seen(requestId, 'running');
  else jobs.ended(requestId);
  return outcome;
}
