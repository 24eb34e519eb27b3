import { randomUUID } from 'node:crypto';
import {
  type Emulator,
  type EmulatorAnswer,
  type EmulatorRequest,
  type EmulatorRoutes,
  startEmulator,
} from './emulator.ts';
import { type Fault, modesOf, type RunOptions, remember, scriptedSlowPauseMs } from './script.ts';
import { xaiRefusal } from './xai-bodies.ts';

/** How the next submissions are answered. All but `accept` and `drop-before` say whether a job was made. */
export type XaiSubmission =
  | { readonly kind: 'accept' }
  /** The job is made; the socket breaks before the answer. */
  | { readonly kind: 'accept-then-drop' }
  /** The job is made; no answer ever comes. */
  | { readonly kind: 'accept-then-silence' }
  /** The job is made; the answer is this. */
  | { readonly kind: 'accept-then'; readonly answer: EmulatorAnswer }
  /** No job is made; the answer is this. */
  | { readonly kind: 'refuse'; readonly answer: EmulatorAnswer };

/** What becomes of a job. */
export type XaiFate = 'pending' | 'done' | 'moderated' | 'withheld' | 'expired' | 'failed' | 'unsure';

/** How a finished file is served. */
export type XaiFile = 'plain' | 'slow' | 'broken' | 'unavailable' | 'wrong-type' | 'redirect' | 'redirect-inside';

/** How a job behaves: all of them as the emulator is set, or each as a script has planned it. */
export interface XaiModes {
  submission: XaiSubmission;
  fate: XaiFate;
  file: XaiFile;
  /** Overrides the address of results. */
  resultUrl: string | undefined;
  /** Between the pieces of a slow file. */
  slowPauseMs: number;
}

export interface XaiEmulator extends XaiModes {
  /** With the version, as the provider's setting. */
  readonly baseUrl: string;
  readonly origin: string;
  readonly requests: readonly EmulatorRequest[];
  connections(): number;
  /** Paid POSTs that arrived, by the attempt's mark. */
  posts(mark: string): number;
  /** All paid POSTs that arrived. */
  readonly submissions: readonly EmulatorRequest[];
  progress: number | undefined;
  /** Answers looks at jobs instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  /** Where `redirect-inside` leads. */
  insideUrl: string;
  latencyMs: number;
  /** The file list refuses a filter. */
  refusesFilter: boolean;
  close(): Promise<void>;
}

interface Job {
  readonly id: string;
  readonly mark: string;
  readonly modes: () => Readonly<XaiModes>;
}

const costTicks = 3_500_000_000;

const usual: XaiModes = {
  submission: { kind: 'accept' },
  fate: 'done',
  file: 'plain',
  resultUrl: undefined,
  slowPauseMs: scriptedSlowPauseMs,
};

export const xaiFaults: Partial<Readonly<Record<Fault, Partial<XaiModes>>>> = {
  'accept-then-drop': { submission: { kind: 'accept-then-drop' } },
  'accept-then-silence': { submission: { kind: 'accept-then-silence' } },
  'accept-then-500': { submission: { kind: 'accept-then', answer: { status: 500, json: { error: 'internal' } } } },
  'refuse-429': {
    submission: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '5' }, json: { error: 'Too many requests' } },
    },
  },
  stuck: { fate: 'pending' },
  expired: { fate: 'expired' },
  moderated: { fate: 'moderated' },
  'completes-with-error': { fate: 'failed' },
  'slow-file': { file: 'slow' },
  'broken-file': { file: 'broken' },
  'wrong-type': { file: 'wrong-type' },
  redirect: { file: 'redirect' },
  'redirect-inside': { file: 'redirect-inside' },
  'result-inside': { resultUrl: 'http://169.254.169.254/latest/meta-data/' },
};

