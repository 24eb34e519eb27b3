import type { GenerationRequest, JsonObject, JsonValue, MediaRole } from '../contract/index.ts';
import { type Face, type FaceParameter, mediaRoles } from './face.ts';

/**
 * A request in a face's own words: what `readParameters` would read as this request. A value that the face does not offer
 * stands for an absent parameter and is left out.
 */
export function writeParameters(face: Face, request: GenerationRequest): JsonObject {
  const mode = modeOf(face, request);
  return Object.fromEntries(
    face.parameters.flatMap((parameter): [string, JsonValue][] => {
      const value = valueFor(parameter, request, mode);
      const isOffered = value !== undefined && (parameter.enum === undefined || parameter.enum.includes(value));
      return isOffered ? [[parameter.name, value]] : [];
    }),
  );
}

function valueFor(
  { field, name, type }: FaceParameter,
  request: GenerationRequest,
  mode: string | undefined,
): JsonValue | undefined {
  if (field === undefined) return request.options[name];
  if (field === 'mode') return mode;
  const role = mediaRoles[field];
  if (role === undefined && field !== 'images') {
    return (request as unknown as JsonObject)[field]; // Every other field is one of the request's own.
  }
  const urls = request.inputs.filter((input) => role === undefined || input.role === role).map(({ url }) => url);
  if (urls.length === 0) return undefined;
  return type === 'url-list' ? urls : urls[0];
}

/** The mode that makes this operation of these inputs. */
function modeOf({ model }: Face, { operation, inputs }: GenerationRequest): string | undefined {
  const fits = ({ minimum, parts }: { readonly minimum: number; readonly parts: readonly MediaRole[] }) =>
    inputs.length >= minimum && inputs.length <= parts.length && inputs.every(({ role }, at) => role === parts[at]);
  return Object.entries(model.modes ?? {}).find(([, mode]) => mode.operation === operation && fits(mode.pictures))?.[0];
}
