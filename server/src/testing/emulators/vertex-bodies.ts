import type { JsonObject } from '../../contract/index.ts';
import { bodyChecker, closed, flag, list, oneOf, text, whole } from './body-check.ts';
import type { EmulatorAnswer } from './emulator.ts';

/** What `predictLongRunning` takes of Veo's models, as Google's reference states it. */

const folder = { type: 'string', pattern: '^gs://.+/$' };
const stored = { type: 'string', pattern: '^gs://.+[^/]$' };
const picture = closed({ 'gcsUri*': stored, 'mimeType*': oneOf('image/png', 'image/jpeg') });
const video = closed({ 'gcsUri*': stored, 'mimeType*': oneOf('video/mp4', 'video/mov') });

/** A last frame needs a first one; references and a source stand alone. References to a style are for Veo 2 alone. */
const instance: JsonObject = {
  ...closed({
    'prompt*': text,
    image: picture,
    lastFrame: picture,
    video,
    referenceImages: list(closed({ 'image*': picture, 'referenceType*': oneOf('asset') }), 3),
  }),
  dependentRequired: { lastFrame: ['image'] },
  dependentSchemas: {
    video: { not: { anyOf: [{ required: ['image'] }, { required: ['referenceImages'] }] } },
    referenceImages: { not: { required: ['image'] } },
  },
};

function schema(model: string): JsonObject {
  const lite = model.includes('lite');
  return closed({
    'instances*': { type: 'array', items: instance, minItems: 1, maxItems: 1 },
    'parameters*': closed({
      sampleCount: whole(1, 4),
      'storageUri*': folder,
      durationSeconds: oneOf(4, 6, 7, 8),
      resolution: lite ? oneOf('720p', '1080p') : oneOf('720p', '1080p', '4k'),
      aspectRatio: oneOf('16:9', '9:16'),
      generateAudio: flag,
      seed: whole(0, 4_294_967_295),
      negativePrompt: text,
      enhancePrompt: flag,
      personGeneration: oneOf('dont_allow', 'allow_adult', 'allow_all'),
    }),
    labels: { type: 'object', additionalProperties: { type: 'string', pattern: '^[a-z0-9_-]{0,63}$' } },
  });
}

const checks = new Map(
  ['veo-3.1-generate-001', 'veo-3.1-fast-generate-001', 'veo-3.1-lite-generate-001'].map((model) => [
    model,
    bodyChecker(schema(model)),
  ]),
);

/** The answer to a submission that Google would not take; undefined where it would. */
export function vertexRefusal(model: string, body: string): EmulatorAnswer | undefined {
  const check = checks.get(model);
  if (check === undefined) return { status: 404, json: { error: { code: 404, status: 'NOT_FOUND', message: model } } };
  const faults = check(body).map(({ path, message }) => `${path.join('.')} ${message}`);
  if (faults.length === 0) return undefined;
  return { status: 400, json: { error: { code: 400, status: 'INVALID_ARGUMENT', message: faults.join('; ') } } };
}
