import { randomUUID } from 'node:crypto';
import {
  type Emulator,
  type EmulatorAnswer,
  type EmulatorHandler,
  type EmulatorRequest,
  type EmulatorRoutes,
  startEmulator,
} from './emulator.ts';
import { createServiceAccount, type ServiceAccountFile, tokenAnswer } from './google-account.ts';
import { type Fault, modesOf, type RunOptions, remember, scriptedSlowPauseMs } from './script.ts';
import { vertexRefusal } from './vertex-bodies.ts';

/** How the next submissions are answered. `refuse` makes no job, all others do. */
export type VertexSubmission =
  | { readonly kind: 'accept' }
  | { readonly kind: 'accept-then-drop' }
  | { readonly kind: 'accept-then-silence' }
  | { readonly kind: 'accept-then'; readonly answer: EmulatorAnswer }
  | { readonly kind: 'refuse'; readonly answer: EmulatorAnswer };

/** What becomes of every job, from now on. `elsewhere` names a film outside the operator's bucket. */
export type VertexFate = 'running' | 'done' | 'filtered' | 'blocked' | 'failed' | 'timeout' | 'elsewhere' | 'empty';

/** How a file in the bucket is served. */
export type VertexFile = 'plain' | 'slow' | 'broken' | 'unavailable' | 'wrong-type' | 'redirect' | 'redirect-inside';

export interface VertexJob {
  readonly name: string;
  readonly storageUri: string;
  readonly modes: () => Readonly<VertexModes>;
}

/** How a job behaves: all of them as the emulator is set, or each as a script has planned it. */
export interface VertexModes {
  submission: VertexSubmission;
  fate: VertexFate;
  file: VertexFile;
  /** Between the pieces of a slow file. */
  slowPauseMs: number;
}

export interface VertexEmulator extends VertexModes {
  readonly origin: string;
  readonly project: string;
  readonly location: string;
  readonly storageUri: string;
  readonly token: string;
  readonly requests: readonly EmulatorRequest[];
  connections(): number;
  readonly jobs: readonly VertexJob[];
  /** All paid POSTs that arrived. */
  readonly submissions: readonly EmulatorRequest[];
  /** Paid POSTs whose body holds the mark. */
  posts(mark: string): number;
  /** What the bucket holds, by its name there. */
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Answers looks at jobs instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  /** Answers uploads, lists of the bucket, instead of what it holds. */
  uploadAnswer: EmulatorAnswer | undefined;
  listAnswer: EmulatorAnswer | undefined;
  /** Where `redirect-inside` leads. */
  insideUrl: string;
  latencyMs: number;
  /** The file of a service account whose token is the emulator's. */
  serviceAccount(): ServiceAccountFile;
  close(): Promise<void>;
}

const hiddenText = 'quota of projects/team-42 on borg cell gpu-17';
const bucket = 'films';

const usual: VertexModes = {
  submission: { kind: 'accept' },
  fate: 'done',
  file: 'plain',
  slowPauseMs: scriptedSlowPauseMs,
};

const rpcError = (code: number, status: string) => ({ error: { code, status, message: hiddenText } });

/** Cloud Storage follows no redirect of its own; one is here to be refused. */
export const vertexFaults: Partial<Readonly<Record<Fault, Partial<VertexModes>>>> = {
  'accept-then-drop': { submission: { kind: 'accept-then-drop' } },
  'accept-then-silence': { submission: { kind: 'accept-then-silence' } },
  'accept-then-500': {
    submission: { kind: 'accept-then', answer: { status: 500, json: rpcError(500, 'INTERNAL') } },
  },
  'refuse-429': {
    submission: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '5' }, json: rpcError(429, 'RESOURCE_EXHAUSTED') },
    },
  },
  stuck: { fate: 'running' },
  expired: { fate: 'timeout' },
  moderated: { fate: 'filtered' },
  'completes-with-error': { fate: 'failed' },
  'slow-file': { file: 'slow' },
  'broken-file': { file: 'broken' },
  'wrong-type': { file: 'wrong-type' },
  redirect: { file: 'redirect' },
  'redirect-inside': { file: 'redirect-inside' },
  'result-inside': { fate: 'elsewhere' },
};

