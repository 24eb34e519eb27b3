import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as send } from 'undici';
import {
  type Emulator,
  type EmulatorAnswer,
  type EmulatorRequest,
  type EmulatorRoutes,
  startEmulator,
} from './emulator.ts';
import { falRefusal } from './fal-bodies.ts';
import { type Fault, modesOf, type Plan, type RunOptions, remember, scriptedSlowPauseMs } from './script.ts';

/** How the next submissions are answered. `refuse` makes no job, all others do. */
export type FalSubmission =
  | { readonly kind: 'accept' }
  | { readonly kind: 'accept-then-drop' }
  | { readonly kind: 'accept-then-silence' }
  | { readonly kind: 'accept-then'; readonly answer: EmulatorAnswer }
  | { readonly kind: 'refuse'; readonly answer: EmulatorAnswer };

/** What becomes of every job, from now on. */
export type FalFate =
  | 'queued'
  | 'running'
  | 'done'
  | 'moderated'
  | 'invalid'
  | 'failed'
  | 'crashed'
  | 'expired'
  | 'unsure';

/** How a finished file is served. */
export type FalFile = 'plain' | 'slow' | 'broken' | 'unavailable' | 'wrong-type' | 'redirect' | 'redirect-inside';

export interface FalJob {
  readonly requestId: string;
  readonly endpoint: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly webhookUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly modes: () => Readonly<FalModes>;
}

/** How a job behaves: all of them as the emulator is set, or each as a script has planned it. */
export interface FalModes {
  submission: FalSubmission;
  fate: FalFate;
  file: FalFile;
  /** Overrides the address of results. */
  resultUrl: string | undefined;
  /** Between the pieces of a slow file. */
  slowPauseMs: number;
}

export interface FalDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FalEmulator extends FalModes {
  readonly queueUrl: string;
  readonly apiUrl: string;
  readonly jwksUrl: string;
  readonly userId: string;
  readonly requests: readonly EmulatorRequest[];
  connections(): number;
  readonly jobs: readonly FalJob[];
  /** All paid POSTs that arrived. */
  readonly submissions: readonly EmulatorRequest[];
  /** Paid POSTs whose address or body holds the mark. */
  posts(mark: string): number;
  /** Answers looks at jobs, or reads of results, instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  resultAnswer: EmulatorAnswer | undefined;
  /** Overrides the addresses that a submission answers. */
  addresses: Readonly<Record<string, string>> | undefined;
  /** Where `redirect-inside` leads. */
  insideUrl: string;
  latencyMs: number;
  /** Looked at when a submission arrives, before it is answered. */
  onSubmission: ((job: FalJob) => Promise<void>) | undefined;
  /** Where webhooks really go: takes the place of the origin that a submission named. */
  webhookOrigin: string | undefined;
  /** Other people's requests in the list, before the jobs. */
  listed: readonly Readonly<Record<string, unknown>>[];
  /** The signing key is replaced by a new one. */
  rotateKey(): void;
  /** A signed delivery of a job's news at a time, in milliseconds. */
  delivery(requestId: string, options?: { readonly at?: number; readonly userId?: string }): FalDelivery;
  /** Sends the job's news to its webhook address; answers the status. */
  deliver(requestId: string): Promise<number>;
  close(): Promise<void>;
}

const hiddenText = 'worker gpu-17 of team-42 at https://internal.fal.example';

const usual: FalModes = {
  submission: { kind: 'accept' },
  fate: 'done',
  file: 'plain',
  resultUrl: undefined,
  slowPauseMs: scriptedSlowPauseMs,
};

export const falFaults: Partial<Readonly<Record<Fault, Partial<FalModes>>>> = {
  'accept-then-drop': { submission: { kind: 'accept-then-drop' } },
  'accept-then-silence': { submission: { kind: 'accept-then-silence' } },
  'accept-then-500': { submission: { kind: 'accept-then', answer: { status: 500, json: { detail: hiddenText } } } },
  'refuse-429': {
    submission: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '5' }, json: { detail: 'Too many requests' } },
    },
  },
  stuck: { fate: 'running' },
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

/** Tries to deliver the news of a planned job, and the pause between them, in milliseconds; fal itself tries for hours. */
const deliveryTries = 5;
const deliveryPauseMs = 2_000;

