import type { JsonObject } from './json.ts';

export const operations = ['text-to-video', 'image-to-video', 'reference-to-video', 'edit', 'extend'] as const;

export type Operation = (typeof operations)[number];

/** The part an input plays: the video that is edited or continued, the first frame, the last one, or a picture that the prompt names. */
export type MediaRole = 'video' | 'image' | 'last-image' | 'reference';

export type AspectRatio = '16:9' | '4:3' | '3:2' | '1:1' | '2:3' | '3:4' | '9:16';

export type Resolution = '480p' | '720p' | '1080p' | '4k';

/** An input as the client named it: an http(s) URL, one of our own file links, or a data URI. */
export interface MediaInput {
  readonly role: MediaRole;
  readonly url: string;
  /** The client's own name for the field, e.g. `video_url` or `reference_image_urls[2]`; errors speak of it. */
  readonly field: string;
}

/** The neutral middle between the APIs that people call and the providers that run models. Closed: what else a model has is `options`. */
export interface GenerationRequest {
  readonly operation: Operation;
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly inputs: readonly MediaInput[];
  /** Seconds of the clip; for `extend` of the added part. */
  readonly durationSeconds?: number;
  /** `auto` follows the input. */
  readonly aspectRatio?: AspectRatio | 'auto';
  readonly resolution?: Resolution | 'auto';
  readonly audio?: boolean;
  readonly seed?: number;
  /** What a model has beyond the neutral fields, checked by its schema, handed only to providers that list it. */
  readonly options: JsonObject;
}
