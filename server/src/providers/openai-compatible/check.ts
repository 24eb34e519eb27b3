import type { ProviderCheck } from '../../contract/index.ts';
import { checkOf, unusable } from '../check.ts';
import type { Answer } from '../exchange.ts';
import { modelNames } from './discovery.ts';

/** What the server's list of models says of it. */
export function checkOfList(answer: Answer | undefined, origin: string): ProviderCheck {
  const names = answer?.status === 200 ? modelNames(answer.text) : undefined;
  if (answer?.status === 200 && names === undefined) {
    return unusable(
      `${origin} answers, but with no list of models`,
      'Check that OPENAI_COMPATIBLE_URL is a server of vLLM-Omni or SGLang.',
    );
  }
  return checkOf(answer, {
    origin,
    addressVariable: 'OPENAI_COMPATIBLE_URL',
    usable: `it lists ${names?.length ?? 0} ${names?.length === 1 ? 'model' : 'models'}`,
    refused: unusable('the key is refused', "Set OPENAI_COMPATIBLE_KEY to the server's key."),
  });
}
