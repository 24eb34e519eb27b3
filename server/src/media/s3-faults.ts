import { ReelayError } from '../errors.ts';
import type { S3Settings } from './s3-settings.ts';

/** What an object store has against us, in the operator's words; clients only hear that files cannot be kept now. */

/** When a client may try again, in seconds. */
const retryAfterSeconds = 30;

interface ServiceFault {
  readonly status: number;
  readonly code: string;
}

/** The store's own code. It is read here because the client library reads it from one spelling of the content type alone. */
export function serviceFaultOf(error: unknown): ServiceFault | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { status, serviceCode, body } = at as { status?: unknown; serviceCode?: unknown; body?: unknown };
    if (typeof status !== 'number') continue;
    const [, inBody] = typeof body === 'string' ? (/<Code>([^<]{1,100})<\/Code>/.exec(body) ?? []) : [];
    return { status, code: inBody ?? (typeof serviceCode === 'string' ? serviceCode : 'Unknown') };
  }
  return undefined;
}

/** The innermost cause's code, such as `ECONNREFUSED`, or its message. */
function networkFaultOf(error: unknown): string {
  let deepest: unknown = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) deepest = deepest.cause;
  if (!(deepest instanceof Error)) return String(deepest);
  const { code } = deepest as { readonly code?: unknown };
  return typeof code === 'string' ? code : deepest.message;
}

type Explain = (settings: S3Settings) => string;

const wrongRegion: Explain = ({ region }) => `the bucket is not in the region ${region}: correct REELAY_S3_REGION`;
const overloaded: Explain = () => 'it is overloaded or down: look at the store itself; tasks wait for it';

const explanations: Readonly<Record<string, Explain>> = {
  SignatureDoesNotMatch: () =>
    'the secret does not belong to the key: correct REELAY_S3_SECRET_ACCESS_KEY or REELAY_S3_ACCESS_KEY_ID',
  InvalidAccessKeyId: () => 'it does not know the key: correct REELAY_S3_ACCESS_KEY_ID',
  AccessDenied: ({ bucket }) =>
    `the key may not do this in the bucket ${bucket}: allow it to get, put and delete objects, to abort uploads and to list the bucket`,
  NoSuchBucket: ({ bucket }) => `there is no bucket ${bucket}: make it, or correct REELAY_S3_BUCKET`,
  AuthorizationHeaderMalformed: wrongRegion,
  AuthorizationQueryParametersError: wrongRegion,
  PermanentRedirect: wrongRegion,
  RequestTimeTooSkewed: () => "this machine's clock differs from the store's: set both by NTP",
  QuotaExceeded: ({ bucket }) => `the bucket ${bucket} is full: raise its quota`,
  SlowDown: overloaded,
  ServiceUnavailable: overloaded,
};

/** One line that names the fault and how to mend it. */
export function explainFault(error: unknown, settings: S3Settings): string {
  const service = serviceFaultOf(error);
  const store = `the object store at ${settings.endpoint}`;
  if (service === undefined) {
    return `${store} does not answer (${networkFaultOf(error)}): check that it runs, the network, and REELAY_S3_ENDPOINT`;
  }
  const { status, code } = service;
  const explain = explanations[code] ?? (status >= 500 ? overloaded : undefined);
  return `${store} answers ${status} ${code}: ${explain?.(settings) ?? 'see its documentation'}`;
}

/** Whether another try at once may do: what was broken by chance, not what was refused or took too long. */
export function isPassing(error: unknown): boolean {
  const service = serviceFaultOf(error);
  if (service !== undefined) return service.status >= 500 || service.status === 429;
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(networkFaultOf(error));
}

export function asUnavailable(error: unknown, settings: S3Settings): ReelayError {
  return new ReelayError('storage_unavailable', 'the server cannot reach its file storage now', {
    retryAfterSeconds,
    cause: new Error(explainFault(error, settings), { cause: error }),
  });
}
