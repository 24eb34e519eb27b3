import type { Combination, Mode, Model, Offer, Parameter, Price } from '../contract/index.ts';
import { google, promptParameter } from './define.ts';

/**
 * What the models of Veo 3.1 that make clips share, by tier. Parameters: FoxAPI's pages `veo3.1/…` and, for what they
 * leave out, its catalogue. Prices: fal's model pages; that of fast in 4k is a reseller's word.
 *
 * Where the sources disagree:
 * - `generate_audio` is false by default in every table, true in a note about lite. False: nobody pays for sound unasked.
 * - Lite has `safety_tolerance` at fal, not at FoxAPI: it is not offered.
 * - At fal 720p is the default. 1080p, as FoxAPI says, is always sent.
 */

export type VeoTier = 'standard' | 'fast' | 'lite';

/** What a file adds: its name and its line. */
type Shared = Omit<Model, 'id' | 'displayName' | 'summary'>;

const prices: Readonly<Record<VeoTier, Price>> = {
  standard: {
    perOutputSecond: { '720p': 200_000, '1080p': 200_000, '4k': 400_000 },
    perOutputSecondWithAudio: { '720p': 400_000, '1080p': 400_000, '4k': 600_000 },
    source: 'https://fal.ai/models/fal-ai/veo3.1',
  },
  fast: {
    perOutputSecond: { '720p': 100_000, '1080p': 100_000, '4k': 300_000 },
    perOutputSecondWithAudio: { '720p': 150_000, '1080p': 150_000, '4k': 350_000 },
    source: 'https://fal.ai/models/fal-ai/veo3.1/fast',
  },
  lite: {
    perOutputSecond: { '720p': 30_000, '1080p': 50_000 },
    perOutputSecondWithAudio: { '720p': 50_000, '1080p': 80_000 },
    source: 'https://fal.ai/models/fal-ai/veo3.1/lite',
  },
};

const falModels: Readonly<Record<VeoTier, string>> = {
  standard: 'fal-ai/veo3.1',
  fast: 'fal-ai/veo3.1/fast',
  lite: 'fal-ai/veo3.1/lite',
};

const googleModels: Readonly<Record<VeoTier, string>> = {
  standard: 'veo-3.1-generate-001',
  fast: 'veo-3.1-fast-generate-001',
  lite: 'veo-3.1-lite-generate-001',
};

const typicalSeconds: Readonly<Record<VeoTier, number>> = { standard: 90, fast: 60, lite: 60 };

const falOptions: readonly string[] = ['auto_fix', 'safety_tolerance'];
const vertexOptions: readonly string[] = ['enhance_prompt', 'person_generation', 'reference_type'];

function offersOf(tier: VeoTier, options: Model['options'] = {}): Readonly<Record<string, Offer>> {
  const having = (names: readonly string[]) => ({ options: names.filter((name) => Object.hasOwn(options, name)) });
  return {
    fal: { model: falModels[tier], ...having(falOptions) },
    vertex: { model: googleModels[tier], ...having(vertexOptions) },
  };
}

const seconds: Parameter = {
  type: 'integer',
  title: 'Duration',
  default: 8,
  enum: [4, 6, 8],
  description: 'Length of the video in seconds.',
  example: 8,
};

/** Parameters that every model of a tier has. */
function clip(tier: VeoTier, what: { readonly description: string; readonly example: string }) {
  return {
    prompt: promptParameter(`${what.description} English or Chinese.`, what),
    aspectRatio: {
      type: 'string',
      title: 'Aspect ratio',
      default: '16:9',
      enum: ['16:9', '9:16'],
      description: 'Shape of the video.',
      example: '16:9',
    },
    durationSeconds: seconds,
    resolution: {
      type: 'string',
      title: 'Resolution',
      default: '1080p',
      enum: tier === 'lite' ? ['720p', '1080p'] : ['720p', '1080p', '4k'],
      description: 'Resolution of the video.',
      example: '1080p',
    },
    audio: {
      type: 'boolean',
      title: 'Generate audio',
      default: false,
      description: 'Whether sound is generated; it has its own price.',
      example: true,
    },
  } as const satisfies Model['parameters'];
}

