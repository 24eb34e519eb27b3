import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { GenerationRequest, JsonObject, JsonValue, MediaInput, MediaRole, Mode } from '../contract/index.ts';
import type { Fault } from '../errors.ts';
import { type Face, type FaceParameter, mediaRoles } from './face.ts';
import { ruleFaults } from './rules.ts';

const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, verbose: true });
const compiled = new WeakMap<Face, ValidateFunction>();

export type ReadParameters =
  | { readonly ok: true; readonly request: GenerationRequest }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Checks a client's parameters against the face's schema and turns them into neutral words. Every fault is listed, not
 * only the first. `null` counts as absent where the parameter is nullable. URLs are not looked at here.
 */
export function readParameters(face: Face, parameters: JsonObject): ReadParameters {
  const given = withoutNulls(face, parameters);
  const validate = compiled.get(face) ?? ajv.compile(face.schema);
  compiled.set(face, validate);
  validate(given);
  // The rules are in the schema for those who read it; here they are checked in words of their own.
  const errors = withoutDoubles(validate.errors ?? []).filter(({ schemaPath }) => !schemaPath.startsWith('#/allOf'));
  const faults = [
    ...errors.map((error) => faultOf(face, error)),
    ...textFaults(face, given),
    ...stepFaults(face, given),
  ];
  const named = new Set(faults.map(({ field }) => field.replace(/\[.*/, '')));
  faults.push(...ruleFaults(face.rules, given).filter(({ field }) => !named.has(field)));
  if (faults.length > 0) return { ok: false, faults: unique(faults) };
  return { ok: true, request: requestOf(face, given) };
}

/** What is none of the listed values need not be told of its type as well. */
function withoutDoubles(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const listed = new Set(errors.filter(({ keyword }) => keyword === 'enum').map(({ instancePath }) => instancePath));
  return errors.filter(({ keyword, instancePath }) => keyword !== 'type' || !listed.has(instancePath));
}

function withoutNulls(face: Face, parameters: JsonObject): JsonObject {
  const nullable = new Set(
    face.parameters.filter((parameter) => parameter.nullable).map((parameter) => parameter.name),
  );
  return Object.fromEntries(
    Object.entries(parameters).filter(([name, value]) => value !== null || !nullable.has(name)),
  );
}

/** What a JSON Schema cannot say: text that is only spaces, and characters that no database stores. */
function textFaults(face: Face, given: JsonObject): readonly Fault[] {
  return face.parameters.flatMap(({ name, type, minimumLength }) => {
    const value = given[name];
    if (type !== 'string' || typeof value !== 'string') return [];
    if (value.includes('\u0000') || !value.isWellFormed()) {
      return [{ field: name, message: 'has characters that are not text (U+0000 or half a surrogate pair)' }];
    }
    const blank = minimumLength !== undefined && value.length > 0 && value.trim() === '';
    return blank ? [{ field: name, message: 'must not be blank' }] : [];
  });
}

/** Numbers of a row that does not begin at zero, such as 1, 5, 9: `multipleOf` cannot say it. */
function stepFaults(face: Face, given: JsonObject): readonly Fault[] {
  return face.parameters.flatMap(({ name, minimum = 0, maximum = Number.MAX_SAFE_INTEGER, step }) => {
    const value = given[name];
    const counts = step !== undefined && typeof value === 'number' && Number.isInteger(value);
    if (!counts || value < minimum || value > maximum) return [];
    const below = value - ((value - minimum) % step);
    if (below === value) return [];
    const near = [below, below + step].filter((fitting) => fitting <= maximum).join(' or ');
    return [{ field: name, message: `must be ${minimum} plus a multiple of ${step}, such as ${near}, not ${value}` }];
  });
}

function unique(faults: readonly Fault[]): readonly Fault[] {
  return [...new Map(faults.map((fault) => [`${fault.field}\n${fault.message}`, fault])).values()];
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

function faultOf(face: Face, error: ErrorObject): Fault {
  const field = error.instancePath.slice(1).replace(/\/(\d+)/g, '[$1]') || 'body';
  const parameter = face.parameters.find(({ name }) => name === error.instancePath.split('/')[1]);
  const value: unknown = error.data;
  switch (error.keyword) {
    case 'required':
      return { field: String(error.params['missingProperty']), message: 'is required' };
    case 'additionalProperties':
      return unknownField(face, String(error.params['additionalProperty']));
    case 'type':
      return {
        field,
        message: `must be ${kinds[String(error.params['type'])] ?? error.params['type']}, not ${shown(value)}`,
      };
    case 'enum':
      return { field, message: `must be one of ${(parameter?.enum ?? []).map(shown).join(', ')}, not ${shown(value)}` };
    case 'minimum':
    case 'maximum':
      return { field, message: `${range(parameter)}, not ${shown(value)}` };
    case 'maxLength':
      return {
        field,
        message: `has ${[...String(value)].length} characters; at most ${error.params['limit']} are allowed`,
      };
    case 'minLength':
      return { field, message: 'must not be empty' };
    case 'minItems':
    case 'maxItems':
      return {
        field,
        message: `must have ${parameter?.minimumLength ?? 0} to ${parameter?.maximumLength} items, not ${Array.isArray(value) ? value.length : 0}`,
      };
    default:
      return { field, message: error.message ?? 'is not valid' };
  }
}

function range(parameter: FaceParameter | undefined): string {
  const { minimum, maximum } = parameter ?? {};
  if (minimum !== undefined && maximum !== undefined) return `must be between ${minimum} and ${maximum}`;
  return minimum === undefined ? `must be at most ${maximum}` : `must be at least ${minimum}`;
}

/** Values of a message, cut: a client may have sent megabytes. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function unknownField(face: Face, name: string): Fault {
  const near = face.parameters.map((parameter) => parameter.name).find((known) => similar(known, name));
  const hint =
    near === undefined
      ? `it takes ${face.parameters.map((parameter) => parameter.name).join(', ')}`
      : `did you mean ${near}?`;
  return { field: shown(name).slice(1, -1), message: `is not a parameter of ${face.id}; ${hint}` };
}

/** One name in the other, or one edit of two letters apart: enough to catch `videoUrl`, `video` and `promt`. */
function similar(known: string, name: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');
  const [a, b] = [plain(known), plain(name)];
  if (b.length < 3) return false;
  return (
    a.includes(b) ||
    b.includes(a) ||
    (a[0] === b[0] && Math.abs(a.length - b.length) <= 1 && sharedLetters(a, b) >= a.length - 1)
  );
}

function sharedLetters(a: string, b: string): number {
  return [...a].filter((letter, index) => b[index] === letter || b[index - 1] === letter || b[index + 1] === letter)
    .length;
}

function requestOf(face: Face, given: JsonObject): GenerationRequest {
  const inputs: MediaInput[] = [];
  const fields: Record<string, JsonValue> = {};
  const options: Record<string, JsonValue> = {};
  const { model } = face;
  const mode = modeOf(face, given);
  for (const parameter of face.parameters) {
    const { field } = parameter;
    const value = given[parameter.name] ?? parameter.whenAbsent ?? parameter.default;
    const role = field === undefined ? undefined : mediaRoles[field];
    if (role !== undefined) inputs.push(...mediaInputs(parameter, value, () => role));
    else if (field === 'images') inputs.push(...mediaInputs(parameter, value, (index) => mode?.pictures.parts[index]));
    else if (field === undefined && given[parameter.name] !== undefined) options[parameter.name] = value ?? null;
    else if (field !== undefined && field !== 'mode' && value !== undefined && value !== null) fields[field] = value;
  }
  const durationSeconds = fields['durationSeconds'] ?? secondsOfFrames(face, given) ?? model.fixedDurationSeconds;
  const animates = model.operation === 'text-to-video' && inputs.some(({ role }) => role === 'image');
  return {
    operation: mode?.operation ?? (animates ? 'image-to-video' : model.operation),
    ...fields,
    ...(durationSeconds !== undefined && { durationSeconds }),
    inputs,
    options,
  } as unknown as GenerationRequest; // The schema has just checked every field that was copied.
}

function secondsOfFrames({ model, parameters }: Face, given: JsonObject): number | undefined {
  const frames = given['num_frames'] ?? parameters.find(({ name }) => name === 'num_frames')?.default;
  if (model.framesPerSecond === undefined || typeof frames !== 'number') return undefined;
  return frames / model.framesPerSecond;
}

function modeOf({ model, parameters }: Face, given: JsonObject): Mode | undefined {
  const parameter = parameters.find(({ field }) => field === 'mode');
  return parameter && model.modes?.[String(given[parameter.name] ?? parameter.default)];
}

/** `roleAt` answers for every index that the model's rules let through. */
function mediaInputs(
  parameter: FaceParameter,
  value: JsonValue | undefined,
  roleAt: (index: number) => MediaRole | undefined,
): readonly MediaInput[] {
  const { name } = parameter;
  const list = Array.isArray(value) ? value : [value];
  return list.flatMap((url, index) => {
    const role = roleAt(index);
    if (typeof url !== 'string' || role === undefined) return [];
    return [{ role, url, field: Array.isArray(value) ? `${name}[${index}]` : name }];
  });
}
