import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Face } from '../catalogue/catalogue.ts';
import { readParameters } from '../catalogue/read-parameters.ts';
import type { GenerationRequest, JsonObject, JsonValue } from '../contract/index.ts';
import { type ErrorCode, type Fault, ReelayError } from '../errors.ts';
import type { Quote } from '../tasks/requests.ts';

/** Characters of an Idempotency-Key. */
const maximumIdempotencyKey = 255;

/** Levels of lists and objects in a body. Deeper ones cannot be written as JSON again, nor read by SQLite. */
const maximumDepth = 32;

/** Values in a body, at all levels: each that is wrong is a fault with words of its own. */
const maximumValues = 10_000;

/** Faults that an answer lists. */
const maximumFaults = 20;

/** Checks parameters and the form of every URL; throws with all faults at once. */
export function readGeneration(
  face: Face,
  parameters: JsonObject,
  checkInputUrl: (url: string) => void,
): GenerationRequest {
  const read = readParameters(face, parameters);
  if (!read.ok) throw invalidParameters(read.faults);
  const faults: Fault[] = [];
  let code: ErrorCode | undefined;
  for (const { url, field } of read.request.inputs) {
    try {
      checkInputUrl(url);
    } catch (error) {
      if (!(error instanceof ReelayError)) throw error;
      code ??= error.code;
      faults.push({ field, message: error.message });
    }
  }
  if (code !== undefined) throw withFaults(code, faults);
  return read.request;
}

export function invalidParameters(faults: readonly Fault[]): ReelayError {
  return withFaults('invalid_parameters', faults);
}

/** The first faults, also in one line: `duration: must be between 1 and 15, not 99; prompt: is required`. */
function withFaults(code: ErrorCode, all: readonly Fault[]): ReelayError {
  const faults = all.slice(0, maximumFaults);
  const lines = faults.map(({ field, message }) => `${field}: ${message}`);
  if (faults.length < all.length) lines.push(`and ${all.length - faults.length} more faults`);
  return new ReelayError(code, lines.join('; '), { faults });
}

/** The body as an object; `invalid_json` for anything else, and for one that is nested too deeply or has too much in it. */
export function bodyObject(body: unknown): JsonObject {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ReelayError('invalid_json', 'the body must be one JSON object');
  }
  refuseVastness(body);
  return body as JsonObject;
}

/** Goes through the levels one by one: a recursion would end at the very bodies that it is meant to find. */
function refuseVastness(body: object): void {
  let level: readonly object[] = [body];
  let values = 0;
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maximumDepth) {
      throw new ReelayError('invalid_json', `the body is nested deeper than ${maximumDepth} levels`);
    }
    const next: object[] = [];
    for (const outer of level) {
      const inside: readonly unknown[] = Object.values(outer);
      values += inside.length;
      for (const inner of inside) if (typeof inner === 'object' && inner !== null) next.push(inner);
    }
    if (values > maximumValues) {
      throw new ReelayError('invalid_json', `the body has more than ${maximumValues} values`);
    }
    level = next;
  }
}

/** Field of a body, and header, that ask what a request would lead to instead of making it. */
const dryRunField = 'dry_run';

/** Takes `dry_run` out of a body; `X-Reelay-Dry-Run: true` asks for the same. */
export function takeDryRun(
  request: FastifyRequest,
  body: JsonObject,
): { readonly dryRun: boolean; readonly body: JsonObject } {
  const { [dryRunField]: field = false, ...rest } = body;
  const asked = header(request, 'x-reelay-dry-run') ?? 'false';
  if (typeof field !== 'boolean') throw invalidParameters([{ field: dryRunField, message: 'must be true or false' }]);
  if (asked !== 'true' && asked !== 'false') {
    throw invalidParameters([{ field: 'X-Reelay-Dry-Run', message: 'must be true or false' }]);
  }
  return { dryRun: field || asked === 'true', body: rest };
}

/** Field of a body that names where the end of its tasks is told. */
const callbackField = 'callback_url';

/** Takes `callback_url` out of a body. Throws where nothing may be sent there. */
export function takeCallback(
  { [callbackField]: url = null, ...body }: JsonObject,
  { checkCallbackUrl }: { readonly checkCallbackUrl: (url: string) => void },
): { readonly callbackUrl?: string; readonly body: JsonObject } {
  if (url === null) return { body };
  if (typeof url !== 'string') throw invalidParameters([{ field: callbackField, message: 'must be a URL, a string' }]);
  try {
    checkCallbackUrl(url);
  } catch (error) {
    if (!(error instanceof ReelayError)) throw error;
    throw withFaults(error.code, [{ field: callbackField, message: error.message }]);
  }
  return { callbackUrl: url, body };
}

/** The answer to a dry run, the same in every API: what was understood, who would run it, what it is expected to cost. */
export function dryRunBody(face: Face, request: GenerationRequest, quote: Quote): JsonObject {
  return {
    dry_run: true,
    model: face.id,
    provider: quote.provider,
    estimated_cost_usd: quote.estimatedCostMicros / 1_000_000,
    warnings: quote.warnings,
    request: {
      ...request,
      inputs: request.inputs.map(({ role, field }) => ({ role, field })),
    } as unknown as JsonObject,
  };
}

export interface SubmissionHeaders {
  readonly requestId: string;
  readonly askedProvider?: string;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string };
}

/** `Idempotency-Key` and `X-Reelay-Provider`, the same in every API, and the request's own name. */
export function submissionHeaders(request: FastifyRequest, body: JsonObject): SubmissionHeaders {
  const key = header(request, 'idempotency-key');
  const asked = header(request, 'x-reelay-provider');
  if (key !== undefined && (key.length > maximumIdempotencyKey || key.trim() === '')) {
    throw invalidParameters([
      { field: 'Idempotency-Key', message: `must have 1 to ${maximumIdempotencyKey} characters` },
    ]);
  }
  if (asked !== undefined && !/^[a-z][a-z0-9-]{0,63}$/.test(asked)) {
    throw invalidParameters([{ field: 'X-Reelay-Provider', message: 'must be the name of a provider' }]);
  }
  return {
    requestId: request.id,
    ...(asked !== undefined && { askedProvider: asked }),
    ...(key !== undefined && { idempotency: { key, bodyHash: bodyHash(request, { asked, body }) } }),
  };
}

/** The same for two requests that ask for the same; only made where there is a key, for a body may be 32 MB. */
function bodyHash(
  { method, routeOptions }: FastifyRequest,
  { asked = '', body }: { readonly asked: string | undefined; readonly body: JsonObject },
): string {
  return hash('sha256', `${method} ${routeOptions.url}\n${asked}\n${canonical(body)}`);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** JSON with its keys in order, so that two spellings of one body are the same. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