const wishes = {
  negativePrompt: {
    type: 'string',
    title: 'Negative prompt',
    nullable: true,
    maximumLength: 4096,
    description: 'What should not be in the video, separated by commas. Do not pass it unless necessary.',
    example: 'blurry, low quality, watermark',
  },
  seed: {
    type: 'integer',
    title: 'Seed',
    nullable: true,
    minimum: 0,
    maximum: 4_294_967_295,
    description: 'Makes a result repeatable; random when left out. Do not pass it unless necessary.',
    example: 42,
  },
} as const satisfies Model['parameters'];

const autoFix: Parameter = {
  type: 'boolean',
  title: 'Auto fix',
  nullable: true,
  description: 'Whether a prompt that fails the content policy is rewritten. Do not pass it unless necessary.',
  example: true,
};

const safetyTolerance: Parameter = {
  type: 'integer',
  title: 'Safety tolerance',
  nullable: true,
  minimum: 1,
  maximum: 6,
  description: 'How much the content filter lets through; 1 is the strictest. Do not pass it unless necessary.',
  example: 3,
};

const standardOptions = {
  enhance_prompt: {
    type: 'boolean',
    title: 'Enhance prompt',
    nullable: true,
    description: 'Whether the prompt is elaborated before it is used. Do not pass it unless necessary.',
    example: true,
  },
  person_generation: {
    type: 'string',
    title: 'Person generation',
    nullable: true,
    enum: ['dont_allow', 'allow_adult'],
    description: 'Whether people may be in the video. Do not pass it unless necessary.',
    example: 'allow_adult',
  },
} as const satisfies Readonly<Record<string, Parameter>>;

const referenceType: Parameter = {
  type: 'string',
  title: 'Reference type',
  nullable: true,
  enum: ['ASSET', 'STYLE'],
  description: 'Whether the pictures show things, or the style of the video. Do not pass it unless necessary.',
  example: 'ASSET',
};

function optionsOf(tier: VeoTier, { references = false } = {}): Readonly<Record<string, Parameter>> {
  return {
    auto_fix: autoFix,
    ...(tier !== 'lite' && { safety_tolerance: safetyTolerance }),
    ...(tier === 'standard' && standardOptions),
    ...(tier === 'standard' && references && { reference_type: referenceType }),
  };
}

const liteCombinations: readonly Combination[] = [{ when: { resolution: ['1080p'] }, allow: { durationSeconds: [8] } }];

/** What does not depend on the parameters. */
function common(tier: VeoTier, options: Readonly<Record<string, Parameter>>) {
  return {
    developer: google,
    created: 1_795_219_200,
    options,
    ...(tier === 'lite' && { combinations: liteCombinations }),
    // Size and shape of pictures are advice at the vendor, not a condition.
    mediaRules: {},
    price: prices[tier],
    offers: offersOf(tier, options),
    typicalSeconds: typicalSeconds[tier],
  } as const;
}

const advice = 'At least 720p, and 16:9 or 9:16, gives the best result.';

function picture(title: string, what: string, file: string): Parameter {
  return {
    type: 'url',
    title,
    required: true,
    description: `Publicly accessible URL of ${what} ${advice}`,
    example: `https://example.com/${file}`,
  };
}

