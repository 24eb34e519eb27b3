import {
  defineModel,
  durationParameter,
  grokRatioParameter,
  grokResolutionParameter,
  promptParameter,
  xai,
} from '../define.ts';

/** Parameters: FoxAPI's page `grok/grok-imagine-image-to-video` and Oxen's model page. Prices: xAI's models page. */
export default defineModel({
  id: 'grok-imagine-image-to-video',
  operation: 'image-to-video',
  displayName: 'Grok Imagine Image to Video',
  developer: xai,
  summary: 'Brings a still picture to life.',
  description:
    'Makes a clip of 1 to 15 seconds that begins with the given picture. The prompt describes what moves and how the camera moves. With `auto` the clip has the shape of the picture.',
  created: 1_763_683_200,
  parameters: {
    prompt: promptParameter('What happens in the video and how the camera moves. English or Chinese.', {
      example: 'The camera slowly pushes in as the character smiles and wind moves the hair',
    }),
    image: {
      type: 'url',
      title: 'Input image',
      required: true,
      description: 'Publicly accessible URL of the picture that the clip begins with.',
      example: 'https://example.com/reference.jpg',
    },
    durationSeconds: durationParameter({ default: 6, minimum: 1, maximum: 15 }),
    aspectRatio: grokRatioParameter('auto'),
    resolution: grokResolutionParameter('720p', '480p'),
  },
  mediaRules: {},
  price: {
    perOutputSecond: { '480p': 50_000, '720p': 70_000 },
    perInputImage: 2_000,
    source: 'https://docs.x.ai/developers/models',
  },
  offers: { xai: { model: 'grok-imagine-video' }, fal: { model: 'xai/grok-imagine-video' } },
  typicalSeconds: 45,
  faces: {
    oxen: {
      id: 'xai-grok-imagine-video-image-to-video',
      displayName: 'Grok Imagine - Image to Video',
      parameters: {
        resolution: { default: '480p', enum: ['720p', '480p'] },
        durationSeconds: { default: 6, enum: [3, 6, 8, 10, 15] },
        aspectRatio: { default: '16:9', enum: ['auto', '1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3'] },
      },
    },
  },
  sample: {
    prompt: 'The camera slowly pushes in as the character smiles and wind moves the hair',
    durationSeconds: 6,
    aspectRatio: 'auto',
    resolution: '480p',
  },
});
