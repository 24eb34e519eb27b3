import { defineModel, durationParameter, promptParameter, xai } from '../define.ts';

/** Parameters: FoxAPI's page `grok-imagine-video/grok-imagine-video-extension`. One file comes out, the source first: xAI's extension page. */
export default defineModel({
  id: 'grok-imagine-video-extension',
  operation: 'extend',
  displayName: 'Grok Imagine Video Extension',
  developer: xai,
  summary: 'Continues a video from its last frame.',
  description:
    'Answers one file: the given video, followed by 2 to 10 seconds that continue it as the prompt says. Size and shape are those of the source, at most 720p.',
  created: 1_763_683_200,
  parameters: {
    prompt: promptParameter(
      'What happens next in the video: camera continuation, action or scene transition. English or Chinese.',
      { example: 'The camera slowly zooms out to reveal the city skyline at sunset' },
    ),
    video: {
      type: 'url',
      title: 'Input video',
      required: true,
      description: 'Publicly accessible URL of an MP4 video of 2 to 15 seconds, H.264, H.265 or AV1.',
      example: 'https://example.com/input-video.mp4',
    },
    durationSeconds: durationParameter(
      { default: 6, minimum: 2, maximum: 10 },
      { description: 'Length of the added part in seconds.', example: 2 },
    ),
  },
  mediaRules: {
    video: {
      require: {
        containers: ['mp4'],
        videoCodecs: ['h264', 'hevc', 'av1'],
        durationSeconds: { minimum: 2, maximum: 15 },
      },
    },
  },
  price: { perOutputSecond: { auto: 70_000 }, source: 'https://docs.x.ai/developers/models' },
  offers: { xai: { model: 'grok-imagine-video' }, fal: { model: 'xai/grok-imagine-video' } },
  typicalSeconds: 45,
  sample: { prompt: 'The camera slowly zooms out to reveal the city skyline at sunset', durationSeconds: 6 },
});
