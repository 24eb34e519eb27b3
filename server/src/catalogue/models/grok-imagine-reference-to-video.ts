import {
  defineModel,
  durationParameter,
  grokRatioParameter,
  grokResolutionParameter,
  promptParameter,
  xai,
} from '../define.ts';

/** Parameters: FoxAPI's page `grok/grok-imagine-reference-to-video` and its catalogue for the last three defaults. */
export default defineModel({
  id: 'grok-imagine-reference-to-video',
  operation: 'reference-to-video',
  displayName: 'Grok Imagine Reference to Video',
  developer: xai,
  summary: 'Makes a video with the things that pictures show.',
  description:
    'Makes a clip of 1 to 10 seconds from 1 to 7 pictures. The prompt names them `@Image1` to `@Image7` in the order of the list.',
  created: 1_763_683_200,
  parameters: {
    prompt: promptParameter('What the video shows; `@Image1` to `@Image7` name the pictures. English or Chinese.', {
      example: 'A slow walk from @Image1 to @Image2 in warm evening light',
    }),
    references: {
      type: 'url-list',
      title: 'Reference images',
      required: true,
      minimumLength: 1,
      maximumLength: 7,
      description: 'Publicly accessible URLs of 1 to 7 pictures.',
      example: ['https://example.com/reference-1.jpg', 'https://example.com/reference-2.jpg'],
    },
    durationSeconds: durationParameter({ default: 8, minimum: 1, maximum: 10 }),
    aspectRatio: grokRatioParameter('16:9'),
    resolution: grokResolutionParameter('480p'),
  },
  mediaRules: {},
  price: {
    perOutputSecond: { '480p': 50_000, '720p': 70_000 },
    perInputImage: 2_000,
    source: 'https://docs.x.ai/developers/models',
  },
  offers: { xai: { model: 'grok-imagine-video' }, fal: { model: 'xai/grok-imagine-video' } },
  typicalSeconds: 45,
  sample: {
    prompt: 'A slow walk from @Image1 to @Image2 in warm evening light',
    durationSeconds: 8,
    aspectRatio: '16:9',
    resolution: '480p',
  },
});
