import type { Schema, Values } from '../api.ts';

/** The same values in the names of another API. What has no neutral meaning is called the same everywhere. */
export function renamed(values: Values, from: Schema, to: Schema): Values {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    const meaning = from.properties[name]?.['x-parameter'];
    const match =
      meaning === undefined
        ? name
        : Object.entries(to.properties).find(([, property]) => property['x-parameter'] === meaning)?.[0];
    return match === undefined || !(match in to.properties) ? [] : [[match, value] as const];
  });
  return Object.fromEntries(entries);
}
