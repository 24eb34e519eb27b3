import { randomUUID } from 'node:crypto';
import {
  type Emulator,
  type EmulatorAnswer,
  type EmulatorHandler,
  type EmulatorRequest,
  type EmulatorRoutes,
  startEmulator,
} from './emulator.ts';
import { formFault, type VideoForm } from './openai-form.ts';
import { type Fault, modesOf, type RunOptions, remember, scriptedSlowPauseMs } from './script.ts';

export type OpenaiSubmission =
  | { readonly kind: 'accept' }
  | { readonly kind: 'accept-then-drop' }
  | { readonly kind: 'accept-then-silence' }
  /** The job is made; the answer is this. */
  | { readonly kind: 'accept-then'; readonly answer: EmulatorAnswer }
  | { readonly kind: 'refuse'; readonly answer: EmulatorAnswer };

/** How a finished file is served. */
export type OpenaiFile = 'plain' | 'slow' | 'broken' | 'wrong-type' | 'redirect' | 'redirect-inside';

/** How a job behaves: all of them as the emulator is set, or each as a script has planned it. */
export interface OpenaiModes {
  submission: OpenaiSubmission;
  /** The server's own word. */
  fate: string;
  file: OpenaiFile;
}

export interface OpenaiEmulator {
  readonly origin: string;
  readonly requests: readonly EmulatorRequest[];
  /** POSTs that arrived. */
  readonly submissions: readonly EmulatorRequest[];
  /** Fields and files of the jobs that were made. */
  readonly forms: readonly VideoForm[];
  /** Jobs that were made and not deleted. */
  readonly jobs: ReadonlyMap<string, unknown>;
  /** What it lists, and the only models that it makes a job of. */
  models: readonly string[];
  /** Answers the list of models instead. */
  modelsAnswer: EmulatorAnswer | undefined;
  submission: OpenaiSubmission;
  /** Status of every job, from now on. */
  status: string;
  progress: number | undefined;
  /** Answers looks at jobs instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  /** Answers reads of a result instead of the file. */
  fileAnswer: EmulatorAnswer | undefined;
  /** Fields and files of a submission. */
  formOf(request: EmulatorRequest): Promise<VideoForm>;
  /** Forgets its jobs, as such servers do when they restart. */
  restart(): void;
  close(): Promise<void>;
}

const denied: EmulatorAnswer = { status: 401, json: { error: { message: 'Unauthorized' } } };
const missing: EmulatorAnswer = { status: 404, json: { detail: 'Video not found' } };

const usualModels = ['Wan-AI/Wan2.2-T2V-A14B-Diffusers', 'Wan-AI/Wan2.2-I2V-A14B-Diffusers', 'Wan-AI/Wan2.2-TI2V-5B'];

const usual: OpenaiModes = { submission: { kind: 'accept' }, fate: 'completed', file: 'plain' };

/** A server of one's own has no queue that gives up and no policy, and names no address of a result. */
export const openaiFaults: Partial<Readonly<Record<Fault, Partial<OpenaiModes>>>> = {
  'accept-then-drop': { submission: { kind: 'accept-then-drop' } },
  'accept-then-silence': { submission: { kind: 'accept-then-silence' } },
  'accept-then-500': {
    submission: { kind: 'accept-then', answer: { status: 500, json: { error: { message: 'internal' } } } },
  },
  'refuse-429': {
    submission: {
      kind: 'refuse',
      answer: { status: 429, headers: { 'retry-after': '5' }, json: { error: { message: 'busy' } } },
    },
  },
  stuck: { fate: 'in_progress' },
  'completes-with-error': { fate: 'failed' },
  'slow-file': { file: 'slow' },
  'broken-file': { file: 'broken' },
  'wrong-type': { file: 'wrong-type' },
  redirect: { file: 'redirect' },
  'redirect-inside': { file: 'redirect-inside' },
};

