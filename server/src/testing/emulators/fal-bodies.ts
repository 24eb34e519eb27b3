import type { JsonObject } from '../../contract/index.ts';
import { type BodyFault, bodyChecker, closed, flag, list, oneOf, text, whole } from './body-check.ts';
import type { EmulatorAnswer } from './emulator.ts';

/** What fal's endpoints take, as the types of its client state it. Stricter than fal, which lets unknown keys pass. */

const url: JsonObject = { type: 'string', pattern: '^(https?://|data:)' };
const grokRatio = oneOf('16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16');
const grokPictureRatio = { enum: ['auto', '16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16'] };
const grokResolution = oneOf('480p', '720p');
const grokClip = { 'prompt*': text, resolution: grokResolution };

const grok: Readonly<Record<string, JsonObject>> = {
  'text-to-video': closed({ ...grokClip, duration: whole(1, 15), aspect_ratio: grokRatio }),
  'image-to-video': closed({
    ...grokClip,
    'image_url*': url,
    duration: whole(1, 15),
    aspect_ratio: grokPictureRatio,
  }),
  'reference-to-video': closed({
    ...grokClip,
    'reference_image_urls*': list(url, 7),
    duration: whole(1, 10),
    aspect_ratio: grokRatio,
  }),
  'edit-video': closed({ 'prompt*': text, 'video_url*': url, resolution: oneOf('auto', '480p', '720p') }),
  'extend-video': closed({ 'prompt*': text, 'video_url*': url, duration: whole(2, 10) }),
  'v1.5/image-to-video': closed({ ...grokClip, 'image_url*': url, duration: whole(1, 15) }),
};

function veo(resolutions: readonly string[]): Readonly<Record<string, JsonObject>> {
  const every = {
    'prompt*': text,
    resolution: oneOf(...resolutions),
    generate_audio: flag,
    auto_fix: flag,
    safety_tolerance: oneOf('1', '2', '3', '4', '5', '6'),
  };
  const wishes = { negative_prompt: text, seed: { type: 'integer' } };
  const frames = {
    ...every,
    ...wishes,
    duration: oneOf('4s', '6s', '8s'),
    aspect_ratio: oneOf('auto', '16:9', '9:16'),
  };
  return {
    '': closed({ ...frames, aspect_ratio: oneOf('16:9', '9:16') }),
    '/image-to-video': closed({ ...frames, 'image_url*': url }),
    '/first-last-frame-to-video': closed({ ...frames, 'first_frame_url*': url, 'last_frame_url*': url }),
    '/reference-to-video': closed({
      ...every,
      'image_urls*': list(url, 3),
      duration: oneOf('8s'),
      aspect_ratio: oneOf('16:9', '9:16'),
    }),
    '/extend-video': closed({
      ...every,
      ...wishes,
      'video_url*': url,
      duration: oneOf('7s'),
      aspect_ratio: oneOf('auto', '16:9', '9:16'),
      resolution: oneOf('720p'),
    }),
  };
}

/** Every endpoint under a path. */
function under(path: string, endpoints: Readonly<Record<string, JsonObject>>): readonly [string, JsonObject][] {
  return Object.entries(endpoints).map(([ending, schema]) => [`${path}${ending}`, schema]);
}

const large = veo(['720p', '1080p', '4k']);
const lite = Object.fromEntries(
  Object.entries(veo(['720p', '1080p'])).filter(([ending]) => !/reference|extend/.test(ending)),
);

const checks = new Map(
  [
    ...under('xai/grok-imagine-video/', grok),
    ...under('fal-ai/veo3.1', large),
    ...under('fal-ai/veo3.1/fast', large),
    ...under('fal-ai/veo3.1/lite', lite),
  ].map(([endpoint, schema]) => [endpoint, bodyChecker(schema)]),
);

/** The answer to a submission that fal would not take; undefined where it would. */
export function falRefusal(endpoint: string, body: string): EmulatorAnswer | undefined {
  const check = checks.get(endpoint);
  if (check === undefined) return { status: 404, json: { detail: `Path /${endpoint} not found` } };
  const faults = check(body);
  return faults.length === 0 ? undefined : { status: 422, json: { detail: faults.map(detailOf) } };
}

function detailOf({ path, message }: BodyFault): JsonObject {
  return { loc: ['body', ...path], msg: message, type: 'value_error' };
}
