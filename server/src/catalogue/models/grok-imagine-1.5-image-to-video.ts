import { defineModel, durationParameter, grokResolutionParameter, promptParameter, xai } from '../define.ts';

/**
 * Parameters: Oxen's model page. It names no default length: 6 seconds, as fal has it and the other Grok models do. xAI
 * itself also makes 1080p, to some teams only; the page does not offer it. Prices: xAI's models page.
 */
export default defineModel({
  id: 'grok-imagine-1.5-image-to-video',
  operation: 'image-to-video',
  displayName: 'Grok Imagine 1.5 Image to Video',
  developer: xai,
  summary: 'Brings a still picture to life with version 1.5.',
  description:
    'Makes a clip of 1 to 15 seconds that begins with the given picture and has its shape. The prompt says what moves and how the camera moves.',
  created: 1_795_219_200,
  parameters: {
    prompt: promptParameter('What happens in the clip and how the camera moves. English or Chinese.', {
      example: 'She turns to the camera and laughs as the wind catches her scarf',
    }),
    image: {
      type: 'url',
      title: 'Input image',
      required: true,
      description: 'Publicly accessible URL of the picture that the clip begins with.',
      example: 'https://example.com/portrait.jpg',
    },
    durationSeconds: durationParameter({ default: 6, minimum: 1, maximum: 15 }),
    resolution: grokResolutionParameter('720p'),
  },
  mediaRules: {},
  price: {
    perOutputSecond: { '480p': 80_000, '720p': 140_000 },
    perInputImage: 10_000,
    source: 'https://docs.x.ai/developers/models',
  },
  offers: { xai: { model: 'grok-imagine-video-1.5' }, fal: { model: 'xai/grok-imagine-video/v1.5' } },
  typicalSeconds: 45,
  faces: {
    oxen: {
      id: 'xai-grok-imagine-video-1-5-image-to-video',
      displayName: 'Grok Imagine 1.5 - Image to Video',
    },
  },
  sample: {
    prompt: 'She turns to the camera and laughs as the wind catches her scarf',
    durationSeconds: 6,
    resolution: '720p',
  },
});
