import { describe, expect, test } from 'vitest';
import { falRefusal } from './fal-bodies.ts';
import { vertexRefusal } from './vertex-bodies.ts';
import { xaiRefusal } from './xai-bodies.ts';

/** That the emulators refuse what the vendors would: a test of a provider proves nothing where they take anything. */

const url = 'https://example.com/a.png';
const prompt = 'a fox';

const status = (answer: ReturnType<typeof falRefusal>) => (typeof answer === 'object' ? answer.status : undefined);

describe('fal', () => {
  const frames = { prompt, duration: '8s', resolution: '1080p', aspect_ratio: '16:9', generate_audio: true };

  test.each<[string, object]>([
    ['fal-ai/veo3.1', { ...frames, seed: 1, negative_prompt: 'fog', auto_fix: true, safety_tolerance: '4' }],
    ['fal-ai/veo3.1/fast/image-to-video', { ...frames, image_url: url, resolution: '4k' }],
    ['fal-ai/veo3.1/lite/first-last-frame-to-video', { ...frames, first_frame_url: url, last_frame_url: url }],
    ['fal-ai/veo3.1/reference-to-video', { ...frames, image_urls: [url] }],
    ['xai/grok-imagine-video/v1.5/image-to-video', { prompt, image_url: url, duration: 6 }],
  ])('%s takes %j', (endpoint, body) => {
    expect(falRefusal(endpoint, JSON.stringify(body))).toBeUndefined();
  });

  test.each<[string, object, number, (readonly string[])?]>([
    ['fal-ai/veo3.1/text-to-video', frames, 404],
    ['fal-ai/veo3.1/lite/reference-to-video', { ...frames, image_urls: [url] }, 404],
    ['xai/grok-imagine-video/v1.5/text-to-video', { prompt }, 404],
    ['fal-ai/veo3.1', { ...frames, duration: 8 }, 422, ['body', 'duration']],
    ['fal-ai/veo3.1', { ...frames, safety_tolerance: 4 }, 422, ['body', 'safety_tolerance']],
    ['fal-ai/veo3.1/lite', { ...frames, resolution: '4k' }, 422, ['body', 'resolution']],
    ['fal-ai/veo3.1/image-to-video', frames, 422, ['body', 'image_url']],
    ['fal-ai/veo3.1/first-last-frame-to-video', { ...frames, first_frame_url: url }, 422, ['body', 'last_frame_url']],
    ['fal-ai/veo3.1/reference-to-video', { ...frames, image_urls: [url], seed: 1 }, 422, ['body', 'seed']],
    ['fal-ai/veo3.1/reference-to-video', { ...frames, image_urls: [url], duration: '4s' }, 422, ['body', 'duration']],
    ['fal-ai/veo3.1/reference-to-video', { ...frames, reference_image_urls: [url] }, 422, ['body', 'image_urls']],
    ['fal-ai/veo3.1/reference-to-video', { ...frames, image_urls: Array(4).fill(url) }, 422, ['body', 'image_urls']],
    ['xai/grok-imagine-video/text-to-video', { prompt, duration: '6s' }, 422, ['body', 'duration']],
    ['xai/grok-imagine-video/reference-to-video', { prompt, image_urls: [url] }, 422, ['body', 'image_urls']],
  ])('%s refuses %j with %i', (endpoint, body, code, loc) => {
    const answer = falRefusal(endpoint, JSON.stringify(body));
    expect(status(answer)).toBe(code);
    if (loc) {
      expect(answer).toMatchObject({ json: { detail: expect.arrayContaining([expect.objectContaining({ loc })]) } });
    }
  });

  test('a body that is no JSON is refused', () => {
    expect(status(falRefusal('fal-ai/veo3.1', '{'))).toBe(422);
  });
});

describe('Vertex', () => {
  const image = { gcsUri: 'gs://films/a/input.png', mimeType: 'image/png' };
  const parameters = { sampleCount: 1, storageUri: 'gs://films/a/', durationSeconds: 8, resolution: '1080p' };
  const body = (instance: object, more: object = {}) =>
    JSON.stringify({ instances: [{ prompt, ...instance }], parameters: { ...parameters, ...more } });

  test.each([{}, { image }, { image, lastFrame: image }, { referenceImages: [{ image, referenceType: 'asset' }] }])(
    'takes %j',
    (instance) => {
      expect(vertexRefusal('veo-3.1-generate-001', body(instance))).toBeUndefined();
    },
  );

  test.each<[string, string, string, number]>([
    ['a model that is not there', 'veo-3.1-generate-preview', body({}), 404],
    ['a last frame alone', 'veo-3.1-generate-001', body({ lastFrame: image }), 400],
    [
      'references beside a frame',
      'veo-3.1-generate-001',
      body({ image, referenceImages: [{ image, referenceType: 'asset' }] }),
      400,
    ],
    [
      'references in capitals',
      'veo-3.1-generate-001',
      body({ referenceImages: [{ image, referenceType: 'ASSET' }] }),
      400,
    ],
    [
      'references to a style',
      'veo-3.1-generate-001',
      body({ referenceImages: [{ image, referenceType: 'style' }] }),
      400,
    ],
    ['a picture in WebP', 'veo-3.1-generate-001', body({ image: { ...image, mimeType: 'image/webp' } }), 400],
    ['another length', 'veo-3.1-generate-001', body({}, { durationSeconds: 5 }), 400],
    ['a length in words', 'veo-3.1-generate-001', body({}, { durationSeconds: '8s' }), 400],
    ['4k of lite', 'veo-3.1-lite-generate-001', body({}, { resolution: '4k' }), 400],
    ['a folder that is none', 'veo-3.1-generate-001', body({}, { storageUri: 'gs://films/a' }), 400],
  ])('refuses %s', (_name, model, text, code) => {
    expect(status(vertexRefusal(model, text))).toBe(code);
  });
});

describe('xAI', () => {
  const clip = { model: 'grok-imagine-video-1.5', prompt, duration: 6, resolution: '1080p', image: { url } };

  test('takes 1080p from version 1.5 only', () => {
    expect(xaiRefusal('/v1/videos/generations', JSON.stringify(clip))).toBeUndefined();
    const base = { ...clip, model: 'grok-imagine-video' };
    expect(status(xaiRefusal('/v1/videos/generations', JSON.stringify(base)))).toBe(422);
  });

  test.each<[string, string, object, number]>([
    ['another model', 'generations', { ...clip, model: 'grok-video' }, 404],
    ['an extension by version 1.5', 'extensions', { model: clip.model, prompt, video: { url } }, 404],
    ['a picture by its name at other places', 'generations', { ...clip, image: undefined, image_url: url }, 422],
    ['references beside a picture', 'generations', { ...clip, reference_images: [{ url }] }, 422],
    ['a seed', 'generations', { ...clip, seed: 1 }, 422],
    ['an edit without a video', 'edits', { model: 'grok-imagine-video', prompt }, 422],
  ])('refuses %s', (_name, route, body, code) => {
    expect(status(xaiRefusal(`/v1/videos/${route}`, JSON.stringify(body)))).toBe(code);
  });
});