/** xAI's video and file routes on the loopback. `video` is the finished file of every job. */
export async function startXaiEmulator(
  options: { readonly key: string; readonly video: Buffer } & RunOptions,
): Promise<XaiEmulator> {
  const { script } = options;
  const jobs = new Map<string, Job>();
  const submissions: EmulatorRequest[] = [];
  let made = 0;
  const authorised = (request: EmulatorRequest) => request.headers.authorization === `Bearer ${options.key}`;
  const denied: EmulatorAnswer = {
    status: 400,
    json: { code: 'invalid', error: 'Incorrect API key provided: te***nt.' },
  };

  const submit = async (request: EmulatorRequest): Promise<EmulatorAnswer> => {
    if (script === undefined) submissions.push(request);
    await pause(state.latencyMs);
    if (!authorised(request)) return denied;
    const refusal = xaiRefusal(request.path, request.body.toString());
    if (refusal !== undefined) return refusal;
    const plan = script?.plan();
    const modes = plan === undefined ? () => state : modesOf(plan, { running: 'pending', usual, faults: xaiFaults });
    const { submission } = modes();
    if (submission.kind === 'refuse') return submission.answer;
    const mark = markOf(request);
    made += 1;
    const job: Job = { id: script === undefined ? `req-${made}` : randomUUID(), mark, modes };
    remember(jobs, job.id, job);
    script?.made(request, { id: job.id, mark: mark === '' ? undefined : mark, fault: plan?.fault });
    const answers: Readonly<Record<Exclude<XaiSubmission['kind'], 'refuse'>, () => EmulatorAnswer>> = {
      accept: () => ({ status: 200, json: { request_id: job.id } }),
      'accept-then-drop': () => 'drop',
      'accept-then-silence': () => 'silence',
      'accept-then': () => (submission.kind === 'accept-then' ? submission.answer : 'drop'),
    };
    return answers[submission.kind]();
  };

  const fileOf = (id: string): EmulatorAnswer => fileAnswer(state, jobs.get(id)?.modes() ?? state, options.video);
  const routes = {
    'POST /v1/videos/generations': submit,
    'POST /v1/videos/edits': submit,
    'POST /v1/videos/extensions': submit,
    'GET /v1/api-key': (request) => keyAnswer(request, options.key),
    'GET /v1/videos/:id': (request) => {
      if (!authorised(request)) return denied;
      if (state.statusAnswer !== undefined) return state.statusAnswer;
      const job = jobs.get(request.params['id'] ?? '');
      if (job === undefined) return { status: 404, json: { error: 'no such job' } };
      return jobAnswer(state, job, `${emulator.origin}/results/${job.id}.mp4`);
    },
    'GET /v1/files': (request) => {
      if (!authorised(request)) return denied;
      if (state.refusesFilter && request.query.has('filter'))
        return { status: 400, json: { error: 'unknown: filter' } };
      return { status: 200, json: filePage([...jobs.values()], request.query.get('pagination_token')) };
    },
    'GET /v1/files/:id/content': (request) =>
      authorised(request) ? fileOf((request.params['id'] ?? '').replace(/^file-/, '')) : denied,
    'GET /results/plain.mp4': () => ({ status: 200, body: options.video }),
    'GET /results/:name': ({ params }) => fileOf((params['name'] ?? '').replace(/\.mp4$/, '')),
  } satisfies EmulatorRoutes;
  const emulator: Emulator = await startEmulator(routes, options);
  const state: XaiEmulator = {
    baseUrl: `${emulator.origin}/v1`,
    origin: emulator.origin,
    requests: emulator.requests,
    connections: emulator.connections,
    submissions,
    posts: (mark) => submissions.filter((request) => markOf(request) === mark).length,
    ...usual,
    fate: 'pending',
    slowPauseMs: 10,
    progress: undefined,
    statusAnswer: undefined,
    insideUrl: 'http://127.0.0.1:1/secret',
    latencyMs: 0,
    refusesFilter: false,
    close: emulator.close,
  };
  return state;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms === 0 ? resolve() : setTimeout(resolve, ms)));
}

function markOf(request: EmulatorRequest): string {
  const body = JSON.parse(request.body.toString()) as { readonly storage_options?: { readonly filename?: string } };
  return body.storage_options?.filename ?? '';
}

function jobAnswer(state: XaiEmulator, job: Job, url: string): EmulatorAnswer {
  const usage = { cost_in_usd_ticks: costTicks };
  const { fate, resultUrl } = job.modes();
  const video = { url: resultUrl ?? url, duration: 6, respect_moderation: true };
  const file_output = { file_id: `file-${job.id}`, filename: job.mark };
  const error = { code: 'internal_error', message: `worker 17 crashed at ${job.id}` };
  const answers: Readonly<Record<XaiFate, EmulatorAnswer>> = {
    pending:
      state.progress === undefined
        ? { status: 202 }
        : { status: 202, json: { status: 'pending', progress: state.progress } },
    done: { status: 200, json: { status: 'done', model: 'm', video: { ...video, file_output }, usage } },
    moderated: {
      status: 200,
      json: { status: 'done', video: { ...video, url: '', respect_moderation: false }, usage },
    },
    withheld: { status: 200, json: { status: 'done', video: { ...video, respect_moderation: false }, usage } },
    expired: { status: 200, json: { status: 'expired' } },
    failed: { status: 200, json: { status: 'failed', error, usage } },
    unsure: { status: 200, json: { status: 'reticulating', usage } },
  };
  return answers[fate];
}

/** Two pages: other people's files, then ours. */
function filePage(jobs: readonly Job[], token: string | null): unknown {
  const file = (id: string, filename: string) => ({ id, object: 'file', bytes: 1, created_at: 1, filename });
  if (token === null) return { data: [file('file-other', 'holiday.mp4')], pagination_token: 'second' };
  const done = jobs.filter(({ modes }) => modes().fate === 'done');
  return { data: done.map(({ id, mark }) => file(`file-${id}`, mark)) };
}

function fileAnswer(
  { origin, insideUrl }: XaiEmulator,
  { file, slowPauseMs }: Readonly<XaiModes>,
  video: Buffer,
): EmulatorAnswer {
  const answers: Readonly<Record<XaiFile, EmulatorAnswer>> = {
    plain: { status: 200, headers: { 'content-type': 'video/mp4' }, body: video },
    slow: { status: 200, body: video, slowly: { pieces: 8, pauseMs: slowPauseMs } },
    broken: { status: 200, body: video, breakOff: true },
    unavailable: { status: 503, json: { error: 'later' } },
    'wrong-type': { status: 200, headers: { 'content-type': 'text/html' }, body: video },
    redirect: { status: 302, headers: { location: `${origin}/results/plain.mp4` } },
    'redirect-inside': { status: 302, headers: { location: insideUrl } },
  };
  return answers[file];
}

/** What xAI tells of the key that asks. */
function keyAnswer({ headers }: EmulatorRequest, key: string): EmulatorAnswer {
  if (headers.authorization !== `Bearer ${key}`) return { status: 400, json: { error: 'Incorrect API key' } };
  const blocks = { api_key_blocked: false, api_key_disabled: false, team_blocked: false };
  return { status: 200, json: { redacted_api_key: 'xai-...', acls: ['api-key:endpoint:*'], ...blocks } };
}
