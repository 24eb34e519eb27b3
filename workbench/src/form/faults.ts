import type { JsonValue, Property, Values } from '../api.ts';
import { effectiveValue, type Parameter } from './parameters.ts';

/** What is wrong with a value, by the name of its parameter. */
export type Faults = Readonly<Record<string, string>>;

export interface FoundFaults {
  /** What is there and wrong. */
  readonly wrong: Faults;
  /** What is not there yet: told only once somebody wants to generate. */
  readonly missing: Faults;
}

/** Found on the page, so that the server is not asked what the schema tells. The server still has the last word. */
export function findFaults(parameters: readonly Parameter[], values: Values): FoundFaults {
  const wrong: Record<string, string> = {};
  const missing: Record<string, string> = {};
  for (const parameter of parameters) {
    const value = effectiveValue(parameter, values);
    if (value === undefined || isEmpty(value)) {
      if (parameter.required) missing[parameter.name] = request(parameter);
      continue;
    }
    const fault = faultOf(parameter, value);
    if (fault?.isMissing) missing[parameter.name] = fault.text;
    else if (fault) wrong[parameter.name] = fault.text;
  }
  return { wrong, missing };
}

/** Characters as the server counts them. */
export function characters(text: string): number {
  return [...text].length;
}

function isEmpty(value: JsonValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function request({ control, property, demand, title }: Parameter): string {
  if (control === 'media') return isVideo(property) ? 'Add a video.' : 'Add a picture.';
  if (control === 'media-list') return `Add ${pictures(demand.minItems ?? property.minItems ?? 1)}.`;
  return property['x-parameter'] === 'prompt' ? 'Say what you want to see.' : `${title} is needed.`;
}

interface Fault {
  readonly text: string;
  readonly isMissing?: boolean;
}

function faultOf({ property, demand, control }: Parameter, value: JsonValue): Fault | undefined {
  if (demand.allowed !== undefined && !demand.allowed.includes(value)) {
    return { text: `Must be ${demand.allowed.join(' or ')} with the other values.` };
  }
  if (typeof value === 'string' && control !== 'media') return textFault(property, value);
  if (typeof value === 'number') return numberFault(property, value);
  if (!Array.isArray(value)) return undefined;
  const least = demand.minItems ?? property.minItems ?? 0;
  const most = demand.maxItems ?? property.maxItems ?? Number.POSITIVE_INFINITY;
  if (value.length < least) return { text: `Add ${pictures(least)}; this has ${value.length}.`, isMissing: true };
  return value.length > most ? { text: `Takes at most ${pictures(most)}; remove ${value.length - most}.` } : undefined;
}

function textFault(
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Property,
  value: string,
): Fault | undefined {
  const count = characters(value);
  if (count > maxLength) return { text: `Takes at most ${maxLength} characters; remove ${count - maxLength}.` };
  return count < minLength ? { text: `Takes at least ${minLength} characters.` } : undefined;
}

function numberFault(property: Property, value: number): Fault | undefined {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, type } = property;
  if (value < minimum) return { text: `Must be ${minimum} or more.` };
  if (value > maximum) return { text: `Must be ${maximum} or less.` };
  return type === 'integer' && !Number.isInteger(value) ? { text: 'Must be a whole number.' } : undefined;
}

function pictures(count: number): string {
  return count === 1 ? 'one picture' : `${count} pictures`;
}

export function isVideo({ renderType, items }: Property): boolean {
  return (renderType ?? items?.renderType) === 'video-url';
}
