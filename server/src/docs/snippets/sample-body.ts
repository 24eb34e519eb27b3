import type { JsonObject, JsonValue } from '../../contract/index.ts';

/** Media that samples name where nobody gave any. */
export interface SampleMedia {
  /** Pictures in the order in which a model takes them; the first is used again where there are too few. */
  readonly pictures: readonly [string, ...string[]];
  readonly video: string;
}

export const exampleMedia: SampleMedia = {
  pictures: ['https://example.com/first.jpg', 'https://example.com/second.jpg'],
  video: 'https://example.com/clip.mp4',
};

/** Items of a list of pictures, where the schema lets it be so many. */
const listedPictures = 2;

/** As much of a face's JSON Schema as a sample needs. */
interface Property {
  readonly type?: JsonValue;
  readonly format?: string;
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly minimum?: number;
  readonly items?: Property;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly renderType?: string;
  readonly 'x-order'?: number;
  readonly 'x-parameter'?: string;
  readonly 'x-placeholder'?: string;
}

interface Condition {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

interface ParameterSchema extends Condition {
  readonly allOf?: readonly {
    readonly if: Condition;
    readonly then: Condition & { readonly not?: { readonly required: readonly string[] } };
  }[];
}

type Body = Record<string, JsonValue>;

/** Parameters of a face with values that it allows: those it requires, or all that go together. */
export function sampleParameters(
  schema: JsonObject,
  { fields, media }: { readonly fields: 'required' | 'all'; readonly media: SampleMedia },
): JsonObject {
  const { properties = {}, required = [], ...rest } = schema as ParameterSchema;
  const names = Object.keys(properties).filter((name) => fields === 'all' || required.includes(name));
  const sample = (name: string) => sampleValue(properties[name] ?? {}, media);
  const body = Object.fromEntries(names.map((name) => [name, sample(name)]));
  return ordered(schema, agreed(body, { ...rest, sample }));
}

/** The same values in the order in which a form shows them: what is required first. */
export function ordered(schema: JsonObject, body: JsonObject): JsonObject {
  const { properties = {}, required = [] } = schema as ParameterSchema;
  const rank = (name: string) => {
    const order = properties[name]?.['x-order'] ?? Number.MAX_SAFE_INTEGER;
    return [required.includes(name) ? 0 : 1, order] as const;
  };
  const byRank = (a: string, b: string) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1];
  return Object.fromEntries(
    Object.keys(body)
      .sort(byRank)
      .map((name) => [name, body[name] ?? null]),
  );
}

function sampleValue(property: Property, media: SampleMedia): JsonValue {
  if (property.type === 'array') return sampleList(property, media);
  if (property.format === 'uri') {
    const [first, second = first] = media.pictures;
    if (property.renderType === 'video-url') return media.video;
    return property['x-parameter'] === 'lastImage' ? second : first;
  }
  const { default: fallback, enum: choices, minimum = 0, 'x-placeholder': placeholder } = property;
  const given = fallback === '' ? undefined : fallback;
  const value = given ?? choices?.[0];
  if (value !== undefined) return value;
  switch (property.type) {
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return placeholder === undefined ? minimum : Number(placeholder);
    default:
      return placeholder ?? 'text';
  }
}

function sampleList({ items = {}, minItems = 0, maxItems = listedPictures }: Property, media: SampleMedia): JsonValue {
  const length = Math.max(minItems, Math.min(listedPictures, maxItems));
  return Array.from({ length }, (_, index) => {
    const picture = media.pictures[index] ?? media.pictures[0];
    return sampleValue(items, { ...media, pictures: [picture] });
  });
}

/** Changes what the schema's rules refuse in each other's company. A rule later in the list goes before an earlier one. */
function agreed(
  body: JsonObject,
  { allOf = [], sample }: Pick<ParameterSchema, 'allOf'> & { readonly sample: (name: string) => JsonValue },
): JsonObject {
  const fitting: Body = { ...body };
  for (const { if: condition, then } of allOf) {
    if (!holds(condition, fitting)) continue;
    for (const name of then.not?.required ?? []) delete fitting[name];
    for (const name of then.required ?? []) fitting[name] ??= sample(name);
    for (const [name, demand] of Object.entries(then.properties ?? {})) fit(fitting, name, demand);
  }
  return fitting;
}

function holds({ properties = {}, required = [] }: Condition, body: JsonObject): boolean {
  return (
    required.every((name) => body[name] !== undefined) &&
    Object.entries(properties).every(([name, { enum: values }]) => {
      const value = body[name];
      return value === undefined || values === undefined || values.includes(value);
    })
  );
}

function fit(body: Body, name: string, { enum: choices, minItems = 0, maxItems }: Property): void {
  const value = body[name];
  if (value === undefined) return;
  const [choice] = choices ?? [];
  if (choice !== undefined && choices?.includes(value) === false) body[name] = choice;
  if (!Array.isArray(value)) return;
  if (maxItems === 0) delete body[name];
  else
    body[name] = Array.from(
      { length: Math.max(minItems, Math.min(value.length, maxItems ?? value.length)) },
      (_, index) => value[index] ?? value[0],
    );
}
