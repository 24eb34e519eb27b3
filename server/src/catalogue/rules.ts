import type { JsonObject, JsonValue, Model } from '../contract/index.ts';
import type { Fault } from '../errors.ts';
import type { FaceParameter } from './face.ts';

/**
 * What values of several parameters have to do with each other: a model's combinations, and the pictures that each of its
 * modes takes, as one kind of rule in an API's names. Checked, written as JSON Schema, and told in words.
 */

interface Condition {
  readonly parameter: FaceParameter;
  readonly values: readonly JsonValue[];
}

interface Items {
  readonly parameter: FaceParameter;
  readonly minimum: number;
  readonly maximum: number;
}

export interface FaceRule {
  readonly when: readonly Condition[];
  /** What one parameter has to be then; with no values it has to be absent. */
  readonly demand: Condition | Items;
}

/** Throws where a declaration names a field that the model does not have. */
export function rulesOf(model: Model, parameters: readonly FaceParameter[]): readonly FaceRule[] {
  const named = (key: string): FaceParameter => {
    const found = parameters.find(({ field, name }) => (field ?? name) === key);
    if (found === undefined) throw new Error(`${model.id} has a rule about ${key}, which it does not have`);
    return found;
  };
  const conditions = (values: Readonly<Record<string, readonly JsonValue[]>>): readonly Condition[] =>
    Object.entries(values).map(([key, allowed]) => ({ parameter: named(key), values: allowed }));
  const modes = Object.entries(model.modes ?? {}).map(
    ([mode, { pictures }]): FaceRule => ({
      when: conditions({ mode: [mode] }),
      demand: { parameter: named('images'), minimum: pictures.minimum, maximum: pictures.parts.length },
    }),
  );
  const combinations = (model.combinations ?? []).flatMap(({ when, allow }) =>
    conditions(allow).map((demand): FaceRule => ({ when: conditions(when), demand })),
  );
  return [...modes, ...combinations];
}

/** The value that counts: the client's, else the one that stands for an absent parameter. */
function effectiveValue(
  { name, whenAbsent, default: fallback }: FaceParameter,
  given: JsonObject,
): JsonValue | undefined {
  return given[name] ?? whenAbsent ?? fallback;
}

/** What a request breaks, told of the parameter that has to change. */
export function ruleFaults(rules: readonly FaceRule[], given: JsonObject): readonly Fault[] {
  return rules.flatMap(({ when, demand }) => {
    const applies = when.every(({ parameter, values }) => includes(values, effectiveValue(parameter, given)));
    const value = effectiveValue(demand.parameter, given);
    const wrong = applies ? faultOf(demand, value) : undefined;
    if (wrong === undefined) return [];
    const why = when
      .map(({ parameter }) => `${parameter.name} is ${shown(effectiveValue(parameter, given))}`)
      .join(' and ');
    return [{ field: demand.parameter.name, message: `${has(demand)} when ${why}${wrong}` }];
  });
}

/** What stands behind the sentence: empty for a parameter that has to go, undefined where nothing is wrong. */
function faultOf(demand: FaceRule['demand'], value: JsonValue | undefined): string | undefined {
  if ('minimum' in demand) {
    const count = Array.isArray(value) ? value.length : 0;
    return count >= demand.minimum && count <= demand.maximum ? undefined : `, not ${count}`;
  }
  if (value === undefined || includes(demand.values, value)) return undefined;
  return demand.values.length === 0 ? '' : `, not ${shown(value)}`;
}

function includes(values: readonly JsonValue[], value: JsonValue | undefined): boolean {
  return value !== undefined && values.includes(value);
}

function has(demand: FaceRule['demand']): string {
  if ('minimum' in demand) {
    const { minimum, maximum } = demand;
    if (maximum === 0) return 'must have no items';
    return `must have ${minimum === maximum ? 'exactly ' : `${minimum} to `}${maximum} ${maximum === 1 ? 'item' : 'items'}`;
  }
  if (demand.values.length === 0) return 'must be left out';
  return demand.values.length === 1
    ? `must be ${shown(demand.values[0])}`
    : `must be one of ${shownAll(demand.values, ', ')}`;
}

/** One rule as a sentence; `nameOf` says what a parameter is called there. */
export function ruleSentence({ when, demand }: FaceRule, nameOf: (parameter: FaceParameter) => string): string {
  const why = when.map(({ parameter, values }) => `${nameOf(parameter)} is ${shownAll(values, ' or ')}`).join(' and ');
  return `${nameOf(demand.parameter)} ${has(demand)} when ${why}.`;
}

function shown(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function shownAll(values: readonly JsonValue[], between: string): string {
  return values.map(shown).join(between);
}

/** The rule in JSON Schema. A parameter that is absent counts with its default, so only other values ask for its presence. */
export function ruleSchema({ when, demand }: FaceRule): JsonObject {
  const required = when.filter(({ parameter, values }) => !includes(values, effectiveValue(parameter, {})));
  return {
    if: {
      properties: Object.fromEntries(when.map(({ parameter, values }) => [parameter.name, { enum: values }])),
      ...(required.length > 0 && { required: required.map(({ parameter }) => parameter.name) }),
    },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: demandSchema(demand),
  };
}

function demandSchema(demand: FaceRule['demand']): JsonObject {
  const { name } = demand.parameter;
  if ('minimum' in demand) {
    const { minimum, maximum } = demand;
    return {
      properties: { [name]: { ...(minimum > 0 && { minItems: minimum }), maxItems: maximum } },
      ...(minimum > 0 && { required: [name] }),
    };
  }
  if (demand.values.length === 0) return { not: { required: [name] } };
  const fallback = effectiveValue(demand.parameter, {});
  const isNeeded = fallback !== undefined && !includes(demand.values, fallback);
  return { properties: { [name]: { enum: demand.values } }, ...(isNeeded && { required: [name] }) };
}
