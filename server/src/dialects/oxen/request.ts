import { randomUUID } from 'node:crypto';
import type { Face, FaceIndex } from '../../catalogue/catalogue.ts';
import type { GenerationRequest, JsonObject, JsonValue } from '../../contract/index.ts';
import { type Fault, ReelayError } from '../../errors.ts';
import type { TaskFilter } from '../../tasks/listing.ts';
import type { NewTask } from '../../tasks/requests.ts';
import type { DialectDependencies } from '../dialect.ts';
import { invalidParameters, readGeneration, takeCallback } from '../intake.ts';
import { filterOf, type OxenStatus, oxenStatuses } from './status.ts';

/** Generations of one request: Oxen's documentation and its error text. */
const maximumGenerations = 4;

/** Characters that the parameters kept for the rows may take as JSON, data URIs not counted. */
const maximumKeptCharacters = 64 * 1024;

/** Characters of a data URI that a row repeats. */
const shownDataUri = 64;

/** Highest page number: its offset stays an exact number at every page size. */
const maximumPage = 1_000_000_000;

const targets = ['target_namespace', 'target_repo', 'target_directory'];

/** Fields that belong to the route: none of them is in a model's schema. */
const routeFields: readonly string[] = ['model', 'num_generations', 'response_format', ...targets];

interface RouteFields {
  readonly count: number;
  readonly responseFormat: 'url' | 'b64_json';
}

export interface Submission extends RouteFields {
  /** The id as the client wrote it. */
  readonly requestedModel: string;
  readonly face: Face;
  /** The model's own parameters. */
  readonly parameters: JsonObject;
  /** What the generation's row repeats: parameters and route fields. */
  readonly kept: JsonObject;
  readonly callbackUrl?: string;
  /** The whole body, for the Idempotency-Key. */
  readonly body: JsonObject;
}

/** The body of `POST /ai/queue` and `POST /ai/videos/generate`, up to the model's own parameters, which are not looked at. */
export function readSubmission(
  body: JsonObject,
  { faces, checkCallbackUrl }: Pick<DialectDependencies, 'faces' | 'checkCallbackUrl'>,
): Submission {
  const { callbackUrl, body: given } = takeCallback(body, { checkCallbackUrl });
  const face = findModel(given['model'], faces);
  const route = readRouteFields(given);
  const kept = withoutDataUris(without(given, ['model', 'num_generations'])) as JsonObject;
  const { length } = JSON.stringify(kept);
  if (length > maximumKeptCharacters) {
    const message = `the parameters take ${length} characters; at most ${maximumKeptCharacters} are taken, data URIs not counted`;
    throw invalidParameters([{ field: 'body', message }]);
  }
  const parameters = without(given, routeFields);
  const requestedModel = String(given['model']);
  return { requestedModel, face, ...route, parameters, kept, body, ...(callbackUrl !== undefined && { callbackUrl }) };
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

function findModel(model: JsonValue | undefined, faces: FaceIndex): Face {
  if (typeof model !== 'string' || model === '') {
    const message = model === undefined ? 'is required' : 'must be the id of a model, a string';
    throw invalidParameters([{ field: 'model', message }]);
  }
  return faceOrNotFound(model, faces);
}

export function faceOrNotFound(id: string, faces: FaceIndex): Face {
  const face = faces.find(id);
  if (face === undefined) throw new ReelayError('model_not_found', `Model not found: ${id.slice(0, 200)}`);
  return face;
}

function readRouteFields(given: JsonObject): RouteFields {
  const { num_generations: count = 1, response_format: format = 'url' } = given;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > maximumGenerations) {
    const message = `num_generations must be an integer between 1 and ${maximumGenerations}`;
    throw new ReelayError('invalid_parameters', message, { faults: [{ field: 'num_generations', message }] });
  }
  const faults: Fault[] = targets.flatMap((field) => {
    const value = given[field];
    const right = value === undefined || value === null || typeof value === 'string';
    return right ? [] : [{ field, message: 'must be a string or null' }];
  });
  if (format !== 'url' && format !== 'b64_json') {
    faults.push({ field: 'response_format', message: 'must be one of "url", "b64_json"' });
  }
  if (faults.length > 0) throw invalidParameters(faults);
  return { count, responseFormat: format === 'b64_json' ? format : 'url' };
}

function withoutDataUris(value: JsonValue): JsonValue {
  if (typeof value === 'string') {
    const long = value.length > shownDataUri && /^data:/i.test(value);
    return long ? `${value.slice(0, shownDataUri)}...` : value;
  }
  if (Array.isArray(value)) return value.map(withoutDataUris);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutDataUris(inner)]));
}

