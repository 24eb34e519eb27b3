import { GoogleAuth, gaxios, JWT } from 'google-auth-library';
import type { GetToken } from './token.ts';

/**
 * Tokens of the application default credentials: a file that `GOOGLE_APPLICATION_CREDENTIALS` names, the login of
 * `gcloud`, or the account of the machine this runs on. The library reads that variable itself.
 */
export function googleToken(): GetToken {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] });
  return async () => {
    const client = await auth.getClient();
    if (client instanceof JWT) leadTo(client, tokenAddressOf(auth.jsonContent));
    const { token } = await client.getAccessToken();
    if (typeof token !== 'string' || token === '') throw new Error('Google gave no token');
    return token;
  };
}

/**
 * Where a service account's file says that its tokens come from, which the library does not read: it asks Google.
 * Undefined where that is meant anyway. What is sent there is signed by the account's key, so the address has to be an
 * encrypted one or this machine's own.
 */
function tokenAddressOf(file: object | null): string | undefined {
  const address = file !== null && 'token_uri' in file ? file.token_uri : undefined;
  if (typeof address !== 'string' || !URL.canParse(address)) return undefined;
  const { protocol, hostname } = new URL(address);
  if (/(^|\.)(google|googleapis)\.com$/.test(hostname)) return undefined;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return address;
  throw new Error('token_uri in the credentials file has to be an https address');
}

/** An assertion for one audience is worth nothing at another: the one that is sent elsewhere does not open Google. */
function leadTo(client: JWT, address: string | undefined): void {
  if (address === undefined || client.transporter instanceof Redirected) return;
  client.additionalClaims = { aud: address };
  client.transporter = new Redirected(address);
}

/** Sends what is meant for Google's tokens to another address. */
class Redirected extends gaxios.Gaxios {
  readonly #address: string;

  constructor(address: string) {
    super();
    this.#address = address;
  }

  override request<Body>(options: gaxios.GaxiosOptions = {}): gaxios.GaxiosPromise<Body> {
    return super.request<Body>({ ...options, url: this.#address, noProxy: loopback, redirect: 'error' });
  }
}

/** A proxy of the environment cannot reach this machine's own addresses. */
const loopback = ['localhost', '127.0.0.1', '[::1]'];
