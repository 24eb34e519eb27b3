import type { DescribedModel, Parameter } from '../../contract/index.ts';
import { objectOf } from '../exchange.ts';

/** Models that the operator's server lists and the catalogue does not know: all that is known of one is its name. */

/** The names in the answer to `GET /v1/models`; undefined where it is no list. An entry without a name is passed over. */
export function modelNames(text: string): readonly string[] | undefined {
  const entries = objectOf(text)?.['data'];
  if (!Array.isArray(entries)) return undefined;
  return entries.flatMap((entry: unknown) => {
    const id = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined;
    return typeof id === 'string' && id !== '' ? [id] : [];
  });
}

/** What vLLM-Omni's fields take; what a model makes of them only the server can say. */
const options: Readonly<Record<string, Parameter>> = {
  width: side('Width'),
  height: side('Height'),
  num_frames: {
    type: 'integer',
    title: 'Frames',
    minimum: 1,
    maximum: 2_000,
    description: 'Length of the video in pictures; goes before a duration.',
    example: 81,
  },
  fps: {
    type: 'integer',
    title: 'Frames per second',
    minimum: 1,
    maximum: 120,
    description: 'Pictures per second.',
    example: 16,
  },
  num_inference_steps: {
    type: 'integer',
    title: 'Steps',
    minimum: 1,
    maximum: 200,
    description: 'Denoising steps.',
    example: 40,
  },
  guidance_scale: {
    type: 'number',
    title: 'Guidance scale',
    minimum: 0,
    maximum: 20,
    description: 'How closely the video keeps to the prompt.',
    example: 5,
  },
};

function side(title: string): Parameter {
  return {
    type: 'integer',
    title,
    minimum: 16,
    maximum: 4_096,
    description: `${title} of the video in pixels; most models want a multiple of 16.`,
    example: 480,
  };
}

const parameters: DescribedModel['parameters'] = {
  prompt: {
    type: 'string',
    title: 'Prompt',
    required: true,
    minimumLength: 1,
    maximumLength: 4096,
    description: 'What the video shows.',
    example: 'A paper boat drifts down a rainy street',
  },
  image: {
    type: 'url',
    title: 'Input image',
    description: 'Publicly accessible URL of the picture that the video begins with, where the model takes one.',
    example: 'https://example.com/first-frame.jpg',
  },
  negativePrompt: {
    type: 'string',
    title: 'Negative prompt',
    maximumLength: 4096,
    description: 'What should not appear.',
    example: 'blurry, text',
  },
  durationSeconds: {
    type: 'integer',
    title: 'Duration',
    minimum: 1,
    maximum: 60,
    description: "Length of the video in seconds; the model's own when left out.",
    example: 4,
  },
  seed: {
    type: 'integer',
    title: 'Seed',
    minimum: 0,
    maximum: 2_147_483_647,
    description: 'Reproduces a result; random when left out.',
    example: 42,
  },
};

export function describeModel(name: string, provider: string): DescribedModel {
  const shown = displayNameOf(name);
  const maker = /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})\//.exec(shown)?.[1];
  return {
    operation: 'text-to-video',
    displayName: shown,
    developer:
      maker === undefined
        ? { name: 'Own server', slug: 'own-server' }
        : { name: maker, slug: maker.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-') },
    summary: 'A model of your own video server.',
    description: `The video server of this installation lists it as ${shown}. Which sizes and lengths it can make, and whether it takes a picture, depends on the model.`,
    parameters,
    options,
    mediaRules: {},
    price: { perOutputSecond: { auto: 0 }, source: "the operator's own hardware, which sends no bill" },
    offers: { [provider]: { model: name } },
    typicalSeconds: 120,
    sample: { prompt: 'A paper boat drifts down a rainy street' },
  };
}

/** Without the folders of a path on the server, which are nobody's business, and without what markdown or HTML would read. */
function displayNameOf(name: string): string {
  const isPath = /^(?:[./~\\]|[A-Za-z]:[\\/])/.test(name);
  const shown = isPath ? (name.split(/[\\/]+/).findLast((part) => /[^.~]/.test(part)) ?? '') : name;
  return shown.replaceAll(/[^\p{L}\p{N} ._/:+()-]+/gu, ' ').trim() || 'Unnamed model';
}
