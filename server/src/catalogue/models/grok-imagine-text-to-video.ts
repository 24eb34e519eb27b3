import {
  defineModel,
  durationParameter,
  grokRatioParameter,
  grokResolutionParameter,
  promptParameter,
  xai,
} from '../define.ts';

/** Parameters: FoxAPI's page `grok/grok-imagine-text-to-video`; it states no prompt limit, xAI's other modes have 4,096. */
export default defineModel({
  id: 'grok-imagine-text-to-video',
  operation: 'text-to-video',
  displayName: 'Grok Imagine Text to Video',
  developer: xai,
  summary: 'Makes a video from a description.',
  description: 'Makes a clip of 1 to 15 seconds from the prompt alone.',
  created: 1_763_683_200,
  parameters: {
    prompt: promptParameter('What the video shows and how the camera moves. English or Chinese.', {
      example: 'A calm sea at sunset, the camera slowly pans to the right',
    }),
    durationSeconds: durationParameter({ default: 6, minimum: 1, maximum: 15 }),
    aspectRatio: grokRatioParameter('16:9'),
    resolution: grokResolutionParameter('720p'),
  },
  mediaRules: {},
  price: { perOutputSecond: { '480p': 50_000, '720p': 70_000 }, source: 'https://docs.x.ai/developers/models' },
  offers: { xai: { model: 'grok-imagine-video' }, fal: { model: 'xai/grok-imagine-video' } },
  typicalSeconds: 45,
  sample: {
    prompt: 'A calm sea at sunset, the camera slowly pans to the right',
    durationSeconds: 6,
    aspectRatio: '16:9',
    resolution: '720p',
  },
});
