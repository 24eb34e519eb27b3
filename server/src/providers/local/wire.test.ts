import { checkJob, type RenderJob } from '@reelay/renderer';
import { describe, expect, it, test } from 'vitest';
import { loadCatalogue } from '../../catalogue/catalogue.ts';
import type { GenerationRequest, Model, PreparedInput } from '../../contract/index.ts';
import { readDirectives } from './directives.ts';
import { honouredOptions, renderJob } from './wire.ts';

const catalogue = await loadCatalogue();
const plain = modelOf('grok-imagine-text-to-video');

function modelOf(id: string): Model {
  const model = catalogue.model(id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return model;
}

/** A model whose clips are asked for to the pixel and to the frame. */
const exact: Model = {
  ...plain,
  options: {
    width: { type: 'integer', default: 832, description: 'Width.' },
    height: { type: 'integer', default: 480, description: 'Height.' },
    num_frames: { type: 'integer', default: 41, description: 'Frames.' },
    guidance_scale: { type: 'integer', default: 5, description: 'Guidance.' },
  },
};

function picture(role: PreparedInput['role']): PreparedInput {
  const probe = { kind: 'image', container: 'png', demuxer: 'png_pipe', contentType: 'image/png' } as const;
  return { role, path: `/${role}`, probe: { ...probe, width: 1280, height: 720 } };
}

function jobOf(
  model: Model,
  request: Partial<GenerationRequest> = {},
  inputs: readonly PreparedInput[] = [],
): RenderJob {
  const job = renderJob(
    {
      ...{ attemptId: 'attempt-1', taskId: 'task-1', model, inputs, workFolder: '/work', deadline: 0 },
      request: { operation: 'text-to-video', prompt: 'a calm sea', inputs: [], options: {}, ...request },
    },
    readDirectives(request.prompt ?? 'a calm sea'),
    'full',
  );
  // Whatever is asked for, the renderer takes it.
  expect(checkJob(JSON.parse(JSON.stringify(job)))).toEqual(job);
  return job;
}

describe('a request', () => {
  it('of neutral fields', () => {
    const job = jobOf(plain, {
      ...{ prompt: '[reelay:fast] a sea', negativePrompt: 'rain', seed: 2 ** 31 + 5, durationSeconds: 8 },
      ...{ aspectRatio: '9:16', resolution: '4k', audio: false },
    });
    expect(job).toEqual({
      ...{ operation: 'text-to-video', prompt: 'a sea', negativePrompt: 'rain', seed: 5, quality: 'draft', inputs: [] },
      ...{ resolution: '4k', aspectRatio: '9:16', durationSeconds: 8, audio: false },
      ...{ outputPath: '/work/output.mp4', workFolder: '/work' },
    });
  });

  it('with a first and a last picture', () => {
    const job = jobOf(plain, { operation: 'image-to-video' }, [picture('image'), picture('last-image')]);
    expect(job.inputs.map(({ role, path }) => [role, path])).toEqual([
      ['image', '/image'],
      ['last-image', '/last-image'],
    ]);
  });

  it.each([undefined, 'image'] as const)('of a model that takes a picture or none: %s', (role) => {
    const operation = role === undefined ? 'text-to-video' : 'image-to-video';
    expect(jobOf(plain, { operation }, role === undefined ? [] : [picture(role)]).operation).toBe(operation);
  });
});

describe('size and length told by options', () => {
  const shape = ({ size, framesPerSecond, durationSeconds, resolution }: RenderJob) => ({
    ...{ size, framesPerSecond, frames: durationSeconds * (framesPerSecond ?? 24), resolution },
  });

  it.each([
    ['as they are', { width: 640, height: 352, num_frames: 81 }, 640, 352, 81],
    ['with their defaults', {}, 832, 480, 41],
    ['made even', { width: 333, height: 201 }, 334, 202, 41],
    ['no smaller than a video can be', { width: 1, height: 1, num_frames: 1 }, 16, 16, 1],
    ['no larger than is rendered', { width: 8192, height: 4608, num_frames: 9_999 }, 3840, 2160, 1_920],
  ])('%s', (_name, options, width, height, frames) => {
    expect(shape(jobOf(exact, { options }))).toEqual({
      ...{ size: { width, height }, framesPerSecond: 16, frames, resolution: 'auto' },
    });
  });

  test('are not read where the model has no such options', () => {
    const job = jobOf(plain, { options: { width: 640, height: 352, num_frames: 81 }, resolution: '720p' });
    expect(shape(job)).toEqual({ size: undefined, framesPerSecond: undefined, frames: 144, resolution: '720p' });
  });

  test('are what is honoured, and nothing else', () => {
    expect(honouredOptions(exact)).toEqual(['width', 'height', 'num_frames']);
    expect(honouredOptions(plain)).toEqual([]);
  });
});
