import type { JsonValue, Model, Property, Schema, SchemaRule, Values } from '../api.ts';
import { words } from '../format.ts';

/** What a form shows for a property. */
export type Control = 'media' | 'media-list' | 'prompt' | 'choice' | 'switch' | 'number' | 'text' | 'json';

/** One parameter of a model, ready to be drawn. */
export interface Parameter {
  readonly name: string;
  readonly title: string;
  readonly property: Property;
  readonly control: Control;
  readonly required: boolean;
  readonly demand: Demand;
}

/** What the values of other parameters ask of this one. */
export interface Demand {
  readonly allowed?: readonly JsonValue[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly absent?: boolean;
  readonly required?: boolean;
}

/** Strings that may be longer get a field of several lines. */
const longText = 200;

function controlOf({ type, format, items, enum: choices, maxLength = 0, ...property }: Property): Control {
  if (type === 'array') return items?.format === 'uri' ? 'media-list' : 'json';
  if (type === 'object') return 'json';
  if (format === 'uri') return 'media';
  if (choices !== undefined) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'integer' || type === 'number') return 'number';
  return maxLength > longText || property['x-parameter'] === 'prompt' ? 'prompt' : 'text';
}

/** The value that counts: the user's own, else what the field shows. */
export function effectiveValue(
  { name, property }: Pick<Parameter, 'name' | 'property'>,
  values: Values,
): JsonValue | undefined {
  return values[name] ?? property.default;
}

/** A model's parameters in the order of the form: what it works on, what to do, then the rest. */
export function parametersOf({ schema }: Model, values: Values): readonly Parameter[] {
  const demands = demandsOf(schema, values);
  const parameters = Object.entries(schema.properties).map(
    ([name, property]): Parameter => ({
      name,
      title: property.title ?? words(name),
      property,
      control: controlOf(property),
      required: schema.required?.includes(name) === true || demands.get(name)?.required === true,
      demand: demands.get(name) ?? {},
    }),
  );
  const order = (parameter: Parameter) =>
    rank(parameter, schema.required?.includes(parameter.name) === true) * 1_000 +
    (parameter.property['x-order'] ?? 999);
  return parameters.filter(({ demand }) => !isAbsent(demand)).sort((one, other) => order(one) - order(other));
}

/** By the schema alone: a field does not move while somebody fills in another. */
function rank({ control, property }: Parameter, isAlwaysRequired: boolean): number {
  const isMedia = control === 'media' || control === 'media-list';
  if (isMedia && isAlwaysRequired) return 0;
  if (property['x-parameter'] === 'prompt') return 1;
  if (property['x-parameter'] === 'mode') return 2;
  return isMedia ? 3 : 4;
}

export function isAbsent({ absent, maxItems }: Demand): boolean {
  return absent === true || maxItems === 0;
}

/** The body that the form stands for. What is shown is sent, so that nobody has to know what a server takes for granted. */
export function bodyOf(model: Model, values: Values): Values {
  const entries = parametersOf(model, values).flatMap((parameter): [string, JsonValue][] => {
    const own = values[parameter.name];
    // A default of what only this model has is left out: some providers refuse the mere name.
    const value = own ?? (parameter.property['x-parameter'] === undefined ? undefined : parameter.property.default);
    const isEmpty =
      value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
    return isEmpty ? [] : [[parameter.name, value]];
  });
  return Object.fromEntries(entries);
}

function demandsOf({ properties, allOf = [] }: Schema, values: Values): ReadonlyMap<string, Demand> {
  const demands = new Map<string, Demand>();
  const add = (name: string, demand: Demand) => demands.set(name, { ...demands.get(name), ...demand });
  for (const { if: condition, then: demand } of allOf) {
    if (!applies(condition, properties, values)) continue;
    for (const name of demand.not?.required ?? []) add(name, { absent: true });
    for (const name of demand.required ?? []) add(name, { required: true });
    for (const [name, { enum: allowed, minItems, maxItems }] of Object.entries(demand.properties ?? {})) {
      add(name, {
        ...(allowed && { allowed }),
        ...(minItems !== undefined && { minItems }),
        ...(maxItems !== undefined && { maxItems }),
      });
    }
  }
  return demands;
}

function applies(condition: SchemaRule['if'], properties: Schema['properties'], values: Values): boolean {
  return Object.entries(condition.properties ?? {}).every(([name, { enum: wanted = [] }]) => {
    const value = values[name] ?? properties[name]?.default;
    return value === undefined ? condition.required?.includes(name) !== true : wanted.includes(value);
  });
}
