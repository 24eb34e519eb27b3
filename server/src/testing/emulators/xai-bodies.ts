import type { JsonObject } from '../../contract/index.ts';
import { bodyChecker, closed, flag, list, oneOf, text, whole } from './body-check.ts';
import type { EmulatorAnswer } from './emulator.ts';

/** What xAI's video routes take. Stricter than xAI, which ignores keys that it does not know. */

const source = closed({ 'url*': { type: 'string', pattern: '^(https?://|data:)' } });
const every = {
  'prompt*': text,
  storage_options: closed({ 'filename*': text, expires_after: whole(1, 2_592_000) }),
};

function generations(resolutions: readonly string[]): JsonObject {
  return {
    ...closed({
      ...every,
      'model*': text,
      duration: whole(1, 15),
      aspect_ratio: oneOf('16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16'),
      resolution: oneOf(...resolutions),
      generate_audio: flag,
      image: source,
      reference_images: list(source, 7),
    }),
    dependentSchemas: { image: { not: { required: ['reference_images'] } } },
  };
}

/** By route and model. Edits and extensions of version 1.5 are told of by some and denied by others: not here. */
const checks = new Map(
  Object.entries({
    'generations grok-imagine-video': generations(['480p', '720p']),
    'generations grok-imagine-video-1.5': generations(['480p', '720p', '1080p']),
    'edits grok-imagine-video': closed({ ...every, 'model*': text, 'video*': source }),
    'extensions grok-imagine-video': closed({ ...every, 'model*': text, 'video*': source, duration: whole(2, 10) }),
  }).map(([name, schema]) => [name, bodyChecker(schema)]),
);

/** The answer to a submission that xAI would not take; undefined where it would. */
export function xaiRefusal(path: string, body: string): EmulatorAnswer | undefined {
  const route = path.split('/').at(-1);
  const { model } = JSON.parse(body) as { readonly model?: unknown };
  const check = checks.get(`${route} ${String(model)}`);
  if (check === undefined) return { status: 404, json: { error: `no model ${String(model)} for ${route}` } };
  const faults = check(body).map(({ path: at, message }) => `${at.join('.')} ${message}`);
  return faults.length === 0 ? undefined : { status: 422, json: { error: { message: faults.join('; ') } } };
}
