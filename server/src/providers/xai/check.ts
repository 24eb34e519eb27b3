import type { ProviderCheck } from '../../contract/index.ts';
import { checkOf, checkTimeoutMs, unusable } from '../check.ts';
import { ask, objectOf } from '../exchange.ts';
import type { Upstream } from './results.ts';

const remedy = 'Set XAI_API_KEY to a valid key (https://console.x.ai).';

/** Reasons for which xAI would refuse to work, by the fields that say so. */
const blocks: Readonly<Record<string, string>> = {
  api_key_disabled: 'the key is disabled',
  api_key_blocked: 'the key is blocked',
  team_blocked: "the key's team is blocked",
};

/** Reads what xAI knows of the key: https://docs.x.ai/developers/rest-api-reference (api-key); a wrong one is answered 400. */
export async function check({ agent, authorization, base }: Upstream): Promise<ProviderCheck> {
  const url = new URL('api-key', base).href;
  const answer = await ask(agent, { method: 'GET', url, headers: authorization, timeoutMs: checkTimeoutMs });
  const facts = answer?.status === 200 ? objectOf(answer.text) : undefined;
  const [block] = Object.entries(blocks).flatMap(([field, problem]) => (facts?.[field] === true ? [problem] : []));
  if (block !== undefined) return unusable(block, remedy);
  return checkOf(answer, {
    origin: base.origin,
    addressVariable: 'XAI_BASE_URL',
    usable: 'the key is accepted',
    refused: unusable('the key is refused', remedy),
    refusals: [400, 401, 403],
  });
}
