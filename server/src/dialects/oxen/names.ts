import type { ParameterNames } from '../../catalogue/catalogue.ts';

/** Oxen's names for the neutral fields: the commonest ones of its 78 video models. */
export const names: ParameterNames = {
  prompt: 'prompt',
  negativePrompt: 'negative_prompt',
  video: 'input_video',
  image: 'input_image',
  references: 'input_images',
  durationSeconds: 'duration',
  aspectRatio: 'aspect_ratio',
  resolution: 'resolution',
  audio: 'generate_audio',
  seed: 'seed',
};