/** Vertex's Veo routes, Cloud Storage's JSON API and Google's tokens on the loopback. `video` is the finished film of every job. */
export async function startVertexEmulator(
  options: { readonly token: string; readonly video: Buffer } & RunOptions,
): Promise<VertexEmulator> {
  const { script } = options;
  const jobs = new Map<string, VertexJob>();
  let account: ServiceAccountFile | undefined;
  const submissions: EmulatorRequest[] = [];
  const objects = new Map<string, Buffer>();
  const denied: EmulatorAnswer = { status: 401, json: { error: { code: 401, status: 'UNAUTHENTICATED' } } };
  const authorised =
    (handler: (request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>) => (request: EmulatorRequest) =>
      request.headers.authorization === `Bearer ${options.token}` ? handler(request) : denied;

  const { putFilms, ...bucketRoutes } = bucketOf({ ...options, state: () => state, jobs, objects });
  const routes = {
    'POST /token': (request) => tokenAnswer(request, { account, token: options.token }),
    'POST /upload/storage/v1/b/films/o': authorised(bucketRoutes.put),
    'GET /storage/v1/b/films/o': authorised(bucketRoutes.list),
    'GET /storage/v1/b/films/o/:name': authorised(bucketRoutes.read),
    'POST /v1/projects/:project/locations/:location/publishers/google/models/*call': async (request) => {
      const call = request.params['call'] ?? '';
      const isSubmission = call.endsWith(':predictLongRunning');
      if (isSubmission && script === undefined) submissions.push(request);
      if (request.headers.authorization !== `Bearer ${options.token}`) return denied;
      if (isSubmission) return submit(state, jobs, { request, model: call.split(':')[0] ?? '', script });
      putFilms();
      return call.endsWith(':fetchPredictOperation') ? look(state, jobs, request) : { status: 404, json: {} };
    },
  } satisfies EmulatorRoutes;
  const emulator: Emulator = await startEmulator(routes, options);
  const state: VertexEmulator = {
    origin: emulator.origin,
    project: 'project-of-ours',
    location: 'us-central1',
    storageUri: `gs://${bucket}/reelay`,
    token: options.token,
    requests: emulator.requests,
    connections: emulator.connections,
    get jobs() {
      return [...jobs.values()];
    },
    submissions,
    posts: (mark) => submissions.filter(({ body }) => body.includes(mark)).length,
    objects,
    ...usual,
    slowPauseMs: 10,
    get fate() {
      return fate;
    },
    set fate(next) {
      fate = next;
      putFilms();
    },
    statusAnswer: undefined,
    uploadAnswer: undefined,
    listAnswer: undefined,
    insideUrl: 'http://127.0.0.1:1/secret',
    latencyMs: 0,
    serviceAccount: () => {
      account ??= createServiceAccount(state.project, `${emulator.origin}/token`);
      return account;
    },
    close: emulator.close,
  };
  let fate: VertexFate = 'running';
  return state;
}

interface BucketParts {
  readonly state: () => VertexEmulator;
  readonly jobs: ReadonlyMap<string, VertexJob>;
  readonly objects: Map<string, Buffer>;
  readonly video: Buffer;
  readonly script?: RunOptions['script'];
}

function bucketOf({ state, jobs, objects, video, script }: BucketParts) {
  /** A film is in the bucket when its job is done, whether somebody asks or not. */
  const putFilms = () => {
    for (const job of jobs.values()) if (job.modes().fate === 'done') remember(objects, objectOf(filmOf(job)), video);
  };
  const put: EmulatorHandler = ({ query, body }) => {
    const { uploadAnswer } = state();
    if (uploadAnswer !== undefined) return uploadAnswer;
    // Nobody reads a source back; those of days would fill the memory.
    remember(objects, query.get('name') ?? '', script === undefined ? body : Buffer.alloc(1));
    return { status: 200, json: { name: query.get('name'), size: String(body.length) } };
  };
  const list: EmulatorHandler = ({ query }) => {
    putFilms();
    const prefix = query.get('prefix') ?? '';
    const all = [...objects].filter(([name]) => name.startsWith(prefix));
    const items = all.map(([name, { length }]) => ({ name, size: String(length) }));
    return state().listAnswer ?? { status: 200, json: items.length === 0 ? {} : { items } };
  };
  const read: EmulatorHandler = ({ params, query }) => {
    putFilms();
    const name = params['name'] ?? '';
    const bytes = objects.get(name);
    if (bytes === undefined || query.get('alt') !== 'media') return { status: 404, json: {} };
    const job = [...jobs.values()].find((one) => objectOf(filmOf(one)) === name);
    return fileAnswer(state(), job?.modes() ?? state(), bytes);
  };
  return { putFilms, put, list, read };
}

function filmOf({ storageUri, name }: VertexJob): string {
  return `${storageUri}${name.split('/').at(-1)}/sample_0.mp4`;
}

function objectOf(uri: string): string {
  return uri.slice(`gs://${bucket}/`.length);
}

async function submit(
  state: VertexEmulator,
  jobs: Map<string, VertexJob>,
  {
    request,
    model,
    script,
  }: { readonly request: EmulatorRequest; readonly model: string; readonly script: RunOptions['script'] },
): Promise<EmulatorAnswer> {
  if (state.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, state.latencyMs));
  const refusal = vertexRefusal(model, request.body.toString());
  if (refusal !== undefined) return refusal;
  const plan = script?.plan();
  const modes = plan === undefined ? () => state : modesOf(plan, { running: 'running', usual, faults: vertexFaults });
  const { submission } = modes();
  if (submission.kind === 'refuse') return submission.answer;
  const { parameters } = JSON.parse(request.body.toString()) as {
    readonly parameters: { readonly storageUri: string };
  };
  const path = `projects/${request.params['project']}/locations/${request.params['location']}/publishers/google/models`;
  const name = `${path}/${model}/operations/${script === undefined ? `9000-${jobs.size + 1}` : randomUUID()}`;
  remember(jobs, name, { name, storageUri: parameters.storageUri, modes });
  script?.made(request, { id: name.split('/').at(-1) ?? '', mark: parameters.storageUri, fault: plan?.fault });
  const answers: Readonly<Record<Exclude<VertexSubmission['kind'], 'refuse'>, EmulatorAnswer>> = {
    accept: { status: 200, json: { name } },
    'accept-then-drop': 'drop',
    'accept-then-silence': 'silence',
    'accept-then': submission.kind === 'accept-then' ? submission.answer : 'drop',
  };
  return answers[submission.kind];
}

