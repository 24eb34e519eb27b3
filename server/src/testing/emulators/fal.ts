import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { request as send } from 'undici';
import { type Emulator, type EmulatorAnswer, type EmulatorRequest, startEmulator } from './emulator.ts';

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
}

export interface FalDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FalEmulator {
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
  submission: FalSubmission;
  fate: FalFate;
  /** Answers looks at jobs, or reads of results, instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  resultAnswer: EmulatorAnswer | undefined;
  /** Overrides the addresses that a submission answers. */
  addresses: Readonly<Record<string, string>> | undefined;
  /** Overrides the address of results. */
  resultUrl: string | undefined;
  file: FalFile;
  /** Where `redirect-inside` leads. */
  insideUrl: string;
  latencyMs: number;
  /** Looked at when a submission arrives, before it is answered. */
  onSubmission: ((job: FalJob) => Promise<void>) | undefined;
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

/** fal's queue, platform API, key set and media on the loopback. `video` is the finished file of every job. */
export async function startFalEmulator(options: {
  readonly key: string;
  readonly video: Buffer;
}): Promise<FalEmulator> {
  const jobs: FalJob[] = [];
  const submissions: EmulatorRequest[] = [];
  let keys = generateKeyPairSync('ed25519');
  const denied: EmulatorAnswer = { status: 401, json: { detail: `No user found for ${options.key}` } };
  const authorised =
    (handler: (request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>) => (request: EmulatorRequest) =>
      request.headers.authorization === `Key ${options.key}` ? handler(request) : denied;
  const jobOf = ({ params }: EmulatorRequest) => jobs.find(({ requestId }) => requestId === params['id']);

  const emulator: Emulator = await startEmulator({
    'GET /v1/models/requests/by-endpoint': authorised(({ query }) => listPage(state, query)),
    'GET /jwks.json': () => ({ status: 200, json: { keys: [keys.publicKey.export({ format: 'jwk' })] } }),
    'GET /media/plain.mp4': () => ({ status: 200, body: options.video }),
    'GET /media/:name': () => fileAnswer(state, options.video),
    'GET /:owner/:app/requests/:id/status': authorised((request) => {
      if (state.statusAnswer !== undefined) return state.statusAnswer;
      const job = jobOf(request);
      return job === undefined ? { status: 404, json: { detail: 'Request not found' } } : statusAnswer(state, job);
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
      submissions.push(request);
      return submit(state, jobs, { request, authorised: request.headers.authorization === `Key ${options.key}` });
    },
  });
  const state: FalEmulator = {
    queueUrl: emulator.origin,
    apiUrl: `${emulator.origin}/v1`,
    jwksUrl: `${emulator.origin}/jwks.json`,
    userId: 'user-of-ours',
    requests: emulator.requests,
    connections: emulator.connections,
    jobs,
    submissions,
    posts: (mark) =>
      submissions.filter(({ query, body }) => [...query.values(), String(body)].join(' ').includes(mark)).length,
    ...quiet,
    rotateKey: () => {
      keys = generateKeyPairSync('ed25519');
    },
    delivery: (requestId, { at = Date.now(), userId = state.userId } = {}) =>
      signedDelivery(keys.privateKey, { requestId, userId, at, body: newsOf(state, requestId) }),
    deliver: async (requestId) => {
      const url = jobs.find((job) => job.requestId === requestId)?.webhookUrl;
      if (url === undefined) throw new Error(`${requestId} has no webhook`);
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
  submission: { kind: 'accept' } as FalSubmission,
  fate: 'queued' as FalFate,
  statusAnswer: undefined,
  resultAnswer: undefined,
  addresses: undefined,
  resultUrl: undefined,
  file: 'plain' as FalFile,
  insideUrl: 'http://127.0.0.1:1/secret',
  latencyMs: 0,
  onSubmission: undefined,
  listed: [],
};

async function submit(
  state: FalEmulator,
  jobs: FalJob[],
  { request, authorised }: { readonly request: EmulatorRequest; readonly authorised: boolean },
): Promise<EmulatorAnswer> {
  if (state.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, state.latencyMs));
  if (!authorised) return { status: 401, json: { detail: 'Invalid key' } };
  const { submission } = state;
  if (submission.kind === 'refuse') return submission.answer;
  const job: FalJob = {
    requestId: `00000000-0000-4000-8000-${String(jobs.length + 1).padStart(12, '0')}`,
    endpoint: request.params['endpoint'] ?? '',
    input: JSON.parse(request.body.toString()) as Readonly<Record<string, unknown>>,
    webhookUrl: request.query.get('fal_webhook') ?? undefined,
  };
  jobs.push(job);
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

function statusAnswer({ fate }: FalEmulator, { requestId }: FalJob): EmulatorAnswer {
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
  return answers[fate];
}

function resultAnswer(state: FalEmulator, { requestId }: FalJob): EmulatorAnswer {
  const url = state.resultUrl ?? `${state.queueUrl}/media/${requestId}.mp4`;
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
  return answers[state.fate];
}

/** Pages of two, other people's requests first. */
function listPage(state: FalEmulator, query: URLSearchParams): EmulatorAnswer {
  const ours = state.jobs.map(({ requestId, endpoint, input }) => ({
    request_id: requestId,
    endpoint_id: endpoint,
    sent_at: new Date().toISOString(),
    json_input: query.get('expand') === 'payloads' ? input : undefined,
  }));
  const all = [...state.listed, ...ours].filter((item) => item['endpoint_id'] === query.get('endpoint_id'));
  const from = Number(query.get('cursor') ?? 0);
  const hasMore = from + 2 < all.length;
  return {
    status: 200,
    json: { items: all.slice(from, from + 2), has_more: hasMore, next_cursor: hasMore ? String(from + 2) : null },
  };
}

function fileAnswer(state: FalEmulator, video: Buffer): EmulatorAnswer {
  const answers: Readonly<Record<FalFile, EmulatorAnswer>> = {
    plain: { status: 200, headers: { 'content-type': 'video/mp4' }, body: video },
    slow: { status: 200, body: video, slowly: { pieces: 8, pauseMs: 10 } },
    broken: { status: 200, body: video, breakOff: true },
    unavailable: { status: 503, json: { detail: hiddenText } },
    'wrong-type': { status: 200, headers: { 'content-type': 'text/html' }, body: video },
    redirect: { status: 302, headers: { location: `${state.queueUrl}/media/plain.mp4` } },
    'redirect-inside': { status: 302, headers: { location: state.insideUrl } },
  };
  return answers[state.file];
}

function newsOf({ fate, queueUrl }: FalEmulator, requestId: string): Buffer {
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
