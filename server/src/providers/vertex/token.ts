import { GoogleAuth } from 'google-auth-library';

/** A bearer token for Google's APIs; cached by its source and renewed before it ends. */
export type GetToken = () => Promise<string>;

/** Longest wait for a token, in milliseconds. */
const tokenTimeoutMs = 20_000;

/**
 * Tokens of the application default credentials: a file that `GOOGLE_APPLICATION_CREDENTIALS` names, the login of
 * `gcloud`, or the account of the machine this runs on. The library reads that variable itself.
 */
export function applicationDefaultToken(): GetToken {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] });
  return async () => {
    const token = await auth.getAccessToken();
    if (typeof token !== 'string' || token === '') throw new Error('Google gave no token');
    return token;
  };
}

/** The token, or undefined where none came in time: then nothing can be asked. */
export async function tokenOf(getToken: GetToken): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), tokenTimeoutMs);
  try {
    return await Promise.race([getToken().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