/** fal's queue, platform API, key set and media on the loopback. `video` is the finished file of every job. */
export async function startFalEmulator(
  options: { readonly key: string; readonly video: Buffer } & RunOptions,
): Promise<FalEmulator> {
  const { script } = options;
  const jobs = new Map<string, FalJob>();
  const submissions: EmulatorRequest[] = [];
  let made = 0;
  const newId = () =>
    script === undefined ? `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}` : randomUUID();
  let keys = generateKeyPairSync('ed25519');
  const denied: EmulatorAnswer = { status: 401, json: { detail: `No user found for ${options.key}` } };
  const authorised =
    (handler: (request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>) => (request: EmulatorRequest) =>
      request.headers.authorization === `Key ${options.key}` ? handler(request) : denied;
  const jobOf = ({ params }: EmulatorRequest) => jobs.get(params['id'] ?? '');

  const routes = {
    'GET /v1/models/requests/by-endpoint': authorised(({ query }) => listPage(state, query)),
    'GET /jwks.json': () => ({ status: 200, json: { keys: [keys.publicKey.export({ format: 'jwk' })] } }),
    'GET /media/plain.mp4': () => ({ status: 200, body: options.video }),
    'GET /media/:name': ({ params }) =>
      fileAnswer(state, jobs.get((params['name'] ?? '').replace(/\.mp4$/, ''))?.modes() ?? state, options.video),
    'GET /:owner/:app/requests/:id/status': authorised((request) => {
      if (state.statusAnswer !== undefined) return state.statusAnswer;
      const job = jobOf(request);
      return job === undefined ? { status: 404, json: { detail: 'Request not found' } } : statusAnswer(job);
    }),
    'GET /:owner/:app/requests/:id': authorised((request) => {
      if (state.resultAnswer !== undefined) return state.resultAnswer;
      const job = jobOf(request);
      return job === undefined ? { status: 404, json: { detail: 'Request not found' } } : resultAnswer(state, job);
    }),
    'PUT /:owner/:app/requests/:id/cancel': authorised((request) =>
      jobOf(request) === undefined
        ? { status: 404, json: { status: 'NOT_FOUND' } }
        : { status: 202, json: { status: 'CANCELLATION_REQUESTED' } },
    ),
    'POST /*endpoint': async (request) => {
      if (script === undefined) submissions.push(request);
      const authorised = request.headers.authorization === `Key ${options.key}`;
      return submit(state, jobs, { request, authorised, script, newId });
    },
  } satisfies EmulatorRoutes;
  const emulator: Emulator = await startEmulator(routes, options);
  const state: FalEmulator = {
    queueUrl: emulator.origin,
    apiUrl: `${emulator.origin}/v1`,
    jwksUrl: `${emulator.origin}/jwks.json`,
    userId: 'user-of-ours',
    requests: emulator.requests,
    connections: emulator.connections,
    get jobs() {
      return [...jobs.values()];
    },
    submissions,
    posts: (mark) =>
      submissions.filter(({ query, body }) => [...query.values(), String(body)].join(' ').includes(mark)).length,
    ...quiet,
    rotateKey: () => {
      keys = generateKeyPairSync('ed25519');
    },
    delivery: (requestId, { at = Date.now(), userId = state.userId } = {}) =>
      signedDelivery(keys.privateKey, {
        requestId,
        userId,
        at,
        body: newsOf(state, requestId, jobs.get(requestId)?.modes() ?? state),
      }),
    deliver: async (requestId) => {
      const named = jobs.get(requestId)?.webhookUrl;
      if (named === undefined) throw new Error(`${requestId} has no webhook`);
      const { pathname } = new URL(named);
      const url = state.webhookOrigin === undefined ? named : `${state.webhookOrigin}${pathname}`;
      const { headers, body } = state.delivery(requestId);
      const answer = await send(url, { method: 'POST', headers, body });
      await answer.body.dump();
      return answer.statusCode;
    },
    close: emulator.close,
  };
  return state;
}

/** What a test may change, as it begins. */
const quiet = {
  ...usual,
  fate: 'queued' as FalFate,
  slowPauseMs: 10,
  statusAnswer: undefined,
  resultAnswer: undefined,
  addresses: undefined,
  insideUrl: 'http://127.0.0.1:1/secret',
  latencyMs: 0,
  onSubmission: undefined,
  webhookOrigin: undefined,
  listed: [],
};

interface Submitted {
  readonly request: EmulatorRequest;
  readonly authorised: boolean;
  readonly script: RunOptions['script'];
  readonly newId: () => string;
}

async function submit(
  state: FalEmulator,
  jobs: Map<string, FalJob>,
  { request, authorised, script, newId }: Submitted,
): Promise<EmulatorAnswer> {
  if (state.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, state.latencyMs));
  if (!authorised) return { status: 401, json: { detail: 'Invalid key' } };
  const refusal = falRefusal(request.params['endpoint'] ?? '', request.body.toString());
  if (refusal !== undefined) return refusal;
  const plan = script?.plan();
  const modes = plan === undefined ? () => state : modesOf(plan, { running: 'running', usual, faults: falFaults });
  const { submission } = modes();
  if (submission.kind === 'refuse') return submission.answer;
  const job = makeJob(newId(), request, modes);
  remember(jobs, job.requestId, job);
  if (plan !== undefined) {
    script?.made(request, { id: job.requestId, mark: markOf(job), fault: plan.fault });
    if (job.webhookUrl !== undefined) void deliverPlanned(state, job, { plan, script });
  }
  await state.onSubmission?.(job);
  const [owner, app] = job.endpoint.split('/');
  const base = `${state.queueUrl}/${owner}/${app}/requests/${job.requestId}`;
  const body = { status: 'IN_QUEUE', request_id: job.requestId, gateway_request_id: job.requestId, queue_position: 0 };
  const addresses = { response_url: base, status_url: `${base}/status`, cancel_url: `${base}/cancel` };
  const answers: Readonly<Record<Exclude<FalSubmission['kind'], 'refuse'>, EmulatorAnswer>> = {
    accept: { status: 200, json: { ...body, ...addresses, ...state.addresses } },
    'accept-then-drop': 'drop',
    'accept-then-silence': 'silence',
    'accept-then': submission.kind === 'accept-then' ? submission.answer : 'drop',
  };
  return answers[submission.kind];
}

