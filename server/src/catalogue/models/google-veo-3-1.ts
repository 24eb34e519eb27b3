import { defineModel, google, promptParameter } from '../define.ts';

/**
 * Parameters: Oxen's model page of that id, which lets a picture make it image-to-video. The page has no switch for sound
 * and names no price: sound is always on, as the vendor's API has it by default, and priced so.
 */
export default defineModel({
  id: 'google-veo-3-1',
  operation: 'text-to-video',
  displayName: 'Google Veo 3.1',
  developer: google,
  summary: 'Makes a video with sound from a description, or from a picture.',
  description:
    'Makes a clip of 4, 6 or 8 seconds with sound from the prompt alone, or one that begins with the given picture. 1080p and 4k take 8 seconds.',
  created: 1_795_219_200,
  parameters: {
    prompt: promptParameter('What the video shows and what is heard. English or Chinese.', {
      example: 'A street musician plays the violin in the rain, passers-by stop and listen',
    }),
    image: {
      type: 'url',
      title: 'Input image',
      description: 'Publicly accessible URL of a picture that the clip begins with.',
      example: 'https://example.com/first.jpg',
    },
    aspectRatio: {
      type: 'string',
      title: 'Aspect ratio',
      default: '16:9',
      enum: ['16:9', '9:16'],
      description: 'Shape of the video.',
      example: '16:9',
    },
    resolution: {
      type: 'string',
      title: 'Resolution',
      default: '1080p',
      enum: ['720p', '1080p', '4k'],
      description: 'Resolution of the video.',
      example: '1080p',
    },
    durationSeconds: {
      type: 'integer',
      title: 'Duration',
      default: 8,
      enum: [4, 6, 8],
      description: 'Length of the video in seconds.',
      example: 8,
    },
  },
  combinations: [{ when: { resolution: ['1080p', '4k'] }, allow: { durationSeconds: [8] } }],
  mediaRules: {},
  price: {
    perOutputSecond: { '720p': 400_000, '1080p': 400_000, '4k': 600_000 },
    source: 'https://fal.ai/models/fal-ai/veo3.1',
  },
  offers: { fal: { model: 'fal-ai/veo3.1' }, vertex: { model: 'veo-3.1-generate-001' } },
  typicalSeconds: 90,
  sample: {
    prompt: 'A street musician plays the violin in the rain, passers-by stop and listen',
    durationSeconds: 8,
    aspectRatio: '16:9',
    resolution: '1080p',
  },
});
