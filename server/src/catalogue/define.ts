import type { Model, Parameter } from '../contract/index.ts';

/** Marks a model's declaration for the compiler; the loader checks what types cannot say. */
export function defineModel(model: Model): Model {
  return model;
}

/** The parameter that every model has. */
export function promptParameter(
  description: string,
  { example, maximumLength = 4096 }: { readonly example: string; readonly maximumLength?: number },
): Parameter {
  return { type: 'string', title: 'Prompt', required: true, minimumLength: 1, maximumLength, description, example };
}

/** The seven shapes of Grok Imagine. */
const grokRatios: readonly string[] = ['16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16'];

/** Length of the video, or of what the description says, in whole seconds. */
export function durationParameter(
  range: { readonly default: number; readonly minimum: number; readonly maximum: number },
  { description = 'Length of the video in seconds.', example = range.default } = {},
): Parameter {
  return { type: 'integer', title: 'Duration', nullable: true, ...range, description, example };
}

/** Shape of a Grok Imagine video; `auto` follows the input where there is one. */
export function grokRatioParameter(fallback: 'auto' | '16:9'): Parameter {
  const follows = fallback === 'auto';
  return {
    type: 'string',
    title: 'Aspect ratio',
    nullable: true,
    default: fallback,
    enum: follows ? ['auto', ...grokRatios] : grokRatios,
    description: follows ? 'Shape of the video. `auto` follows the picture.' : 'Shape of the video.',
    example: fallback,
  };
}

export function grokResolutionParameter(fallback: '480p' | '720p', example: string = fallback): Parameter {
  return {
    type: 'string',
    title: 'Resolution',
    nullable: true,
    default: fallback,
    enum: ['480p', '720p'],
    description: 'Resolution of the video.',
    example,
  };
}

export const xai = { name: 'xAI', slug: 'xai' } as const;
export const google = { name: 'Google', slug: 'google' } as const;

/** Containers that a video parameter takes where its model does not say otherwise. */
export const anyVideo: readonly string[] = ['mp4', 'mov', 'webm', 'mkv'];
