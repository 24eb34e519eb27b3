import type { ParameterNames } from '../../catalogue/catalogue.ts';

/** What people call the API. */
export const title = 'Oxen';

/** Oxen's names for the neutral fields: the commonest ones of its 78 video models. */
export const names: ParameterNames = {
  prompt: 'prompt',
  negativePrompt: 'negative_prompt',
  video: 'input_video',
  image: 'input_image',
  lastImage: 'tail_image_url',
  references: 'input_images',
  images: 'input_images',
  mode: 'generation_type',
  durationSeconds: 'duration',
  aspectRatio: 'aspect_ratio',
  resolution: 'resolution',
  audio: 'generate_audio',
  seed: 'seed',
};