function look(
  { statusAnswer }: VertexEmulator,
  jobs: ReadonlyMap<string, VertexJob>,
  request: EmulatorRequest,
): EmulatorAnswer {
  if (statusAnswer !== undefined) return statusAnswer;
  const { operationName } = JSON.parse(request.body.toString()) as { readonly operationName: string };
  const job = jobs.get(operationName);
  if (job === undefined)
    return { status: 404, json: { error: { code: 404, message: hiddenText, status: 'NOT_FOUND' } } };
  const ended = (more: object): EmulatorAnswer => ({ status: 200, json: { name: job.name, done: true, ...more } });
  const films = (uri: string) => ended({ response: { videos: [{ gcsUri: uri, mimeType: 'video/mp4' }] } });
  const answers: Readonly<Record<VertexFate, EmulatorAnswer>> = {
    running: { status: 200, json: { name: job.name } },
    done: films(filmOf(job)),
    filtered: ended({ response: { raiMediaFilteredCount: 1, raiMediaFilteredReasons: [hiddenText] } }),
    blocked: ended({ error: { code: 3, message: hiddenText } }),
    failed: ended({ error: { code: 13, message: hiddenText } }),
    timeout: ended({ error: { code: 4, message: hiddenText } }),
    elsewhere: films('gs://somebody-else/film.mp4'),
    empty: ended({ response: {} }),
  };
  return answers[job.modes().fate];
}

function fileAnswer(
  { origin, insideUrl }: VertexEmulator,
  { file, slowPauseMs }: Readonly<VertexModes>,
  bytes: Buffer,
): EmulatorAnswer {
  const answers: Readonly<Record<VertexFile, EmulatorAnswer>> = {
    plain: { status: 200, headers: { 'content-type': 'video/mp4' }, body: bytes },
    slow: { status: 200, body: bytes, slowly: { pieces: 8, pauseMs: slowPauseMs } },
    broken: { status: 200, body: bytes, breakOff: true },
    unavailable: { status: 503, json: { error: { message: hiddenText } } },
    'wrong-type': { status: 200, headers: { 'content-type': 'text/html' }, body: bytes },
    redirect: { status: 302, headers: { location: `${origin}/moved.mp4` } },
    'redirect-inside': { status: 302, headers: { location: insideUrl } },
  };
  return answers[file];
}
