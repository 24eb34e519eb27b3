import { randomUUID } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { JsonObject, JsonValue } from '../contract/index.ts';
import { errors, isErrorCode } from '../errors.ts';
import { CliFailure } from './failure.ts';

/** Longest wait for an answer, in milliseconds. */
const answerTimeoutMs = 30_000;

/** Longest transfer of a file, in milliseconds. */
const transferTimeoutMs = 30 * 60_000;

/** Codes with which a connection fails where nothing listens, or nothing is reached. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Nothing answered at the server's address: it may be starting anew. */
export class Unreachable extends CliFailure {}

/** The connection broke; whether the server took the request is not known. */
class ConnectionLost extends CliFailure {}

/** A task as FoxAPI's routes show it; only the fields that are read here. */
export interface ApiTask {
  readonly id: string;
  readonly model: string;
  readonly status: 'pending' | 'processing' | 'completed' | 'failed';
  readonly progress: number;
  /** Unix seconds. */
  readonly created: number;
  readonly provider?: string;
  readonly results?: readonly { readonly url: string }[] | null;
  readonly error?: { readonly code: string; readonly message: string } | null;
  readonly warnings?: readonly string[];
}

export interface Submission {
  readonly model: string;
  readonly parameters: JsonObject;
  /** Asks for a provider by name. */
  readonly provider?: string;
}

export interface ApiClient {
  readonly baseUrl: string;
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body?: JsonObject): Promise<Answer>;
  submit(submission: Submission): Promise<ApiTask>;
  /** Uploads a file from disk and answers its link. */
  upload(path: string): Promise<string>;
  /** Saves a result under a path that never holds half a file. */
  download(url: string, path: string): Promise<void>;
}

export interface ApiClientOptions {
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Ends every call. */
  readonly signal?: AbortSignal;
}

/** The client of the server at REELAY_URL, with REELAY_API_KEY. */
export function clientFromEnvironment(environment: NodeJS.ProcessEnv): ApiClient {
  const baseUrl = environment['REELAY_URL'] || 'http://127.0.0.1:8080';
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new CliFailure(`REELAY_URL must be an http or https address, not ${JSON.stringify(baseUrl)}`);
  }
  const apiKey = environment['REELAY_API_KEY'];
  return createApiClient({ baseUrl: baseUrl.replace(/\/+$/, ''), ...(apiKey && { apiKey }) });
}

export function createApiClient({ baseUrl, apiKey, signal }: ApiClientOptions): ApiClient {
  const authorization: Record<string, string> = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };

  async function call(path: string, init: RequestInit, timeoutMs = answerTimeoutMs): Promise<Response> {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(baseUrl + path, {
        ...init,
        headers: { ...authorization, ...(init.headers as Record<string, string> | undefined) },
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw connectionFailure(error, baseUrl);
    }
  }

  async function json<Answer>(path: string, init: RequestInit, timeoutMs?: number): Promise<Answer> {
    const response = await call(path, init, timeoutMs);
    const body = await response.json().catch(() => undefined);
    if (!response.ok) throw answerFailure(response.status, body, apiKey);
    if (body === undefined) throw new CliFailure(`${baseUrl} does not answer like Reelay: ${path} is not JSON.`);
    return body as Answer;
  }

  const post = <Answer>(path: string, body: JsonValue = {}, headers: Record<string, string> = {}): Promise<Answer> =>
    json(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  return {
    baseUrl,
    get: (path) => json(path, { method: 'GET' }),
    post: (path, body) => post(path, body),
    async submit({ model, parameters, provider }) {
      // With the same key a second try cannot start, or cost, a second task.
      const headers = {
        'Idempotency-Key': randomUUID(),
        ...(provider !== undefined && { 'X-Reelay-Provider': provider }),
      };
      const send = () => post<ApiTask>('/v1/videos/generations', { model, ...parameters }, headers);
      return send().catch((error: unknown) => {
        if (error instanceof ConnectionLost) return send();
        throw error;
      });
    },
    async upload(path) {
      const form = new FormData();
      form.set('file', await openAsBlob(path), basename(path));
      const { url } = await json<{ readonly url: string }>(
        '/v1/files/upload/stream',
        { method: 'POST', body: form },
        transferTimeoutMs,
      );
      return url;
    },
    async download(url, path) {
      const response = await call(ownPath(url), { method: 'GET' }, transferTimeoutMs);
      if (!response.ok || response.body === null)
        throw answerFailure(response.status, await response.json().catch(() => undefined), apiKey);
      const partial = `${path}.part`;
      try {
        await pipeline(Readable.fromWeb(response.body), createWriteStream(partial));
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true });
        throw new CliFailure(`${path} could not be saved: ${(error as Error).message}`);
      }
    },
  };
}

/** The path of a file link: it is fetched from the server we talk to, whatever address the link itself names. */
function ownPath(url: string): string {
  const { pathname, search } = new URL(url);
  const at = pathname.indexOf('/files/');
  return (at < 0 ? pathname : pathname.slice(at)) + search;
}

function connectionFailure(error: unknown, baseUrl: string): CliFailure {
  const cause = (error as { readonly cause?: { readonly code?: string; readonly message?: string } }).cause;
  const code = cause?.code ?? (error as Error).name;
  if (unreachable.has(code)) {
    return new Unreachable(`Nothing answers at ${baseUrl}.`, {
      advice: 'Start the server with "npm start" (or "reelay serve"), or set REELAY_URL to where it runs.',
    });
  }
  if (code === 'TimeoutError') return new CliFailure(`${baseUrl} took too long to answer.`);
  return new ConnectionLost(`The connection to ${baseUrl} failed: ${cause?.message ?? code}.`);
}

function answerFailure(status: number, body: unknown, apiKey: string | undefined): CliFailure {
  const { error } = (body ?? {}) as { readonly error?: { readonly code?: string; readonly message?: string } };
  if (error?.message === undefined) return new CliFailure(`The server answered ${status} without an explanation.`);
  const code = error.code ?? String(status);
  if (status === 401) {
    const what = apiKey === undefined ? 'Set REELAY_API_KEY' : 'Set REELAY_API_KEY to a key that is not revoked';
    return new CliFailure(`${code}: ${error.message}`, { advice: `${what}; "reelay keys create" makes one.` });
  }
  return new CliFailure(`${code}: ${error.message}`, isErrorCode(code) ? { advice: errors[code].remedy } : {});
}
