import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Static, TSchema } from 'typebox';
import { invalidParameters } from '../dialects/intake.ts';

const ajv = new Ajv2020({ allErrors: true, strict: false });
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** The value as its schema has it; throws with every fault and its field. */
export function readAs<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return value as Static<Schema>;
  // Of a field that may be null, that it is not null says nothing.
  const errors = (validate.errors ?? []).filter(
    ({ keyword, params }) => keyword !== 'anyOf' && params['type'] !== 'null',
  );
  throw invalidParameters(errors.map(faultOf));
}

function faultOf({ instancePath, keyword, params, message = 'is not what it may be' }: ErrorObject) {
  if (keyword === 'additionalProperties')
    return { field: String(params['additionalProperty']), message: 'is not a field here' };
  const field = instancePath.slice(1).replaceAll('/', '.');
  const choices = keyword === 'enum' ? `: ${(params['allowedValues'] as readonly string[]).join(', ')}` : '';
  return { field: field === '' ? 'body' : field, message: `${message}${choices}` };
}