export function veoTextToVideo(tier: VeoTier): Shared {
  const example = 'A lighthouse in a storm, waves break against the rocks, the camera circles slowly';
  return {
    operation: 'text-to-video',
    description: 'Makes a clip of 4, 6 or 8 seconds from the prompt alone, with sound where it is asked for.',
    parameters: {
      ...clip(tier, { description: 'What the video shows, how the camera moves, and what is heard.', example }),
      ...wishes,
    },
    ...common(tier, optionsOf(tier)),
    sample: { prompt: example, durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p', audio: true },
  };
}

export function veoImageToVideo(tier: VeoTier): Shared {
  const example = 'The camera pushes in slowly while leaves blow through the picture';
  return {
    operation: 'image-to-video',
    description: 'Makes a clip of 4, 6 or 8 seconds that begins with the given picture.',
    parameters: {
      ...clip(tier, { description: 'What happens in the picture and how the camera moves.', example }),
      image: picture('Input image', 'the picture that the clip begins with.', 'first.jpg'),
      ...wishes,
    },
    ...common(tier, optionsOf(tier)),
    sample: { prompt: example, durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
  };
}

export function veoFirstLastFrameToVideo(tier: VeoTier): Shared {
  const example = 'A bud opens into a flower while morning turns to noon';
  return {
    operation: 'image-to-video',
    description:
      'Makes a clip of 4, 6 or 8 seconds that begins with one picture and ends with another. Both should have the same shape.',
    parameters: {
      ...clip(tier, { description: 'How the first picture becomes the last.', example }),
      image: picture('First frame', 'the picture that the clip begins with.', 'first.jpg'),
      lastImage: picture('Last frame', 'the picture that the clip ends with, in the shape of the first.', 'last.jpg'),
      ...wishes,
    },
    ...common(tier, optionsOf(tier)),
    faces: { foxapi: { parameters: { image: { name: 'first_image_url' } } } },
    sample: { prompt: example, durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
  };
}

/** There is no lite of it. Neither seed nor negative prompt work with references. */
export function veoReferenceToVideo(tier: 'standard' | 'fast'): Shared {
  const example = 'The dog walks along the beach at sunset, waves roll in behind it';
  return {
    operation: 'reference-to-video',
    description: 'Makes a clip of 8 seconds with the things, people or style that 1 to 3 pictures show.',
    parameters: {
      ...clip(tier, { description: 'What happens with what the pictures show.', example }),
      durationSeconds: { ...seconds, enum: [8] },
      references: {
        type: 'url-list',
        title: 'Reference images',
        required: true,
        minimumLength: 1,
        maximumLength: 3,
        description: `Publicly accessible URLs of 1 to 3 pictures. ${advice}`,
        example: ['https://example.com/reference-1.jpg', 'https://example.com/reference-2.jpg'],
      },
    },
    ...common(tier, optionsOf(tier, { references: true })),
    sample: { prompt: example, durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
  };
}

const frameModes = {
  'text-to-video': { operation: 'text-to-video', pictures: { minimum: 0, parts: [] } },
  'image-to-video': { operation: 'image-to-video', pictures: { minimum: 1, parts: ['image'] } },
  'first-last-frame': { operation: 'image-to-video', pictures: { minimum: 2, parts: ['image', 'last-image'] } },
} as const satisfies Readonly<Record<string, Mode>>;

const referenceMode = 'reference-to-video';

const referenceModes = {
  [referenceMode]: {
    operation: 'reference-to-video',
    pictures: { minimum: 1, parts: ['reference', 'reference', 'reference'] },
  },
} as const satisfies Readonly<Record<string, Mode>>;

function unifiedCombinations(tier: VeoTier): readonly Combination[] {
  if (tier === 'lite') return liteCombinations;
  const frames = Object.keys(frameModes);
  return [
    { when: { mode: [referenceMode] }, allow: { durationSeconds: [8], negativePrompt: [], seed: [] } },
    ...(tier === 'standard' ? [{ when: { mode: frames }, allow: { reference_type: [] } }] : []),
  ];
}

/** One model for all of the above: what the pictures mean is a parameter. */
export function veoUnified(tier: VeoTier): Shared {
  const modes = { ...frameModes, ...(tier !== 'lite' && referenceModes) };
  const example = 'A lighthouse at dusk, its light sweeps over the sea';
  return {
    operation: 'text-to-video',
    modes,
    description: `Makes a clip of 4, 6 or 8 seconds from the prompt alone, from a first frame, or from a first and a last one${
      tier === 'lite' ? '.' : '; or one of 8 seconds with what 1 to 3 pictures show.'
    }`,
    parameters: {
      ...clip(tier, { description: 'What the video shows and how the camera moves.', example }),
      mode: {
        type: 'string',
        title: 'Generation type',
        default: 'text-to-video',
        enum: Object.keys(modes),
        description: 'What the video is made from: what the pictures in the list mean.',
        example: 'text-to-video',
      },
      images: {
        type: 'url-list',
        title: 'Images',
        nullable: true,
        minimumLength: 0,
        maximumLength: tier === 'lite' ? 2 : 3,
        description: `Publicly accessible URLs of the pictures: the first frame; the first and the last one${
          tier === 'lite' ? '.' : '; or the references.'
        }`,
        example: ['https://example.com/first.jpg', 'https://example.com/last.jpg'],
      },
      ...wishes,
    },
    ...common(tier, optionsOf(tier, { references: true })),
    combinations: unifiedCombinations(tier),
    sample: { prompt: example, mode: 'text-to-video', durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p' },
  };
}