function makeJob(requestId: string, request: EmulatorRequest, modes: FalJob['modes']): FalJob {
  return {
    requestId,
    endpoint: request.params['endpoint'] ?? '',
    input: JSON.parse(request.body.toString()) as Readonly<Record<string, unknown>>,
    webhookUrl: request.query.get('fal_webhook') ?? undefined,
    sentAt: Date.now(),
    modes,
  };
}

/**
 * A submission can be found again by its webhook's address, which is the attempt's own, or by a link of ours in it. The
 * last part of that address is a secret.
 */
function markOf({ webhookUrl, input }: FalJob): string | undefined {
  if (webhookUrl !== undefined) return new URL(webhookUrl).pathname.replace(/\/[^/]*$/, '');
  const links = Object.values(input)
    .flat()
    .filter((value) => typeof value === 'string' && URL.canParse(value));
  const attempts = links.map((link) => new URL(String(link)).searchParams.get('attempt'));
  return attempts.find((attempt) => attempt !== null) ?? undefined;
}

/** Tells the news of a planned job when it has ended. A job that is stuck has none. */
async function deliverPlanned(
  state: FalEmulator,
  { requestId, modes }: FalJob,
  { plan, script }: { readonly plan: Plan; readonly script: RunOptions['script'] },
): Promise<void> {
  await sleep(Math.max(0, plan.endsAt - Date.now()), undefined, { ref: false });
  if (modes().fate === 'running') return;
  for (let tried = 0; tried < deliveryTries; tried += 1) {
    const status = await state.deliver(requestId).catch(() => undefined);
    script?.delivered?.(requestId, status);
    if (status !== undefined && status < 300) return;
    await sleep(deliveryPauseMs, undefined, { ref: false });
  }
}

function statusAnswer({ requestId, modes }: FalJob): EmulatorAnswer {
  const completed = (more: object = {}): EmulatorAnswer => ({
    status: 200,
    json: { status: 'COMPLETED', request_id: requestId, metrics: { inference_time: 12 }, ...more },
  });
  const answers: Readonly<Record<FalFate, EmulatorAnswer>> = {
    queued: { status: 202, json: { status: 'IN_QUEUE', request_id: requestId, queue_position: 3 } },
    running: { status: 202, json: { status: 'IN_PROGRESS', request_id: requestId } },
    done: completed(),
    moderated: completed(),
    invalid: completed(),
    failed: completed({ error: hiddenText, error_type: 'runner_disconnected' }),
    crashed: completed(),
    expired: completed({ error: 'Request timed out', error_type: 'startup_timeout' }),
    unsure: { status: 200, json: { status: 'RETICULATING', request_id: requestId } },
  };
  return answers[modes().fate];
}

