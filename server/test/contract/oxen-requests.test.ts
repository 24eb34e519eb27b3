import { beforeAll, describe, expect, test } from 'vitest';
import { type FaceIndex, loadCatalogue } from '../../src/catalogue/catalogue.ts';
import type { JsonObject, Task, TaskState } from '../../src/contract/index.ts';
import { oxenError } from '../../src/dialects/oxen/errors.ts';
import { names } from '../../src/dialects/oxen/names.ts';
import { newQueuedTasks, newTasks, readSubmission } from '../../src/dialects/oxen/request.ts';
import { enqueuedBody, historyRow, queueRow } from '../../src/dialects/oxen/response.ts';
import { oxenStatus } from '../../src/dialects/oxen/status.ts';
import { type ErrorCode, errors, ReelayError } from '../../src/errors.ts';

let faces: FaceIndex;

beforeAll(async () => {
  faces = (await loadCatalogue()).faces('oxen', names);
});

const links = {
  sign: ({ id, filename }: { readonly id: string; readonly filename: string }) =>
    `https://here/files/${id}/${filename}`,
} as never;

const anyUrl = () => undefined;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What Oxen's page and reference send, what it means here, and what its row repeats. */
const table = [
  {
    name: 'edit, minimal',
    body: {
      model: 'xai-grok-imagine-video-edit-video',
      prompt: '<prompt>',
      input_video: 'https://example.com/ox.mp4',
    },
    neutral: {
      operation: 'edit',
      prompt: '<prompt>',
      resolution: 'auto',
      inputs: [{ role: 'video', url: 'https://example.com/ox.mp4', field: 'input_video' }],
      options: {},
    },
    row: { prompt: '<prompt>', input_video: 'https://example.com/ox.mp4' },
  },
  {
    name: 'edit, all parameters and a target',
    body: {
      model: 'xai-grok-imagine-video-edit-video',
      prompt: '<prompt>',
      input_video: 'https://example.com/ox.mp4',
      resolution: '480p',
      target_namespace: 'team',
      target_repo: 'clips',
      target_directory: null,
    },
    neutral: {
      operation: 'edit',
      prompt: '<prompt>',
      resolution: '480p',
      inputs: [{ role: 'video', url: 'https://example.com/ox.mp4', field: 'input_video' }],
      options: {},
    },
    row: { resolution: '480p', target_namespace: 'team', target_repo: 'clips', target_directory: null },
  },
  {
    name: 'image to video, with the defaults of its page',
    body: {
      model: 'xai-grok-imagine-video-image-to-video',
      prompt: 'waves',
      input_image: 'https://example.com/a.png',
    },
    neutral: {
      operation: 'image-to-video',
      prompt: 'waves',
      durationSeconds: 6,
      aspectRatio: '16:9',
      resolution: '480p',
      inputs: [{ role: 'image', url: 'https://example.com/a.png', field: 'input_image' }],
      options: {},
    },
    row: { input_image: 'https://example.com/a.png' },
  },
  {
    name: 'a model without a page at Oxen, under its own id',
    body: {
      model: 'grok-imagine-reference-to-video',
      prompt: '@Image1 walks',
      input_images: ['https://example.com/a.png', 'https://example.com/b.png'],
      duration: 3,
    },
    neutral: {
      operation: 'reference-to-video',
      prompt: '@Image1 walks',
      durationSeconds: 3,
      inputs: [
        { role: 'reference', url: 'https://example.com/a.png', field: 'input_images[0]' },
        { role: 'reference', url: 'https://example.com/b.png', field: 'input_images[1]' },
      ],
    },
    row: { duration: 3 },
  },
  {
    name: 'a picture in the body, which no row repeats',
    body: {
      model: 'xai-grok-imagine-video-image-to-video',
      prompt: 'waves',
      input_image: `data:image/png;base64,${'A'.repeat(9_000)}`,
      response_format: 'b64_json',
    },
    neutral: {
      operation: 'image-to-video',
      inputs: [{ role: 'image', url: `data:image/png;base64,${'A'.repeat(9_000)}`, field: 'input_image' }],
    },
    row: { input_image: `data:image/png;base64,${'A'.repeat(42)}...`, response_format: 'b64_json' },
  },
] as const;

const row = (task: Partial<Task>) =>
  ({
    id: 'id-1',
    accountId: 'acct-1',
    requestedModel: 'm',
    parameters: {},
    warnings: [],
    progress: 0,
    provider: 'local',
    createdAt: 1_775_090_508_999,
    ...task,
  }) as Task;

const intake = () => ({ faces, checkCallbackUrl: anyUrl });

