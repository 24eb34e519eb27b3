import type { ApiName, JsonObject, JsonValue, MediaRole, Model, NeutralField, Parameter } from '../contract/index.ts';
import { type FaceRule, ruleSchema, rulesOf } from './rules.ts';

/** An API's own names for the neutral fields. */
export type ParameterNames = Readonly<Record<NeutralField, string>>;

/** One parameter as an API shows it. */
export interface FaceParameter extends Parameter {
  /** The API's name for it. */
  readonly name: string;
  /** The neutral field it fills; undefined for an option. */
  readonly field?: NeutralField;
}

/** How one API shows one model. */
export interface Face {
  readonly api: ApiName;
  readonly id: string;
  readonly displayName: string;
  readonly description: string;
  readonly model: Model;
  readonly parameters: readonly FaceParameter[];
  /** What values of several parameters have to do with each other. */
  readonly rules: readonly FaceRule[];
  /** JSON Schema (2020-12) of the parameters in this API's names. `model` and other fields of the route are not in it. */
  readonly schema: JsonObject;
  /** The model's sample in this API's names, with example media. */
  readonly sample: JsonObject;
}

/** Derives what an API shows from the model's declaration. A model without a face of its own there is shown under its own id. */
export function faceOf(model: Model, api: ApiName, names: ParameterNames): Face {
  const declared = model.faces?.[api] ?? {};
  const neutral = Object.entries(model.parameters).map(([field, parameter]): FaceParameter => {
    const key = field as NeutralField;
    return { ...parameter, name: names[key], ...declared.parameters?.[key], field: key };
  });
  const options = Object.entries(model.options ?? {}).map(
    ([name, parameter]): FaceParameter => ({ ...parameter, name }),
  );
  const parameters = [...neutral, ...options].sort((a, b) => Number(b.required ?? false) - Number(a.required ?? false));
  const rules = rulesOf(model, parameters);
  return {
    api,
    id: declared.id ?? model.id,
    displayName: declared.displayName ?? model.displayName,
    description: declared.description ?? model.description,
    model,
    parameters,
    rules,
    schema: schemaOf(model, parameters, rules),
    sample: sampleOf(model, parameters),
  };
}

function schemaOf({ mediaRules }: Model, parameters: readonly FaceParameter[], rules: readonly FaceRule[]): JsonObject {
  const required = parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name);
  return {
    type: 'object',
    title: 'Input',
    properties: Object.fromEntries(
      parameters.map((parameter, order) => [
        parameter.name,
        { ...propertyOf(parameter, order), ...hintsOf(parameter, mediaRules) },
      ]),
    ),
    required,
    ...(rules.length > 0 && { allOf: rules.map(ruleSchema) }),
    additionalProperties: false,
    basic: parameters.filter((one) => isMedia(one) || one.field === 'mode').map(({ name }) => name),
  };
}

function isMedia(parameter: Parameter): boolean {
  return parameter.type === 'url' || parameter.type === 'url-list';
}

function propertyOf(parameter: FaceParameter, order: number): JsonObject {
  const media = parameter.field === 'video' ? 'video-url' : 'image-url';
  return {
    ...typeOf(parameter, media),
    ...(parameter.title !== undefined && { title: parameter.title }),
    description: parameter.description,
    ...(parameter.default !== undefined && { default: parameter.default }),
    ...(parameter.enum && { enum: parameter.enum }),
    ...(parameter.minimum !== undefined && { minimum: parameter.minimum }),
    ...(parameter.maximum !== undefined && { maximum: parameter.maximum }),
    ...(parameter.step !== undefined && { 'x-step': parameter.step }),
    ...(parameter.nullable && { nullable: true }),
    'x-order': order,
  };
}

/** The part that the media of a field play. */
export const mediaRoles: { readonly [field in NeutralField]?: MediaRole } = {
  video: 'video',
  image: 'image',
  lastImage: 'last-image',
  references: 'reference',
};

/** What a form needs to know beyond the values that are allowed. */
function hintsOf(parameter: FaceParameter, mediaRules: Model['mediaRules']): JsonObject {
  const { field } = parameter;
  const role = field && mediaRoles[field];
  const rules = role && mediaRules[role];
  const placeholder = placeholderOf(parameter);
  const isAdvanced = !parameter.required && (field === undefined || advancedFields.includes(field));
  return {
    ...(field !== undefined && { 'x-parameter': field }),
    ...(isAdvanced && { 'x-advanced': true }),
    ...(rules && { 'x-media-rules': rules as JsonObject }),
    ...(placeholder !== undefined && { 'x-placeholder': placeholder }),
  };
}

/** Fields that most people leave alone. */
const advancedFields: readonly NeutralField[] = ['negativePrompt', 'seed'];

/** What a text field shows while it is empty. */
function placeholderOf({ type, example, enum: choices }: FaceParameter): string | undefined {
  const [first] = Array.isArray(example) ? example : [example];
  if (type === 'boolean' || choices !== undefined || first === undefined) return undefined;
  return String(first);
}

function typeOf(parameter: FaceParameter, renderType: string): JsonObject {
  const { minimumLength, maximumLength } = parameter;
  switch (parameter.type) {
    case 'string':
      return {
        type: 'string',
        ...(minimumLength !== undefined && { minLength: minimumLength }),
        ...(maximumLength !== undefined && { maxLength: maximumLength }),
        ...(parameter.enum && { renderType: 'button-group' }),
      };
    case 'integer':
    case 'number':
    case 'boolean':
      return { type: parameter.type };
    case 'url':
      return { type: 'string', format: 'uri', renderType };
    case 'url-list':
      return {
        type: 'array',
        items: { type: 'string', format: 'uri', renderType },
        ...(minimumLength !== undefined && { minItems: minimumLength }),
        ...(maximumLength !== undefined && { maxItems: maximumLength }),
      };
    default:
      return parameter.type satisfies never;
  }
}

function sampleOf(model: Model, parameters: readonly FaceParameter[]): JsonObject {
  const values = parameters.flatMap((parameter): [string, JsonValue][] => {
    const own = parameter.field === undefined ? undefined : model.sample[parameter.field];
    const value = own ?? (parameter.required ? parameter.example : undefined);
    const fits = value !== undefined && (parameter.enum === undefined || parameter.enum.includes(value));
    return fits ? [[parameter.name, value]] : [];
  });
  return Object.fromEntries(values);
}
