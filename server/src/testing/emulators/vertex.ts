import { type Emulator, type EmulatorAnswer, type EmulatorRequest, startEmulator } from './emulator.ts';

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
export type VertexFile = 'plain' | 'slow' | 'broken' | 'unavailable' | 'wrong-type' | 'redirect-inside';

export interface VertexJob {
  readonly name: string;
  readonly storageUri: string;
}

export interface VertexEmulator {
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
  submission: VertexSubmission;
  fate: VertexFate;
  /** Answers looks at jobs instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  /** Answers uploads, lists of the bucket, instead of what it holds. */
  uploadAnswer: EmulatorAnswer | undefined;
  listAnswer: EmulatorAnswer | undefined;
  file: VertexFile;
  /** Where `redirect-inside` leads. */
  insideUrl: string;
  latencyMs: number;
  close(): Promise<void>;
}

const hiddenText = 'quota of projects/team-42 on borg cell gpu-17';
const bucket = 'films';

/** Vertex's Veo routes and Cloud Storage's JSON API on the loopback. `video` is the finished film of every job. */
export async function startVertexEmulator(options: {
  readonly token: string;
  readonly video: Buffer;
}): Promise<VertexEmulator> {
  const jobs: VertexJob[] = [];
  const submissions: EmulatorRequest[] = [];
  const objects = new Map<string, Buffer>();
  const denied: EmulatorAnswer = { status: 401, json: { error: { code: 401, status: 'UNAUTHENTICATED' } } };
  const authorised =
    (handler: (request: EmulatorRequest) => EmulatorAnswer | Promise<EmulatorAnswer>) => (request: EmulatorRequest) =>
      request.headers.authorization === `Bearer ${options.token}` ? handler(request) : denied;

  const emulator: Emulator = await startEmulator({
    'POST /upload/storage/v1/b/films/o': authorised(({ query, body }) => {
      if (state.uploadAnswer !== undefined) return state.uploadAnswer;
      objects.set(query.get('name') ?? '', body);
      return { status: 200, json: { name: query.get('name'), size: String(body.length) } };
    }),
    'GET /storage/v1/b/films/o': authorised(({ query }) => {
      const prefix = query.get('prefix') ?? '';
      const all = [...objects].filter(([name]) => name.startsWith(prefix));
      const items = all.map(([name, { length }]) => ({ name, size: String(length) }));
      return state.listAnswer ?? { status: 200, json: items.length === 0 ? {} : { items } };
    }),
    'GET /storage/v1/b/films/o/:name': authorised(({ params, query }) => {
      const bytes = objects.get(params['name'] ?? '');
      return bytes === undefined || query.get('alt') !== 'media' ? { status: 404, json: {} } : fileAnswer(state, bytes);
    }),
    'POST /v1/projects/:project/locations/:location/publishers/google/models/*call': async (request) => {
      const call = request.params['call'] ?? '';
      const isSubmission = call.endsWith(':predictLongRunning');
      if (isSubmission) submissions.push(request);
      if (request.headers.authorization !== `Bearer ${options.token}`) return denied;
      if (isSubmission) return submit(state, jobs, { request, model: call.split(':')[0] ?? '' });
      if (call.endsWith(':fetchPredictOperation')) return look(state, jobs, { request, objects, video: options.video });
      return { status: 404, json: {} };
    },
  });
  const state: VertexEmulator = {
    origin: emulator.origin,
    project: 'project-of-ours',
    location: 'us-central1',
    storageUri: `gs://${bucket}/reelay`,
    token: options.token,
    requests: emulator.requests,
    connections: emulator.connections,
    jobs,
    submissions,
    posts: (mark) => submissions.filter(({ body }) => body.includes(mark)).length,
    objects,
    submission: { kind: 'accept' },
    get fate() {
      return fate;
    },
    set fate(next) {
      fate = next;
      // A film is in the bucket when its job is done, whether somebody asks or not.
      if (next === 'done') for (const job of jobs) objects.set(objectOf(filmOf(job)), options.video);
    },
    statusAnswer: undefined,
    uploadAnswer: undefined,
    listAnswer: undefined,
    file: 'plain',
    insideUrl: 'http://127.0.0.1:1/secret',
    latencyMs: 0,
    close: emulator.close,
  };
  let fate: VertexFate = 'running';
  return state;
}

function filmOf({ storageUri, name }: VertexJob): string {
  return `${storageUri}${name.split('/').at(-1)}/sample_0.mp4`;
}

function objectOf(uri: string): string {
  return uri.slice(`gs://${bucket}/`.length);
}

async function submit(
  state: VertexEmulator,
  jobs: VertexJob[],
  { request, model }: { readonly request: EmulatorRequest; readonly model: string },
): Promise<EmulatorAnswer> {
  if (state.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, state.latencyMs));
  const { submission } = state;
  if (submission.kind === 'refuse') return submission.answer;
  const { parameters } = JSON.parse(request.body.toString()) as {
    readonly parameters: { readonly storageUri: string };
  };
  const path = `projects/${request.params['project']}/locations/${request.params['location']}/publishers/google/models`;
  const name = `${path}/${model}/operations/9000-${jobs.length + 1}`;
  jobs.push({ name, storageUri: parameters.storageUri });
  const answers: Readonly<Record<Exclude<VertexSubmission['kind'], 'refuse'>, EmulatorAnswer>> = {
    accept: { status: 200, json: { name } },
    'accept-then-drop': 'drop',
    'accept-then-silence': 'silence',
    'accept-then': submission.kind === 'accept-then' ? submission.answer : 'drop',
  };
  return answers[submission.kind];
}

interface LookParts {
  readonly request: EmulatorRequest;
  readonly objects: Map<string, Buffer>;
  readonly video: Buffer;
}

function look(
  state: VertexEmulator,
  jobs: readonly VertexJob[],
  { request, objects, video }: LookParts,
): EmulatorAnswer {
  if (state.statusAnswer !== undefined) return state.statusAnswer;
  const { operationName } = JSON.parse(request.body.toString()) as { readonly operationName: string };
  const job = jobs.find(({ name }) => name === operationName);
  if (job === undefined)
    return { status: 404, json: { error: { code: 404, message: hiddenText, status: 'NOT_FOUND' } } };
  if (state.fate === 'done') objects.set(objectOf(filmOf(job)), video);
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
  return answers[state.fate];
}

function fileAnswer(state: VertexEmulator, bytes: Buffer): EmulatorAnswer {
  const answers: Readonly<Record<VertexFile, EmulatorAnswer>> = {
    plain: { status: 200, headers: { 'content-type': 'video/mp4' }, body: bytes },
    slow: { status: 200, body: bytes, slowly: { pieces: 8, pauseMs: 10 } },
    broken: { status: 200, body: bytes, breakOff: true },
    unavailable: { status: 503, json: { error: { message: hiddenText } } },
    'wrong-type': { status: 200, headers: { 'content-type': 'text/html' }, body: bytes },
    'redirect-inside': { status: 302, headers: { location: state.insideUrl } },
  };
  return answers[state.file];
}
