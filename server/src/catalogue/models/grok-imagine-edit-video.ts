import { anyVideo, defineModel, promptParameter, xai } from '../define.ts';

/** Parameters: FoxAPI's page `grok/grok-imagine-edit-video` and Oxen's model page. Prices: xAI's models page. */
export default defineModel({
  id: 'grok-imagine-edit-video',
  operation: 'edit',
  displayName: 'Grok Imagine Edit Video',
  developer: xai,
  summary: 'Edits a video as the prompt says.',
  description:
    'Changes an existing video by a text instruction: swaps objects, restyles the scene, changes weather or light. The input is scaled down to at most 854x480 pixels (turned for portrait) and cut to its first 8 seconds; its sound is kept.',
  created: 1_763_683_200,
  parameters: {
    prompt: promptParameter('What to change in the video. English or Chinese.', {
      example: 'Change the sky to a dramatic sunset with orange and purple clouds',
    }),
    video: {
      type: 'url',
      title: 'Input video',
      required: true,
      description:
        'Publicly accessible URL of the video to edit. Scaled down to at most 854x480 pixels and cut to 8 seconds.',
      example: 'https://example.com/input-video.mp4',
    },
    resolution: {
      type: 'string',
      title: 'Resolution',
      nullable: true,
      default: 'auto',
      enum: ['auto', '480p', '720p'],
      description: 'Resolution of the output video. `auto` follows the input after it was scaled down.',
      example: 'auto',
    },
  },
  mediaRules: {
    video: {
      require: { containers: anyVideo },
      normalise: { fitWithin: { longSide: 854, shortSide: 480 }, maximumSeconds: 8 },
    },
  },
  price: {
    perOutputSecond: { auto: 50_000, '480p': 50_000, '720p': 70_000 },
    source: 'https://docs.x.ai/developers/models',
  },
  offers: { xai: { model: 'grok-imagine-video' }, fal: { model: 'xai/grok-imagine-video' } },
  typicalSeconds: 45,
  faces: {
    oxen: {
      id: 'xai-grok-imagine-video-edit-video',
      displayName: 'Grok Imagine - Video Edit',
      parameters: {
        prompt: {
          description:
            'Text description of what you want to generate, or the instruction on how to edit the given video.',
        },
        video: { description: 'Video to use as reference.' },
        resolution: { description: 'Resolution of the output video.' },
      },
    },
  },
  sample: { prompt: 'Change the sky to a dramatic sunset with orange and purple clouds', resolution: 'auto' },
});
