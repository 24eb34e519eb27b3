/** A bearer token for Google's APIs; cached by its source and renewed before it ends. */
export type GetToken = () => Promise<string>;

/** Longest wait for a token, in milliseconds. */
const tokenTimeoutMs = 20_000;

/** Tokens of the application default credentials. Google's library takes 70 ms to load, so only who asks for one loads it. */
export function applicationDefaultToken(): GetToken {
  let source: Promise<GetToken> | undefined;
  return async () => {
    source ??= import('./google-token.ts').then(({ googleToken }) => googleToken());
    return (await source)();
  };
}

/** The token, or undefined where none came in time: then nothing can be asked. */
export async function tokenOf(getToken: GetToken, timeoutMs = tokenTimeoutMs): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  try {
    return await Promise.race([getToken().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
