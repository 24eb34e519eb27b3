import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { EmulatorAnswer, EmulatorRequest } from './emulator.ts';

/**
 * A made-up service account, and Google's side of it: an assertion signed by the account's key becomes a token.
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */

/** The file that `GOOGLE_APPLICATION_CREDENTIALS` names. */
export interface ServiceAccountFile {
  readonly type: 'service_account';
  readonly project_id: string;
  readonly private_key_id: string;
  readonly private_key: string;
  readonly client_email: string;
  readonly client_id: string;
  readonly token_uri: string;
}

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const scope = 'https://www.googleapis.com/auth/cloud-platform';

/** Seconds that an assertion may be valid, and that the two clocks may differ. */
const longestLifetime = 3_600;
const clockSkew = 300;

/** Makes an account with a key of its own. Takes a moment. */
export function createServiceAccount(project: string, tokenUri: string): ServiceAccountFile {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return {
    type: 'service_account',
    project_id: project,
    private_key_id: 'emulated',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: `reelay@${project}.iam.gserviceaccount.com`,
    client_id: '100000000000000000000',
    token_uri: tokenUri,
  };
}

/** Answers a request for a token. The account is undefined where none was made. */
export function tokenAnswer(
  { body }: EmulatorRequest,
  { account, token }: { readonly account: ServiceAccountFile | undefined; readonly token: string },
): EmulatorAnswer {
  const form = new URLSearchParams(body.toString());
  const fault = account === undefined ? 'there is no account' : faultOf(form, account);
  return fault === undefined
    ? { status: 200, json: { access_token: token, expires_in: longestLifetime, token_type: 'Bearer' } }
    : { status: 400, json: { error: 'invalid_grant', error_description: fault } };
}

function faultOf(form: URLSearchParams, account: ServiceAccountFile): string | undefined {
  if (form.get('grant_type') !== grantType) return 'the grant type is not supported';
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const key: KeyObject = createPublicKey(account.private_key);
  const isSigned = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'));
  if (!isSigned || decoded(header)['alg'] !== 'RS256') return 'Invalid JWT Signature.';
  const { iss, aud, exp, iat, scope: asked } = decoded(claims);
  const now = Date.now() / 1_000;
  if (iss !== account.client_email) return 'the issuer is not the account';
  if (aud !== account.token_uri) return 'the audience is not this address';
  if (asked !== scope) return 'the scope is not granted';
  const [from, until] = [Number(iat), Number(exp)];
  if (!(from <= now + clockSkew && until >= now - clockSkew && until - from <= longestLifetime))
    return 'the assertion is not valid now';
  return undefined;
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>;
}
