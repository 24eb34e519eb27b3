import { type EmulatorAnswer, type EmulatorRequest, startEmulator } from './emulator.ts';

export type OpenaiSubmission =
  | { readonly kind: 'accept' }
  /** The job is made; the answer is this. */
  | { readonly kind: 'accept-then'; readonly answer: EmulatorAnswer }
  | { readonly kind: 'refuse'; readonly answer: EmulatorAnswer };

export interface OpenaiEmulator {
  readonly origin: string;
  readonly requests: readonly EmulatorRequest[];
  /** POSTs that arrived. */
  readonly submissions: readonly EmulatorRequest[];
  /** Jobs that were made and not deleted. */
  readonly jobs: ReadonlySet<string>;
  submission: OpenaiSubmission;
  /** Status of every job, from now on. */
  status: string;
  progress: number | undefined;
  /** Answers looks at jobs instead of their state. */
  statusAnswer: EmulatorAnswer | undefined;
  /** Answers reads of a result instead of the file. */
  fileAnswer: EmulatorAnswer | undefined;
  /** Fields and files of a submission. */
  formOf(request: EmulatorRequest): Promise<Readonly<Record<string, string | File>>>;
  close(): Promise<void>;
}

/** The Videos API as vLLM-Omni and SGLang Diffusion serve it. `video` is the finished file of every job. */
export async function startOpenaiEmulator(options: {
  readonly key?: string;
  readonly video: Buffer;
}): Promise<OpenaiEmulator> {
  const jobs = new Set<string>();
  const submissions: EmulatorRequest[] = [];
  let made = 0;
  const denied: EmulatorAnswer = { status: 401, json: { error: { message: 'Unauthorized' } } };
  const missing: EmulatorAnswer = { status: 404, json: { detail: 'Video not found' } };
  const guarded =
    (handler: (request: EmulatorRequest) => EmulatorAnswer) =>
    (request: EmulatorRequest): EmulatorAnswer =>
      options.key === undefined || request.headers.authorization === `Bearer ${options.key}`
        ? handler(request)
        : denied;
  const known = (request: EmulatorRequest, answer: () => EmulatorAnswer): EmulatorAnswer =>
    jobs.has(request.params['id'] ?? '') ? answer() : missing;
  const videoObject = (id: string) => ({
    ...{ id, object: 'video', status: state.status, seconds: '6', size: '848x480' },
    ...(state.progress !== undefined && { progress: state.progress }),
    error: state.status === 'failed' ? { code: 'oom', message: 'CUDA out of memory at /srv/models/wan' } : null,
  });

  const emulator = await startEmulator({
    'POST /v1/videos': (request) => {
      submissions.push(request);
      return guarded(() => {
        const { submission } = state;
        if (submission.kind === 'refuse') return submission.answer;
        made += 1;
        const id = `video_gen_${made}`;
        jobs.add(id);
        if (submission.kind === 'accept-then') return submission.answer;
        return { status: 200, json: { ...videoObject(id), status: 'queued' } };
      })(request);
    },
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
        known(request, () => ({ status: 200, headers: { 'content-type': 'video/mp4' }, body: options.video })),
    ),
  });
  const state: OpenaiEmulator = {
    origin: emulator.origin,
    requests: emulator.requests,
    submissions,
    jobs,
    submission: { kind: 'accept' },
    status: 'in_progress',
    progress: undefined,
    statusAnswer: undefined,
    fileAnswer: undefined,
    formOf: async ({ headers, body }) => {
      const type = headers['content-type'] ?? '';
      const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
      return Object.fromEntries(form.entries());
    },
    close: emulator.close,
  };
  return state;
}
