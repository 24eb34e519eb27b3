import type { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { Model, Provider, StartInput, StatusOutcome, SubmitOutcome } from '../../contract/index.ts';
import { ReelayError } from '../../errors.ts';
import { checkTimeoutMs } from '../check.ts';
import {
  type Answer,
  ask,
  askFile,
  connectTimeoutMs,
  discard,
  fileOf,
  objectOf,
  type Question,
  retryAfterMs,
  type Sent,
  sendOnce,
} from '../exchange.ts';
import { RunningJobs } from '../running-jobs.ts';
import { checkOfList } from './check.ts';
import { describeModel, modelNames } from './discovery.ts';
import { inputGone, outcomeWithoutJob } from './errors.ts';
import { jobIdOf, readJob, submissionForm } from './wire.ts';

/**
 * The operator's own GPU, behind a server that speaks the Videos API: vLLM-Omni or SGLang Diffusion. Costs nothing, so
 * a lost job is made again: both keep their jobs in memory and forget them when they restart. It serves what the server
 * lists; as long as the list could never be read, what the catalogue offers there.
 */

export interface OpenaiCompatibleSettings {
  /** Of the server, with or without `/v1`. */
  readonly url: string;
  readonly key?: string;
  /** For the whole submission, in milliseconds. */
  readonly submitTimeoutMs: number;
  readonly now: () => number;
  /** Jobs that may be there at once; the server queues what its GPU cannot run. */
  readonly maximumJobs?: number;
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

/** For the whole list of models, in milliseconds. */
const listTimeoutMs = 10_000;

/** Of the list of models: some thousand entries of the longest kind, that of vLLM. */
const maximumListBytes = 8 * 1024 ** 2;

/** Longest pause between two looks at a job, in milliseconds. */
const maximumPauseMs = 60_000;

interface Context {
  readonly settings: OpenaiCompatibleSettings;
  /** `…/v1/videos` */
  readonly videos: URL;
  /** `…/v1/models` */
  readonly models: URL;
  /** The server's names for what it ran when it was asked last; undefined while it never answered. */
  listed: ReadonlySet<string> | undefined;
  readonly authorization: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly pollIntervalMs: number;
  readonly jobs: RunningJobs;
}

export function createProvider(settings: OpenaiCompatibleSettings): Provider {
  const { url, key, maximumJobs = 4, longestJobMs = 2 * 3_600_000, pollIntervalMs = 2_000 } = settings;
  const base = url.replace(/(?:\/v1)?\/*$/, '');
  const context: Context = {
    settings,
    videos: new URL(`${base}/v1/videos`),
    models: new URL(`${base}/v1/models`),
    listed: undefined,
    authorization: key === undefined ? {} : { authorization: `Bearer ${key}` },
    agent: new Agent({ connect: { timeout: connectTimeoutMs }, allowH2: false, pipelining: 0 }),
    pollIntervalMs,
    jobs: new RunningJobs(settings.now, {
      firstMs: 2 * pollIntervalMs,
      longestMs: Math.max(pollIntervalMs, maximumPauseMs),
    }),
  };
  return {
    name,
    free: true,
    standIn: false,
    longestJobMs,
    serves: (model) => servedOperations.has(model.operation) && isListed(context, model.offers?.[name]?.model),
    discovery: { list: () => list(context), describe: (listed) => describeModel(listed, name) },
    honours: (model) => Object.keys(model.options ?? {}),
    maximumJobs,
    room: () => Math.max(0, maximumJobs - context.jobs.count()),
    estimateMicros: () => 0,
    start: (input) => start(context, input),
    status: (operation) => status(context, String(operation['id'])),
    cancel: (operation) => cancel(context, String(operation['id'])),
    download: (address, signal) => download(context, address, signal),
    check: async () => checkOfList(await askForList(context, checkTimeoutMs), context.models.origin),
    close: () => context.agent.destroy(),
  };
}

function isListed({ listed }: Context, model: string | undefined): boolean {
  return model !== undefined && (listed === undefined || listed.has(model));
}

function askForList(
  { agent, authorization: headers, models }: Context,
  timeoutMs: number,
): Promise<Answer | undefined> {
  return ask(agent, { method: 'GET', url: models.href, headers, timeoutMs, maximumBytes: maximumListBytes });
}

async function list(context: Context): Promise<readonly string[]> {
  const { models } = context;
  const answer = await askForList(context, listTimeoutMs);
  const names = answer?.status === 200 ? modelNames(answer.text) : undefined;
  if (names === undefined) {
    const why = answer === undefined ? 'did not answer' : `answered ${answer.status} without one`;
    throw new Error(`${models.origin}${models.pathname} was asked for a list of models and ${why}`);
  }
  context.listed = new Set(names);
  return names;
}

async function start(context: Context, input: StartInput): Promise<SubmitOutcome> {
  const { settings, videos, authorization, jobs } = context;
  const model = input.model.offers?.[name]?.model;
  if (model === undefined) throw new Error(`${input.model.id} has no offer of ${name}`);
  const form = await submissionForm(model, input).catch(() => undefined);
  if (form === undefined) return { kind: 'refused-final', failure: inputGone };
  const result = await sendOnce(
    {
      method: 'POST',
      url: videos.href,
      headers: { ...authorization, accept: 'application/json' },
      body: form,
      timeoutMs: settings.submitTimeoutMs,
    },
    { deadline: input.deadline, now: settings.now },
  );
  const answer = result.kind === 'answered' ? result.answer : undefined;
  const id = answer !== undefined && answer.status >= 200 && answer.status < 300 ? jobIdOf(answer.text) : undefined;
  if (id !== undefined) {
    jobs.seen(id, 'running');
    return { kind: 'accepted', operation: { id }, operationKey: id };
  }
  log(context, 'the video server made no job of a submission', { attempt: input.attemptId, ...told(result) });
  return outcomeWithoutJob(result, answer && retryAfterMs(answer, settings.now()));
}

/** What the operator may read of an exchange. */
function told(result: Sent): Readonly<Record<string, unknown>> {
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

/** Asks of a job on a connection of its own: a kept one that the server has closed meanwhile would look like a fault of it. */
function askOf(
  { authorization: headers, settings }: Context,
  question: Pick<Question, 'method' | 'url'>,
): Promise<Sent> {
  return sendOnce(
    { ...question, headers, timeoutMs: readTimeoutMs },
    { deadline: Number.POSITIVE_INFINITY, now: settings.now },
  );
}

/** A look that fails says nothing about the job: it goes on, and the next look comes later. */
async function status(context: Context, id: string): Promise<StatusOutcome> {
  const { jobs, pollIntervalMs, settings } = context;
  const result = await askOf(context, { method: 'GET', url: jobUrl(context, id) });
  const answer = result.kind === 'answered' ? result.answer : undefined;
  if (answer?.status === 404) {
    jobs.ended(id);
    return { kind: 'lost' };
  }
  const video = answer?.status === 200 ? objectOf(answer.text) : undefined;
  const outcome =
    video && readJob(video, { checkAfterMs: pollIntervalMs, resultUrl: `${jobUrl(context, id)}/content` });
  if (outcome === undefined) {
    log(context, 'a look at a job of the video server failed', { job: id, ...told(result) });
    const later = jobs.unclear(id, answer);
    const asked = answer && retryAfterMs(answer, settings.now());
    if (asked === undefined) return later;
    return { ...later, checkAfterMs: Math.max(pollIntervalMs, Math.min(maximumPauseMs, asked)) };
  }
  if (outcome.kind === 'queued' || outcome.kind === 'running') jobs.seen(id, outcome.kind);
  else {
    if (outcome.kind === 'failed') log(context, 'a job of the video server failed', { job: id, ...told(result) });
    jobs.ended(id);
  }
  return outcome;
}

/** vLLM-Omni stops the job, SGLang only forgets it. A server that cannot be told is not asked twice: nothing is charged. */
async function cancel(context: Context, id: string): Promise<void> {
  context.jobs.ended(id);
  const result = await askOf(context, { method: 'DELETE', url: jobUrl(context, id) });
  if (result.kind !== 'answered' || (result.answer.status >= 300 && result.answer.status !== 404)) {
    log(context, 'the video server was not told to stop a job', { job: id, ...told(result) });
  }
}

async function download(context: Context, address: string, signal: AbortSignal): Promise<Readable> {
  const { agent, authorization: headers } = context;
  const url = resultAddress(context, address).href;
  const fault = unreadable('could not be fetched');
  const answer = await askFile(agent, { url, headers, signal, idleTimeoutMs: readTimeoutMs });
  if (answer?.kind !== 'file') throw fault;
  if ((answer.headers['content-encoding'] ?? 'identity') === 'identity') return fileOf(answer.body, fault);
  discard(answer.body);
  throw fault;
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
  if (!known) throw new ReelayError('result_refused', 'The provider named a file at an address that is not its own.');
  return url;
}

function unreadable(why: string): ReelayError {
  return new ReelayError('generation_failed', `The result at the video server ${why}.`);
}
