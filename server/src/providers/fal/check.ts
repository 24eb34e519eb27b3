import type { Dispatcher } from 'undici';
import type { ProviderCheck } from '../../contract/index.ts';
import { checkOf, checkTimeoutMs, unusable } from '../check.ts';
import { ask } from '../exchange.ts';

/** An endpoint that fal has: which one is the same, the list may be empty. */
const endpoint = 'fal-ai/veo3.1';

/** Reads one line of the list of requests, by which a lost submission is found: it needs the key and costs nothing. */
export async function check(
  dispatcher: Dispatcher,
  { apiUrl, key }: { readonly apiUrl: string; readonly key: string },
): Promise<ProviderCheck> {
  const url = new URL(`${apiUrl}/models/requests/by-endpoint`);
  url.search = new URLSearchParams({ endpoint_id: endpoint, limit: '1' }).toString();
  const headers = { authorization: `Key ${key}` };
  const answer = await ask(dispatcher, { method: 'GET', url: url.href, headers, timeoutMs: checkTimeoutMs });
  if (answer?.status === 403) {
    return unusable(
      "the key may not read the account's requests, so that a lost submission could not be found",
      'Set FAL_KEY to a key that may (https://fal.ai/dashboard/keys).',
    );
  }
  return checkOf(answer, {
    origin: url.origin,
    addressVariable: 'FAL_API_URL',
    usable: 'the key is accepted',
    refused: unusable('the key is refused', 'Set FAL_KEY to a valid key (https://fal.ai/dashboard/keys).'),
  });
}