function resultAnswer(state: FalEmulator, { requestId, modes }: FalJob): EmulatorAnswer {
  const { fate, resultUrl } = modes();
  const url = resultUrl ?? `${state.queueUrl}/media/${requestId}.mp4`;
  const detail = (type: string) => ({ detail: [{ loc: ['body', 'prompt'], msg: hiddenText, type, url: hiddenText }] });
  const early: EmulatorAnswer = { status: 400, json: { detail: 'Request is still in progress' } };
  const flat = (status: number, error_type: string): EmulatorAnswer => ({
    status,
    headers: { 'x-fal-error-type': error_type },
    json: { detail: hiddenText, error_type },
  });
  const answers: Readonly<Record<FalFate, EmulatorAnswer>> = {
    queued: early,
    running: early,
    done: { status: 200, json: { video: { url, content_type: 'video/mp4', file_name: 'out.mp4', file_size: 1 } } },
    moderated: { status: 422, json: detail('content_policy_violation') },
    invalid: { status: 422, json: detail('video_duration_too_long') },
    failed: flat(503, 'runner_disconnected'),
    crashed: { status: 500, json: { detail: hiddenText } },
    expired: flat(504, 'startup_timeout'),
    unsure: early,
  };
  return answers[fate];
}

/** Pages of two, other people's requests first; one of theirs that has no time is of all times. */
function listPage(state: FalEmulator, query: URLSearchParams): EmulatorAnswer {
  const ours = state.jobs.map(({ requestId, endpoint, input, sentAt }) => ({
    request_id: requestId,
    endpoint_id: endpoint,
    sent_at: new Date(sentAt).toISOString(),
    json_input: query.get('expand') === 'payloads' ? input : undefined,
  }));
  const start = Date.parse(query.get('start') ?? '');
  const all = [...state.listed, ...ours]
    .filter((item) => item['endpoint_id'] === query.get('endpoint_id'))
    .filter(({ sent_at: sentAt }) => !(Date.parse(String(sentAt)) < start));
  const from = Number(query.get('cursor') ?? 0);
  const hasMore = from + 2 < all.length;
  return {
    status: 200,
    json: { items: all.slice(from, from + 2), has_more: hasMore, next_cursor: hasMore ? String(from + 2) : null },
  };
}

function fileAnswer(
  { queueUrl, insideUrl }: FalEmulator,
  { file, slowPauseMs }: Readonly<FalModes>,
  video: Buffer,
): EmulatorAnswer {
  const answers: Readonly<Record<FalFile, EmulatorAnswer>> = {
    plain: { status: 200, headers: { 'content-type': 'video/mp4' }, body: video },
    slow: { status: 200, body: video, slowly: { pieces: 8, pauseMs: slowPauseMs } },
    broken: { status: 200, body: video, breakOff: true },
    unavailable: { status: 503, json: { detail: hiddenText } },
    'wrong-type': { status: 200, headers: { 'content-type': 'text/html' }, body: video },
    redirect: { status: 302, headers: { location: `${queueUrl}/media/plain.mp4` } },
    'redirect-inside': { status: 302, headers: { location: insideUrl } },
  };
  return answers[file];
}

function newsOf({ queueUrl }: FalEmulator, requestId: string, { fate }: Readonly<FalModes>): Buffer {
  const isDone = fate === 'done';
  return Buffer.from(
    JSON.stringify({
      request_id: requestId,
      gateway_request_id: requestId,
      status: isDone ? 'OK' : 'ERROR',
      ...(!isDone && { error: hiddenText }),
      payload: isDone ? { video: { url: `${queueUrl}/media/${requestId}.mp4` } } : { detail: [] },
    }),
  );
}

export interface SigningParts {
  readonly requestId: string;
  readonly userId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly body: Buffer;
}

/** A delivery as fal signs it, with any key. */
export function signedDelivery(key: KeyObject, { requestId, userId, at, body }: SigningParts): FalDelivery {
  const timestamp = String(Math.floor(at / 1_000));
  const digest = createHash('sha256').update(body).digest('hex');
  const message = Buffer.from([requestId, userId, timestamp, digest].join('\n'));
  return {
    headers: {
      'content-type': 'application/json',
      'x-fal-webhook-request-id': requestId,
      'x-fal-webhook-user-id': userId,
      'x-fal-webhook-timestamp': timestamp,
      'x-fal-webhook-signature': sign(null, message, key).toString('hex'),
    },
    body,
  };
}
