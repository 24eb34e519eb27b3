/**
 * The server as the page sees it: public routes and the shapes of their answers. Nothing here is private to the page; what it
 * can do, any client can.
 */
import type { Operation } from '../../server/src/contract/generation-request.ts';
import type { JsonObject, JsonValue } from '../../server/src/contract/json.ts';
import type { InputRules } from '../../server/src/contract/media.ts';
import { serverUrl } from './server-url.ts';

export type { InputRules, JsonObject, JsonValue, Operation };

/** Parameters by the API's own names. */
export type Values = Readonly<Record<string, JsonValue>>;

export interface Property {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly title?: string;
  readonly description?: string;
  readonly default?: JsonValue;
  readonly enum?: readonly JsonValue[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
  readonly renderType?: string;
  readonly nullable?: boolean;
  readonly items?: Property;
  readonly 'x-order'?: number;
  readonly 'x-step'?: number;
  /** The neutral name of the parameter; absent for what only this model has. */
  readonly 'x-parameter'?: string;
  readonly 'x-advanced'?: boolean;
  readonly 'x-media-rules'?: InputRules;
  readonly 'x-placeholder'?: JsonValue;
}

interface Condition {
  readonly properties?: Readonly<Record<string, Partial<Property>>>;
  readonly required?: readonly string[];
  readonly not?: { readonly required: readonly string[] };
}

/** What values of several parameters have to do with each other. */
export interface SchemaRule {
  readonly if: Condition;
  readonly then: Condition;
}

export interface Schema {
  readonly properties: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly SchemaRule[];
}

export interface Pricing {
  readonly currency: 'USD';
  readonly per_output_second: Readonly<Record<string, number>>;
  readonly per_output_second_with_audio?: Readonly<Record<string, number>>;
  readonly per_input_image?: number;
  readonly source: string;
}

export interface Model {
  readonly id: string;
  readonly display_name: string;
  readonly operation: Operation;
  readonly developer: { readonly name: string; readonly slug: string };
  readonly summary: string;
  readonly description: string;
  readonly schema: Schema;
  readonly pricing: Pricing;
  /** Who would run it now. */
  readonly provider: string | null;
  readonly provider_problem?: string;
  readonly providers: readonly string[];
  readonly sample: Values;
  readonly typical_seconds: number;
}

export interface OxenModel {
  readonly id: string;
  readonly request_schema: Schema;
}

export type TaskStatus = 'pending' | 'processing' | 'completed' | 'failed';

export interface Task {
  readonly id: string;
  readonly model: string;
  readonly status: TaskStatus;
  readonly progress: number;
  /** Unix seconds, as all times here. */
  readonly created: number;
  readonly started: number | null;
  readonly completed: number | null;
  readonly results: readonly { readonly url: string; readonly content_type: string }[] | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly task_info: { readonly can_cancel: boolean; readonly estimated_time: number };
  readonly provider: string;
  readonly warnings?: readonly string[];
  /** What the stand-in made of the prompt's words; absent where another provider runs the task, and in lists. */
  readonly metadata?: {
    readonly understood: readonly { readonly text: string; readonly as: string }[];
    readonly ignored: readonly string[];
  };
  readonly operation: Operation;
  readonly queue_position: number | null;
  readonly cost_usd: number | null;
  /** The request in this API's names, also where it was made in another's. A list cuts data URIs; one task has them whole. */
  readonly request: { readonly model: string; readonly api: string; readonly parameters: Values };
}

export interface TaskPage {
  readonly data: readonly Task[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export interface TaskFilter {
  readonly model?: string;
  readonly status?: string;
  readonly operation?: string;
  readonly search?: string;
}

/** The answer to a dry run. */
export interface Quote {
  readonly provider: string;
  readonly estimated_cost_usd: number;
  readonly warnings: readonly string[];
}

/** How one limit of the key, or of its account, stands. Money is US dollars. */
export interface Limit {
  readonly limit: 'requests_per_minute' | 'tasks_in_flight' | 'budget_day' | 'budget_month';
  readonly of: 'key' | 'account';
  readonly maximum: number;
  readonly remaining: number;
  /** Null where that is when a task ends. */
  readonly resets: number | null;
}

/** What the key may do, and how much of it is left. */
export interface Account {
  readonly scopes: readonly string[];
  readonly limits: readonly Limit[];
}

export interface DeliveryTry {
  readonly at: number;
  readonly duration_ms: number;
  /** HTTP status of the answer; null where none came. */
  readonly status: number | null;
  /** Why it did not do; null where it did. */
  readonly error: string | null;
}

/** A webhook that tells of a task's end. */
export interface Delivery {
  readonly id: string;
  readonly task_id: string;
  readonly url: string;
  readonly status: 'waiting' | 'delivered' | 'failed';
  readonly next_try: number | null;
  /** The oldest first. */
  readonly tries: readonly DeliveryTry[];
}

export interface StoredFile {
  readonly url: string;
  readonly filename: string;
  readonly size: number;
}

export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** A refusal of the server, or `unreachable` where none answered. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly faults: readonly Fault[];

  constructor(
    message: string,
    about: { readonly code: string; readonly status: number; readonly faults?: readonly Fault[] },
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = about.code;
    this.status = about.status;
    this.faults = about.faults ?? [];
  }
}

export interface Submission {
  readonly model: string;
  readonly values: Values;
  /** A provider to force. */
  readonly provider?: string | undefined;
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type Api = ReturnType<typeof createApi>;

/** How long a call without a file may take, in milliseconds. */
const callTimeoutMs = 30_000;

export function createApi(key: string, { onRefusedKey }: { readonly onRefusedKey: () => void }) {
  const authorization = `Bearer ${key}`;

  async function call<Answer>(path: string, { method = 'GET', body, headers, signal }: Call = {}): Promise<Answer> {
    const timeout = AbortSignal.timeout(callTimeoutMs);
    const response = await fetch(serverUrl + path, {
      method,
      headers: { Authorization: authorization, ...(body && { 'Content-Type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw unreachable();
    });
    return answerOf<Answer>(response.status, await response.text().catch(() => ''), onRefusedKey);
  }

  const submit = <Answer>(
    { model, values, provider }: Submission,
    more: JsonObject,
    headers = {},
    signal?: AbortSignal,
  ) =>
    call<Answer>('/v1/videos/generations', {
      method: 'POST',
      body: { model, ...values, ...more },
      headers: { ...headers, ...(provider !== undefined && { 'X-Reelay-Provider': provider }) },
      ...(signal && { signal }),
    });

  return {
    key,
    models: () => call<{ readonly data: readonly Model[] }>('/v1/models?include=details').then(({ data }) => data),
    /** The model as Oxen's API shows it. */
    oxenModel: (id: string) => call<OxenModel>(`/api/ai/models/${encodeURIComponent(id)}`),
    credits: () =>
      call<{ readonly data: { readonly token: { readonly used_credits: number } } }>('/v1/account/credits').then(
        ({ data }) => data.token.used_credits,
      ),
    account: () => call<Account>('/v1/account/limits'),
    quote: (submission: Submission, signal: AbortSignal) => submit<Quote>(submission, { dry_run: true }, {}, signal),
    create: (submission: Submission, idempotencyKey: string) =>
      submit<Pick<Task, 'id'>>(submission, {}, { 'Idempotency-Key': idempotencyKey }),
    task: (id: string) => call<Task>(`${taskPath(id)}?include=request`),
    tasks: (filter: TaskFilter, { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined }) =>
      call<TaskPage>(`/v1/tasks?${query({ ...filter, limit: String(limit), cursor, include: 'request' })}`),
    cancel: (id: string) => call<Task>(`${taskPath(id)}/cancel`, { method: 'POST' }),
    remove: (id: string) => call<unknown>(taskPath(id), { method: 'DELETE' }),
    /** A task has one at most. */
    delivery: (taskId: string) =>
      call<{ readonly data: readonly Delivery[] }>(
        `/v1/webhooks/deliveries?${query({ task: taskId, limit: '1' })}`,
      ).then(({ data }) => data[0] ?? null),
    redeliver: (id: string) =>
      call<Delivery>(`/v1/webhooks/deliveries/${encodeURIComponent(id)}/redeliver`, { method: 'POST' }),
    copyFrom: (url: string) => call<StoredFile>('/v1/files/upload/url', { method: 'POST', body: { url } }),
    upload: (file: File, onProgress: (fraction: number) => void, signal: AbortSignal) =>
      upload(authorization, file, { onProgress, signal, onRefusedKey }),
  };
}

function taskPath(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}`;
}

function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : []));
  return new URLSearchParams(given).toString();
}

function unreachable(): ApiError {
  return new ApiError('The server does not answer.', { code: 'unreachable', status: 0 });
}

interface ErrorBody {
  readonly error?: { readonly message?: string; readonly code?: string; readonly details?: readonly Fault[] };
}

/** The one place where an answer gets its type: it is our own server's. */
function answerOf<Answer>(status: number, text: string, onRefusedKey: () => void): Answer {
  const body = parse(text);
  if (status >= 200 && status < 300 && body !== undefined) return body as Answer;
  if (status === 401) onRefusedKey();
  const { error } = (body ?? {}) as ErrorBody;
  throw new ApiError(error?.message ?? `The server answered ${status} without saying why.`, {
    code: error?.code ?? 'unknown',
    status,
    faults: error?.details ?? [],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface UploadOptions {
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal;
  readonly onRefusedKey: () => void;
}

/** With XMLHttpRequest: fetch does not tell how far a body has been sent. */
function upload(authorization: string, file: File, { onProgress, signal, onRefusedKey }: UploadOptions) {
  return new Promise<StoredFile>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${serverUrl}/v1/files/upload/stream`);
    request.setRequestHeader('Authorization', authorization);
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    request.onload = () => {
      try {
        resolve(answerOf<StoredFile>(request.status, request.responseText, onRefusedKey));
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const form = new FormData();
    form.append('file', file, file.name);
    request.send(form);
  });
}
