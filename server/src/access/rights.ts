import type { Caller, Scope } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';

export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (scopes.includes(scope)) return;
  throw new ReelayError('missing_scope', `this needs a key with the scope ${scope}; yours has ${scopes.join(', ')}`);
}

/** `model` is its id in the catalogue. */
export function mayUse({ models }: Caller, model: string): boolean {
  return models === undefined || models.includes(model);
}

export function requireModel(caller: Caller, model: string): void {
  if (mayUse(caller, model)) return;
  throw new ReelayError('model_not_allowed', `this key may not use ${model}; it may use ${caller.models?.join(', ')}`);
}