/** The Videos API as vLLM-Omni and SGLang Diffusion serve it. `video` is the finished file of every job. */
export async function startOpenaiEmulator(
  options: { readonly key?: string; readonly video: Buffer } & RunOptions,
): Promise<OpenaiEmulator> {
  const { script } = options;
  const jobs = new Map<string, () => Readonly<OpenaiModes>>();
  const submissions: EmulatorRequest[] = [];
  const forms: VideoForm[] = [];
  let made = 0;
  const guarded = (handler: EmulatorHandler) => withKey(options.key, handler);
  const known = (request: EmulatorRequest, answer: () => EmulatorAnswer): EmulatorAnswer =>
    jobs.has(request.params['id'] ?? '') ? answer() : missing;
  const byHand = (): OpenaiModes => ({ ...usual, submission: state.submission, fate: state.status });
  const videoObject = (id: string, status = jobs.get(id)?.().fate ?? state.status) => ({
    ...{ id, object: 'video', status, seconds: '6', size: '848x480' },
    ...(state.progress !== undefined && { progress: state.progress }),
    error: status === 'failed' ? { code: 'oom', message: 'CUDA out of memory at /srv/models/wan' } : null,
  });

  const submit: EmulatorHandler = async (request) => {
    const plan = script?.plan();
    const modes = plan === undefined ? byHand : modesOf(plan, { running: 'in_progress', usual, faults: openaiFaults });
    const { submission } = modes();
    if (submission.kind === 'refuse') return submission.answer;
    const form = await formOf(request);
    const fault = formFault(form, state.models);
    if (fault !== undefined) return fault;
    if (script === undefined) forms.push(form);
    made += 1;
    const id = `video_gen_${script === undefined ? made : randomUUID()}`;
    remember(jobs, id, modes);
    script?.made(request, { id, mark: undefined, fault: plan?.fault });
    return acceptance(submission, videoObject(id, 'queued'));
  };

  const routes = {
    'POST /v1/videos': (request) => {
      if (script === undefined) submissions.push(request);
      return guarded(submit)(request);
    },
    'GET /v1/models': guarded(() => state.modelsAnswer ?? modelList(state.models)),
    'GET /v1/videos/:id': guarded(
      (request) =>
        state.statusAnswer ?? known(request, () => ({ status: 200, json: videoObject(request.params['id'] ?? '') })),
    ),
    'DELETE /v1/videos/:id': guarded((request) =>
      known(request, () => {
        const id = request.params['id'] ?? '';
        jobs.delete(id);
        return { status: 200, json: { id, deleted: true, object: 'video.deleted' } };
      }),
    ),
    'GET /v1/videos/:id/content': guarded(
      (request) =>
        state.fileAnswer ??
        known(request, () => {
          const { file } = jobs.get(request.params['id'] ?? '')?.() ?? usual;
          return fileAnswer(file, options.video, emulator.origin);
        }),
    ),
  } satisfies EmulatorRoutes;
  const emulator: Emulator = await startEmulator(routes, options);
  const state: OpenaiEmulator = {
    origin: emulator.origin,
    requests: emulator.requests,
    submissions,
    forms,
    jobs,
    models: usualModels,
    modelsAnswer: undefined,
    submission: { kind: 'accept' },
    status: 'in_progress',
    progress: undefined,
    statusAnswer: undefined,
    fileAnswer: undefined,
    formOf,
    restart: () => jobs.clear(),
    close: emulator.close,
  };
  return state;
}

function withKey(key: string | undefined, handler: EmulatorHandler): EmulatorHandler {
  return (request) =>
    key === undefined || request.headers.authorization === `Bearer ${key}` ? handler(request) : denied;
}

function acceptance(submission: Exclude<OpenaiSubmission, { readonly kind: 'refuse' }>, job: object): EmulatorAnswer {
  if (submission.kind === 'accept') return { status: 200, json: job };
  if (submission.kind === 'accept-then') return submission.answer;
  return submission.kind === 'accept-then-drop' ? 'drop' : 'silence';
}

function modelList(models: readonly string[]): EmulatorAnswer {
  const data = models.map((id) => ({ id, object: 'model', owned_by: 'vllm-omni' }));
  return { status: 200, json: { object: 'list', data } };
}

async function formOf({ headers, body }: EmulatorRequest): Promise<VideoForm> {
  const type = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  return Object.fromEntries(form.entries());
}

function fileAnswer(file: OpenaiFile, video: Buffer, origin: string): EmulatorAnswer {
  const answers: Readonly<Record<OpenaiFile, EmulatorAnswer>> = {
    plain: { status: 200, headers: { 'content-type': 'video/mp4' }, body: video },
    slow: { status: 200, body: video, slowly: { pieces: 8, pauseMs: scriptedSlowPauseMs } },
    broken: { status: 200, body: video, breakOff: true },
    'wrong-type': { status: 200, headers: { 'content-type': 'text/html' }, body: video },
    redirect: { status: 302, headers: { location: `${origin}/moved.mp4` } },
    'redirect-inside': { status: 302, headers: { location: 'http://127.0.0.1:1/secret' } },
  };
  return answers[file];
}
