import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../contract/index.ts';

/** Checks of the bodies that providers post. Keys that a schema does not list are refused, so that a misspelt one shows. */

const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });

export interface BodyFault {
  /** Names and indexes from the body to what is wrong. */
  readonly path: readonly string[];
  readonly message: string;
}

/** Answers what is wrong with a body; a text that is no JSON is wrong as a whole. */
export function bodyChecker(schema: JsonObject): (text: string) => readonly BodyFault[] {
  const validate = ajv.compile(schema);
  return (text) => {
    try {
      validate(JSON.parse(text));
    } catch {
      return [{ path: [], message: 'is not JSON' }];
    }
    return (validate.errors ?? []).map(faultOf);
  };
}

function faultOf({ instancePath, params, message = 'is wrong' }: ErrorObject): BodyFault {
  const missing: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const path = instancePath.split('/').slice(1);
  return { path: typeof missing === 'string' ? [...path, missing] : path, message };
}

/** An object with these properties and no others; a `*` behind a name makes it required. */
export function closed(properties: Readonly<Record<string, JsonObject>>): JsonObject {
  const named = Object.entries(properties).map(([name, schema]) => [name.replace('*', ''), schema] as const);
  return {
    type: 'object',
    properties: Object.fromEntries(named),
    required: Object.keys(properties)
      .filter((name) => name.endsWith('*'))
      .map((name) => name.slice(0, -1)),
    additionalProperties: false,
  };
}

export const text: JsonObject = { type: 'string', minLength: 1 };
export const flag: JsonObject = { type: 'boolean' };

export function oneOf(...values: readonly (string | number)[]): JsonObject {
  return { enum: values };
}

export function whole(minimum: number, maximum: number): JsonObject {
  return { type: 'integer', minimum, maximum };
}

export function list(items: JsonObject, maximum: number): JsonObject {
  return { type: 'array', items, minItems: 1, maxItems: maximum };
}