describe('request → neutral → answer', () => {
  test.each(table)('$name', ({ body, neutral, row: expected }) => {
    const submission = readSubmission(body, intake());
    const [task] = newTasks(submission, anyUrl);
    expect(task?.id).toMatch(uuid);
    expect(task?.request).toMatchObject(neutral);
    const queued = row({ state: 'queued', ...task, requestedModel: submission.requestedModel, dueAt: 0 });
    expect(enqueuedBody([queued])).toEqual({ generations: [{ generation_id: task?.id, status: 'queued' }] });
    expect(queueRow(queued, { links })).toMatchObject({
      ...expected,
      generation_id: task?.id,
      model_name: body.model,
      media_type: 'video',
      status: 'queued',
      enqueued_at: 1_775_090_508,
      started_at: null,
      completed_at: null,
      result_url: null,
      error_message: null,
    });
  });

  test('num_generations makes that many tasks with ids of their own', () => {
    const submission = readSubmission({ ...table[0].body, num_generations: 4 }, intake());
    const tasks = newTasks(submission, anyUrl);
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(4);
    expect(tasks[0]?.parameters).not.toHaveProperty('num_generations');
  });

  test('the queue takes any model parameter and lets the job fail by it', () => {
    const submission = readSubmission({ ...table[0].body, resolution: '8k', loop: true }, intake());
    const [task] = newQueuedTasks(submission, anyUrl);
    expect(task).toMatchObject({
      request: { operation: 'edit', prompt: '<prompt>', inputs: [], options: {} },
      fault: {
        code: 'invalid_parameters',
        message: expect.stringMatching(/resolution: .*; loop: |loop: .*; resolution: /),
      },
    });
    expect(() => newTasks(submission, anyUrl)).toThrow(/resolution: must be one of/);
  });

  test('so it does with a URL that could never be fetched', () => {
    const refuse = () => {
      throw new ReelayError('blocked_address', 'leads to this machine itself');
    };
    const [task] = newQueuedTasks(readSubmission(table[0].body, intake()), refuse);
    expect(task?.fault).toEqual({
      code: 'invalid_parameters',
      message: 'input_video: leads to this machine itself',
    });
  });
});

describe('rows', () => {
  const outputs = [{ assetId: 'file-1', filename: 'm.mp4', contentType: 'video/mp4', expiresAt: 9e15 }];
  const parameters: JsonObject = {
    prompt: 'x',
    seed: 7,
    generation_id: 'mine',
    status: 'succeeded',
    cost: '99',
    progress: 1000,
    provider: 'mine',
    username: 'mine',
    result_url: 'https://elsewhere',
    media_type: 'image',
    completed_at: 1,
    error_message: 'mine',
  };

  test('our own fields win over parameters of the same name', () => {
    const task = row({ state: 'running', waiting: false, startedAt: 1_775_090_510_000, progress: 40, parameters });
    expect(historyRow(task, { links, accountName: 'default' })).toEqual({
      seed: 7,
      generation_id: 'id-1',
      model_name: 'm',
      media_type: 'video',
      status: 'processing',
      prompt: 'x',
      enqueued_at: 1_775_090_508,
      started_at: 1_775_090_510,
      completed_at: null,
      result_url: null,
      error_message: null,
      target_namespace: null,
      target_repo: null,
      target_directory: null,
      progress: 40,
      provider: 'local',
      cost: null,
      user_id: null,
      username: 'default',
      user_image: null,
    });
  });

  test.each([
    [0, null],
    [400_000, '0.40'],
    [1_000_000, '1.00'],
    [12_345_678, '12.345678'],
    [50, '0.00005'],
  ])('%i micro-dollars are %s', (costMicros, cost) => {
    const task = row({ state: 'succeeded', outputs, completedAt: 1_775_090_600_000, costMicros, progress: 100 });
    expect(historyRow(task, { links, accountName: 'a' })).toMatchObject({
      status: 'succeeded',
      completed_at: 1_775_090_600,
      result_url: 'https://here/files/file-1/m.mp4',
      cost,
    });
  });

  test('what a provider will not do is told', () => {
    const warnings = ['auto_fix is ignored by the provider local'];
    expect(queueRow(row({ state: 'queued', dueAt: 0, warnings }), { links })).toMatchObject({ warnings });
  });

  test.each([
    ['queued', undefined, 'queued'],
    ['preparing', undefined, 'queued'],
    ['running', true, 'queued'],
    ['submitting', undefined, 'processing'],
    ['uncertain', undefined, 'processing'],
    ['running', false, 'processing'],
    ['storing', undefined, 'processing'],
    ['succeeded', undefined, 'succeeded'],
    ['failed', undefined, 'failed'],
    ['cancelled', undefined, 'cancelled'],
  ] as const)('a task that is %s (waiting: %s) reads %s', (state: TaskState, waiting, status) => {
    expect(oxenStatus({ state, ...(waiting !== undefined && { waiting }) })).toBe(status);
  });
});

describe('errors', () => {
  test.each(Object.keys(errors) as ErrorCode[])('%s has one of the two envelopes and a status Oxen has', (code) => {
    const { status, body } = oxenError(new ReelayError(code, 'what happened'), 'req-1');
    expect([400, 401, 402, 403, 404, 409, 413, 429, 500, 503]).toContain(status);
    if (code === 'model_not_found') {
      expect(body).toEqual({ error: { message: 'what happened' } });
      return;
    }
    const { error, ...rest } = body as { readonly error: { readonly type: string } };
    expect(rest).toEqual({ status: 'error', status_message: error.type });
    expect(error).toMatchObject({ type: expect.any(String), title: expect.any(String) });
  });

  test.each([
    ['content_policy_violation', 400],
    ['input_duration', 400],
    ['input_unreachable', 400],
    ['aspect_ratio_mismatch', 400],
    ['generation_failed', 500],
    ['generation_timeout', 500],
    ['submission_unknown', 500],
    ['provider_unavailable', 503],
  ] as const)('a job that failed by %s answers a blocked client with %i and its code', (code, expected) => {
    const { status, body } = oxenError(new ReelayError(code, 'why'), 'req-1');
    expect(status).toBe(expected);
    expect(body.error).toMatchObject({ detail: expect.stringMatching(new RegExp(`^${code}: why`)) });
  });
});
