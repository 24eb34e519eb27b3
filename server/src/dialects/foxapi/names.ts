import type { ParameterNames } from '../../catalogue/catalogue.ts';

/** What people call the API. */
export const title = 'FoxAPI';

/** FoxAPI's names for the neutral fields, as on its pages for Grok Imagine and Veo 3.1. */
export const names: ParameterNames = {
  prompt: 'prompt',
  negativePrompt: 'negative_prompt',
  video: 'video_url',
  image: 'image_url',
  lastImage: 'last_image_url',
  references: 'reference_image_urls',
  images: 'image_urls',
  mode: 'generation_type',
  durationSeconds: 'duration',
  aspectRatio: 'aspect_ratio',
  resolution: 'resolution',
  audio: 'generate_audio',
  seed: 'seed',
};
