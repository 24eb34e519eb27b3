import { Agent } from 'undici';
import type { Model, Provider, StartInput, StatusOutcome, SubmitOutcome } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import { inputGone, outcomeWithoutJob } from './errors.ts';
import { connectTimeoutMs, type Exchange, exchange, readFileAt, retryAfterMs } from './http.ts';
import { jobIdOf, parseRecord, readJob, submissionForm } from './wire.ts';

/**
 * The operator's own GPU, behind a server that speaks the Videos API: vLLM-Omni or SGLang Diffusion. Costs nothing, so
 * a lost job is made again: both keep their jobs in memory and forget them when they restart.
 */

export interface OpenaiCompatibleSettings {
  /** Of the server, with or without `/v1`. */
  readonly url: string;
  readonly key?: string;
  /** For the whole submission, in milliseconds. */
  readonly submitTimeoutMs: number;
  readonly now: () => number;
  /** Jobs that may be there at once; the server queues what its GPU cannot run. */
  readonly concurrency?: number;
  /** Between two looks at a job, in milliseconds. */
  readonly pollIntervalMs?: number;
  /** Longest time that a job may take, its time in the server's queue included, in milliseconds. */
  readonly longestJobMs?: number;
  /** What an operator may want to know; never holds the key. */
  readonly log?: (message: string, details: Readonly<Record<string, unknown>>) => void;
}

const name = 'openai-compatible';

const servedOperations: ReadonlySet<Model['operation']> = new Set(['text-to-video', 'image-to-video']);

/** Silence that ends a look at a job or a download, in milliseconds. */
const readTimeoutMs = 30_000;

/** Longest pause between two looks at a job, in milliseconds. */
const maximumPauseMs = 60_000;

/** A job that nobody has asked about for this long gives its place back: its task ended without us. */
const forgottenAfterMs = 10 * 60_000;

interface Context {
  readonly settings: OpenaiCompatibleSettings;
  /** `…/v1/videos` */
  readonly videos: URL;
  readonly authorization: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly pollIntervalMs: number;
  /** By id: when the job was last looked at, and how many looks in a row have failed. */
  readonly jobs: Map<string, { readonly at: number; readonly troubles: number }>;
}

export function createProvider(settings: OpenaiCompatibleSettings): Provider {
  const { url, key, concurrency = 4, longestJobMs = 2 * 3_600_000, now } = settings;
  const context: Context = {
    settings,
    videos: new URL(`${url.replace(/(?:\/v1)?\/*$/, '')}/v1/videos`),
    authorization: key === undefined ? {} : { authorization: `Bearer ${key}` },
    agent: new Agent({
      connect: { timeout: connectTimeoutMs },
      headersTimeout: readTimeoutMs,
      bodyTimeout: readTimeoutMs,
      allowH2: false,
      pipelining: 0,
    }),
    pollIntervalMs: settings.pollIntervalMs ?? 2_000,
    jobs: new Map(),
  };
  const { jobs } = context;
  return {
    name,
    free: true,
    standIn: false,
    longestJobMs,
    serves: (model) => servedOperations.has(model.operation) && model.offers?.[name] !== undefined,
    honours: () => [],
    room: () => {
      for (const [id, { at }] of jobs) if (at < now() - forgottenAfterMs) jobs.delete(id);
      return Math.max(0, concurrency - jobs.size);
    },
    estimateMicros: () => 0,
    start: (input) => start(context, input),
    status: (operation) => status(context, String(operation['id'])),
    cancel: (operation) => cancel(context, String(operation['id'])),
    download: async (address, signal) => {
      const { agent, authorization: headers } = context;
      const found = resultAddress(context, address);
      return readFileAt(found, { agent, headers, signal, fault: unreadable('could not be fetched') });
    },
    close: () => context.agent.destroy(),
  };
}

