import type { MediaRole, Operation } from './generation-request.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { MediaRules } from './media.ts';

/** The public APIs we speak. */
export type ApiName = 'foxapi' | 'oxen';

/** Fields of a GenerationRequest that a model may offer as a parameter. */
export type NeutralField =
  | 'prompt'
  | 'negativePrompt'
  | 'video'
  | 'image'
  | 'lastImage'
  | 'references'
  /** Pictures whose parts the model's modes tell. */
  | 'images'
  /** Which of the model's modes is meant. */
  | 'mode'
  | 'durationSeconds'
  | 'aspectRatio'
  | 'resolution'
  | 'audio'
  | 'seed';

/** One parameter, in words that every API shares; an API's own name for it comes from that API's naming table. */
export interface Parameter {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'url' | 'url-list';
  readonly description: string;
  readonly title?: string;
  readonly required?: boolean;
  /** `null` is taken as absent. */
  readonly nullable?: boolean;
  readonly default?: JsonValue;
  /** The neutral value used when the parameter is absent, where it differs from the documented default. */
  readonly whenAbsent?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of integers that have a minimum: the value is the minimum plus a multiple of this. */
  readonly step?: number;
  /** Characters for strings (Unicode code points, not bytes), items for lists. */
  readonly minimumLength?: number;
  readonly maximumLength?: number;
  readonly example?: JsonValue;
}

/** How one API shows a model: its id there, and what differs from the model's own parameters. */
export interface FaceDeclaration {
  readonly id?: string;
  readonly displayName?: string;
  readonly description?: string;
  /** `name` where the API calls the field something else for this model than for the rest. */
  readonly parameters?: { readonly [name in NeutralField]?: Partial<Parameter> & { readonly name?: string } };
}

/** Micro-dollars for one second of output, by resolution where it matters. Estimates before, never the bill. */
export interface Price {
  readonly perOutputSecond: { readonly [resolution: string]: number };
  readonly perOutputSecondWithAudio?: { readonly [resolution: string]: number };
  readonly perInputImage?: number;
  /** Where the figures come from. */
  readonly source: string;
}

/** How one provider runs a model. */
export interface Offer {
  /** The provider's own name for it: a model id, or the path that its endpoints for the operations begin with. */
  readonly model: string;
  /** Options of ours that it honours. */
  readonly options?: readonly string[];
}

/** One way to use a model that has several: its operation, and the part of each picture of `images`, in order. */
export interface Mode {
  readonly operation: Operation;
  readonly pictures: { readonly minimum: number; readonly parts: readonly MediaRole[] };
}

/** Values by neutral field or by option. */
type Values = Readonly<Record<string, readonly JsonValue[]>>;

/**
 * Values that go together: where every field of `when` has one of its values, each field of `allow` has one of its own or
 * is absent; with no values it has to be absent.
 */
export interface Combination {
  readonly when: Values;
  readonly allow: Values;
}

/** A public ability, declared in one file of the catalogue; everything else is derived from it. */
export interface Model {
  readonly id: string;
  /** What it does; `text-to-video` becomes `image-to-video` where a picture is given. */
  readonly operation: Operation;
  /** Further ways to use it, by the value of the parameter `mode`. */
  readonly modes?: { readonly [mode: string]: Mode };
  readonly combinations?: readonly Combination[];
  readonly displayName: string;
  readonly developer: { readonly name: string; readonly slug: string };
  /** One line. */
  readonly summary: string;
  /** Markdown paragraphs. */
  readonly description: string;
  /** When the model was added here, Unix seconds. */
  readonly created: number;
  readonly parameters: { readonly [name in NeutralField]?: Parameter };
  /** Parameters beyond the neutral ones; the name is the same in every API. */
  readonly options?: { readonly [name: string]: Parameter };
  readonly mediaRules: MediaRules;
  /** Seconds of output where no parameter says it. */
  readonly fixedDurationSeconds?: number;
  /** Of a model whose length is told in pictures, by its option `num_frames`. */
  readonly framesPerSecond?: number;
  readonly price: Price;
  /** Providers that run it, by their names. A stand-in needs no entry. */
  readonly offers?: { readonly [provider: string]: Offer };
  /** Seconds a task takes at the model's vendor, told to clients until we have measured our own. */
  readonly typicalSeconds: number;
  readonly faces?: { readonly [api in ApiName]?: FaceDeclaration };
  /** A request that shows the model at its best, in neutral fields. */
  readonly sample: JsonObject & { readonly prompt: string };
}