/** The tasks of a submission whose parameters are right; throws with all faults at once. */
export function newTasks(submission: Submission, checkInputUrl: (url: string) => void): readonly NewTask[] {
  return several(submission, readGeneration(submission.face, submission.parameters, checkInputUrl));
}

/** The same for the queue, which takes any parameters and lets the job fail by them. */
export function newQueuedTasks(submission: Submission, checkInputUrl: (url: string) => void): readonly NewTask[] {
  try {
    return newTasks(submission, checkInputUrl);
  } catch (error) {
    if (!(error instanceof ReelayError)) throw error;
    const { operation } = submission.face.model;
    const { prompt } = submission.kept;
    const request = { operation, prompt: typeof prompt === 'string' ? prompt : '', inputs: [], options: {} };
    const fault = { code: 'invalid_parameters', message: error.message };
    return several(submission, request).map((task) => ({ ...task, fault }));
  }
}

function several({ count, kept }: Submission, request: GenerationRequest): readonly NewTask[] {
  return Array.from({ length: count }, () => ({ id: randomUUID(), request, parameters: kept }));
}

type Query = Readonly<Record<string, unknown>>;

export interface ReadFilter {
  /** Undefined where nothing can fit: there are no pictures here. */
  readonly filter: TaskFilter | undefined;
  readonly status: OxenStatus | undefined;
}

/** The filters that the queue and the history share. A generation without a target is in the account's own namespace. */
export function readFilter(
  query: Query,
  { faces, accountName }: { readonly faces: FaceIndex; readonly accountName: string },
): ReadFilter {
  const read = new QueryReader(query);
  const model = read.text('model');
  const mediaType = read.oneOf('media_type', ['image', 'video']);
  const status = read.oneOf('status', oxenStatuses);
  const namespace = read.text('namespace');
  const repo = read.text('repo');
  const folder = read.text('folder');
  read.end();
  const parameters = {
    ...(namespace !== undefined && {
      target_namespace: namespace === accountName ? [namespace, null] : [namespace],
    }),
    ...(repo !== undefined && { target_repo: [repo] }),
    ...(folder !== undefined && { target_directory: [folder] }),
  };
  const filter = {
    parameters,
    ...(status !== undefined && filterOf(status)),
    ...(model !== undefined && { model: faces.find(model)?.model.id ?? model }),
  };
  return { filter: mediaType === 'image' ? undefined : filter, status };
}

export interface Paging {
  readonly page: number;
  readonly pageSize: number;
}

/** `page` and `page_size` of the history. */
export function readPaging(query: Query): Paging {
  const read = new QueryReader(query);
  const page = read.integer('page', { fallback: 1, maximum: maximumPage });
  const pageSize = read.integer('page_size', { fallback: 50, maximum: 1_000 });
  read.end();
  return { page, pageSize };
}

/** Optional texts of a query, such as `developer_name`. */
export function readTexts<Name extends string>(
  query: Query,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const read = new QueryReader(query);
  const texts = Object.fromEntries(
    names.map((name) => [name, read.text(name)]).filter(([, text]) => text !== undefined),
  );
  read.end();
  return texts;
}

/** The id in `Last-Event-ID`; undefined where there is none. */
export function readLastEventId(header: string | readonly string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw invalidParameters([{ field: 'Last-Event-ID', message: 'must be the id of an event, an integer from 0' }]);
}

/** Reads the values of a query string one by one and tells all faults at the end. */
class QueryReader {
  readonly #query: Query;
  readonly #faults: Fault[] = [];

  constructor(query: Query) {
    this.#query = query;
  }

  text(field: string): string | undefined {
    const value = this.#query[field];
    if (value === undefined || typeof value === 'string') return value;
    this.#faults.push({ field, message: 'must be given once' });
    return undefined;
  }

  oneOf<Value extends string>(field: string, values: readonly Value[]): Value | undefined {
    const text = this.text(field);
    const value = values.find((one) => one === text);
    if (text !== undefined && value === undefined) {
      this.#faults.push({ field, message: `must be one of ${values.join(', ')}` });
    }
    return value;
  }

  integer(field: string, { fallback, maximum }: { readonly fallback: number; readonly maximum: number }): number {
    const text = this.text(field) ?? String(fallback);
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= 1 && value <= maximum) return value;
    this.#faults.push({ field, message: `must be an integer from 1 to ${maximum}` });
    return fallback;
  }

  end(): void {
    if (this.#faults.length > 0) throw invalidParameters(this.#faults);
  }
}
