import type { MediaRole, Operation } from './generation-request.ts';
import type { Model } from './model.ts';

/** An operation, told apart where a last frame makes it another endpoint at a provider. */
export type Use = Operation | 'first-last-frame';

/** How a request uses its model, by its inputs before or after they were prepared. */
export function useOf({
  operation,
  inputs,
}: {
  readonly operation: Operation;
  readonly inputs: readonly { readonly role: MediaRole }[];
}): Use {
  return named(
    operation,
    inputs.map(({ role }) => role),
  );
}

/** Every way a model can be used: what a provider has to be able to do to serve it. */
export function usesOf({ operation, modes, parameters }: Model): readonly Use[] {
  if (modes !== undefined) return Object.values(modes).map((mode) => named(mode.operation, mode.pictures.parts));
  const { image, lastImage } = parameters;
  return [
    ...(lastImage?.required ? [] : [operation]),
    ...(operation === 'text-to-video' && image ? (['image-to-video'] as const) : []),
    ...(lastImage ? (['first-last-frame'] as const) : []),
  ];
}

function named(operation: Operation, roles: readonly MediaRole[]): Use {
  return roles.includes('last-image') ? 'first-last-frame' : operation;
}