async function start(context: Context, input: StartInput): Promise<SubmitOutcome> {
  const { settings, videos, authorization, jobs } = context;
  const model = input.model.offers?.[name]?.model;
  if (model === undefined) throw new Error(`${input.model.id} has no offer of ${name}`);
  const form = await submissionForm(model, input.request, input.inputs).catch(() => undefined);
  if (form === undefined) return { kind: 'refused-final', failure: inputGone };
  const result = await exchange(videos, {
    method: 'POST',
    headers: { ...authorization, accept: 'application/json' },
    body: form,
    timeoutMs: settings.submitTimeoutMs,
    maySend: () => settings.now() < input.deadline,
  });
  const answer = result.kind === 'answered' ? result.answer : undefined;
  const id = answer !== undefined && answer.status >= 200 && answer.status < 300 ? jobIdOf(answer.text) : undefined;
  if (id !== undefined) {
    jobs.set(id, { at: settings.now(), troubles: 0 });
    return { kind: 'accepted', operation: { id }, operationKey: id };
  }
  log(context, 'the video server made no job of a submission', { attempt: input.attemptId, ...told(result) });
  return outcomeWithoutJob(result, answer && retryAfterMs(answer, settings.now()));
}

/** What the operator may read of an exchange. */
function told(result: Exchange): Readonly<Record<string, unknown>> {
  return result.kind === 'answered'
    ? { status: result.answer.status, text: result.answer.text.slice(0, 300) }
    : { ...result };
}

function log({ settings }: Context, message: string, details: Readonly<Record<string, unknown>>): void {
  const { key, log: write } = settings;
  if (write === undefined) return;
  const withoutKey = ([field, value]: [string, unknown]) => [
    field,
    typeof value === 'string' && key !== undefined && key !== '' ? value.replaceAll(key, '[key]') : value,
  ];
  write(message, Object.fromEntries(Object.entries(details).map(withoutKey)));
}

function jobUrl({ videos }: Context, id: string): string {
  return `${videos.href}/${encodeURIComponent(id)}`;
}

/** A look that fails says nothing about the job: it goes on, and the next look comes later. */
async function status(context: Context, id: string): Promise<StatusOutcome> {
  const { jobs, authorization: headers, pollIntervalMs, settings } = context;
  const result = await exchange(new URL(jobUrl(context, id)), { method: 'GET', headers, timeoutMs: readTimeoutMs });
  const answer = result.kind === 'answered' ? result.answer : undefined;
  if (answer?.status === 404) {
    jobs.delete(id);
    return { kind: 'lost' };
  }
  const video = answer?.status === 200 ? parseRecord(answer.text) : undefined;
  const outcome =
    video && readJob(video, { checkAfterMs: pollIntervalMs, resultUrl: `${jobUrl(context, id)}/content` });
  if (outcome === undefined) {
    log(context, 'a look at a job of the video server failed', { job: id, ...told(result) });
    const troubles = (jobs.get(id)?.troubles ?? 0) + 1;
    jobs.set(id, { at: settings.now(), troubles });
    const backoff = pollIntervalMs * 2 ** Math.min(troubles, 10);
    const asked = answer && retryAfterMs(answer, settings.now());
    return { kind: 'running', checkAfterMs: Math.max(pollIntervalMs, Math.min(maximumPauseMs, asked ?? backoff)) };
  }
  if (outcome.kind === 'queued' || outcome.kind === 'running') jobs.set(id, { at: settings.now(), troubles: 0 });
  else {
    if (outcome.kind === 'failed') log(context, 'a job of the video server failed', { job: id, ...told(result) });
    jobs.delete(id);
  }
  return outcome;
}

/** vLLM-Omni stops the job, SGLang only forgets it. A server that cannot be told is not asked twice: nothing is charged. */
async function cancel(context: Context, id: string): Promise<void> {
  const { authorization: headers } = context;
  context.jobs.delete(id);
  const result = await exchange(new URL(jobUrl(context, id)), { method: 'DELETE', headers, timeoutMs: readTimeoutMs });
  if (result.kind !== 'answered' || (result.answer.status >= 300 && result.answer.status !== 404)) {
    log(context, 'the video server was not told to stop a job', { job: id, ...told(result) });
  }
}

/** Results are read where the operator's server is, below its videos, and nowhere else. */
function resultAddress({ videos }: Context, address: string): URL {
  const url = URL.parse(address);
  const known =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    url.origin === videos.origin &&
    url.pathname.startsWith(`${videos.pathname}/`);
  if (!known) throw unreadable('is at an address that is not its own');
  return url;
}

function unreadable(why: string): ReelayError {
  return new ReelayError('generation_failed', `The result at the video server ${why}.`);
}
