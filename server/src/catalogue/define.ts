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

const sevenRatios = ['16:9', '4:3', '3:2', '1:1', '2:3', '3:4', '9:16'] as const;

/** The seven shapes of Grok Imagine. */
export const grokRatios: readonly string[] = sevenRatios;

export const xai = { name: 'xAI', slug: 'xai' } as const;
export const google = { name: 'Google', slug: 'google' } as const;

/** Containers that a video parameter takes where its model does not say otherwise. */
export const anyVideo: readonly string[] = ['mp4', 'mov', 'webm', 'mkv'];
