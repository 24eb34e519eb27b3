import { Agent, type buildConnector } from 'undici';
import { ReelayError } from '../errors.ts';
import { type AddressRule, isAllowedByRule } from './address.ts';
import { discard, requestWithin } from './fetch.ts';
import { asClientError } from './fetch-error.ts';
import { guardedConnect, type Resolve, resolveBySystem } from './guarded-connect.ts';
import { checkCallbackUrl } from './url-form.ts';

/** How long a receiver has for everything, from the resolution of its name to the head of its answer, in milliseconds. */
const timeoutMs = 10_000;

/** What came of a POST: the status of the answer, or in words for the client why there was none. */
export type CallbackAnswer = { readonly status: number } | { readonly error: string };

/** Posts to addresses that users give. */
export interface CallbackSender {
  /** One POST. Never rejects. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<CallbackAnswer>;
  close(): Promise<void>;
}

export interface CallbackOptions {
  readonly allow: readonly AddressRule[];
  /** Seam for tests; the system's resolver otherwise. */
  readonly resolve?: Resolve;
  readonly timeoutMs?: number;
  /** Told of each POST that was refused because of where it led. */
  readonly onBlocked?: () => void;
}

/**
 * The fetcher's guard for what is posted: the same checks of every address at every try. No redirect is followed, nothing of the
 * answer is read but its status, and without TLS only addresses are spoken to that the operator's rules name.
 */
export function createCallbackSender(options: CallbackOptions): CallbackSender {
  const { allow, onBlocked, resolve = resolveBySystem } = options;
  const limitMs = options.timeoutMs ?? timeoutMs;
  const secure = guardedConnect(allow, resolve, limitMs);
  const plain = guardedConnect(allow, resolve, limitMs, isAllowedByRule);
  const connect: buildConnector.connector = (target, callback) =>
    (target.protocol === 'https:' ? secure : plain)(target, callback);
  const agent = new Agent({ connect, headersTimeout: limitMs, maxHeaderSize: 16_384, allowH2: false, pipelining: 0 });

  return {
    async post(url, headers, body) {
      const timeout = AbortSignal.timeout(limitMs);
      try {
        const answer = await requestWithin(checkCallbackUrl(url, allow), {
          method: 'POST',
          dispatcher: agent,
          signal: timeout,
          headers: { 'user-agent': 'Reelay', 'accept-encoding': 'identity', ...headers },
          body,
        });
        discard(answer.body);
        return { status: answer.statusCode };
      } catch (error) {
        const told = asClientError(error, timeout, undefined);
        if (!(told instanceof ReelayError)) throw error;
        if (told.code === 'blocked_address') onBlocked?.();
        return {
          error: told.code === 'input_timeout' ? `did not answer within ${limitMs / 1_000} seconds` : told.message,
        };
      }
    },
    close: () => agent.destroy(),
  };
}
