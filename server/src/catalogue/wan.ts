import type { Model, Parameter } from '../contract/index.ts';

/**
 * What the Wan 2.2 models with 14 billion active parameters share.
 *
 * Names, defaults and ranges: Oxen's page of `wan-ai-wan2-2-t2v-a14b-diffusers`. Beyond it: the guidance scale ends where
 * vLLM-Omni refuses it, and seeds are those of Oxen's other Wan models.
 */
export const wanOptions = {
  height: {
    type: 'integer',
    title: 'Height',
    default: 480,
    minimum: 1,
    maximum: 720,
    description: 'Height of the video in pixels. The model works in steps of 16.',
    example: 480,
  },
  width: {
    type: 'integer',
    title: 'Width',
    default: 832,
    minimum: 1,
    maximum: 832,
    description: 'Width of the video in pixels. The model works in steps of 16.',
    example: 832,
  },
  num_inference_steps: {
    type: 'integer',
    title: 'Steps',
    default: 4,
    minimum: 1,
    maximum: 100,
    description: 'Denoising steps: more take longer and show more detail.',
    example: 4,
  },
  num_frames: {
    type: 'integer',
    title: 'Frames',
    default: 41,
    minimum: 1,
    maximum: 120,
    step: 4,
    description: 'Length of the video in pictures, 16 a second.',
    example: 41,
  },
  guidance_scale: {
    type: 'number',
    title: 'Guidance scale',
    default: 5,
    minimum: 0,
    maximum: 20,
    description: 'How closely the video keeps to the prompt.',
    example: 5,
  },
  run_fast: {
    type: 'boolean',
    title: 'Run fast',
    default: true,
    description: 'Asks for the quicker way, where the server that runs the model has one.',
    example: true,
  },
} as const satisfies Readonly<Record<string, Parameter>>;

export const wanNegativePrompt: Parameter = {
  type: 'string',
  title: 'Negative prompt',
  maximumLength: 4096,
  description: 'What should not appear.',
  example: 'blurry, watermark, subtitles',
};

export const wanSeed: Parameter = {
  type: 'integer',
  title: 'Seed',
  minimum: 0,
  maximum: 2_147_483_647,
  description: 'Reproduces a result; another one each time when left out.',
  example: 42,
};

/** Of the open weights: 16 pictures a second, and whoever runs them pays for electricity only. */
export const wanFacts = {
  developer: { name: 'Wan-AI', slug: 'wan-ai' },
  created: 1_795_219_200,
  mediaRules: {},
  framesPerSecond: 16,
  price: { perOutputSecond: { auto: 0 }, source: "the operator's own hardware, which sends no bill" },
  typicalSeconds: 120,
} as const satisfies Partial<Model>;
