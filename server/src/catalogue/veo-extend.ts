import type { MediaRules, Parameter } from '../contract/index.ts';
import { promptParameter } from './define.ts';

/** What the two Veo 3.1 extension models share. Parameters: FoxAPI's page `veo3.1/veo-3.1-extend`. */
export const veoExtendParameters = {
  prompt: promptParameter('Where the continuation goes: continuing actions, scene changes. English or Chinese.', {
    example: 'The camera continues to pan across the landscape',
  }),
  video: {
    type: 'url',
    title: 'Input video',
    required: true,
    description:
      'Publicly accessible URL of a video in 720p or 1080p, 16:9 or 9:16. 7 seconds are generated from its end.',
    example: 'https://example.com/input-video.mp4',
  },
  aspectRatio: {
    type: 'string',
    title: 'Aspect ratio',
    default: '16:9',
    // The page's default is 16:9 also for a portrait source; an explicit ratio that differs is refused, the default never.
    whenAbsent: 'auto',
    enum: ['16:9', '9:16'],
    description:
      "Shape of the output video. An explicit one has to be the source's; leave it out to follow the source.",
    example: '16:9',
  },
  audio: {
    type: 'boolean',
    title: 'Generate audio',
    default: true,
    description: 'Whether sound is generated.',
    example: true,
  },
  negativePrompt: {
    type: 'string',
    title: 'Negative prompt',
    nullable: true,
    maximumLength: 4096,
    description: 'What should not appear, separated by commas. Do not pass it unless necessary.',
    example: 'blurry, low quality, watermark',
  },
  seed: {
    type: 'integer',
    title: 'Seed',
    nullable: true,
    minimum: 0,
    maximum: 4_294_967_295,
    description: 'Reproduces a result; random when left out. Do not pass it unless necessary.',
    example: 42,
  },
} as const satisfies Readonly<Record<string, Parameter>>;

export const veoExtendOptions = {
  auto_fix: {
    type: 'boolean',
    title: 'Auto fix',
    nullable: true,
    default: true,
    description: 'Rewrites a prompt that fails the content policy. Do not pass it unless necessary.',
    example: true,
  },
  safety_tolerance: {
    type: 'integer',
    title: 'Safety tolerance',
    nullable: true,
    minimum: 1,
    maximum: 6,
    description: 'Content safety level; 1 is the strictest. Do not pass it unless necessary.',
    example: 3,
  },
} as const satisfies Readonly<Record<string, Parameter>>;

/** Source limits: Google's page on extending videos (1 to 30 s). Other sizes than 720p and 1080p are scaled to the nearer one. */
export const veoExtendRules: MediaRules = {
  video: {
    require: { durationSeconds: { minimum: 1, maximum: 30 }, aspectRatios: ['16:9', '9:16'] },
    normalise: { shortSide: { minimum: 720, maximum: 1080 } },
  },
};
