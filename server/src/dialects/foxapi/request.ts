import type { Face } from '../../catalogue/catalogue.ts';
import { nearest } from '../../catalogue/nearest.ts';
import { type GenerationRequest, type JsonObject, operations } from '../../contract/index.ts';
import { type Fault, ReelayError } from '../../errors.ts';
import type { TaskQuery } from '../../tasks/listing.ts';
import { searchWords } from '../../tasks/prompt-search.ts';
import type { DeliveryQuery } from '../../webhooks/deliveries.ts';
import type { DialectDependencies } from '../dialect.ts';
import { invalidParameters, readGeneration } from '../intake.ts';
import { deliveryStatuses } from './openapi-schemas.ts';
import { type FoxStatus, statesOf } from './response.ts';

export interface ReadCreate {
  readonly face: Face;
  readonly request: GenerationRequest;
  readonly parameters: JsonObject;
}

/** The body of `POST /v1/videos/generations`: `model` chooses the schema of the rest. */
export function readCreate(body: JsonObject, { faces, checkInputUrl }: DialectDependencies): ReadCreate {
  const { model, ...parameters } = body;
  if (typeof model !== 'string' || model === '') {
    const message = model === undefined ? 'is required' : 'must be the id of a model, a string';
    throw invalidParameters([{ field: 'model', message }]);
  }
  const face = faces.find(model);
  if (face === undefined) {
    const message = `there is no model ${JSON.stringify(model.slice(0, 100))}; ${modelHint(model, faces.all)}`;
    throw new ReelayError('model_not_found', `model: ${message}`, { faults: [{ field: 'model', message }] });
  }
  return { face, request: readGeneration(face, parameters, checkInputUrl), parameters };
}

/** Characters of an id that are compared with others: a client may have sent megabytes. */
const comparedLength = 100;

function modelHint(model: string, faces: readonly Face[]): string {
  const ids = faces.map(({ id }) => id);
  const near = model.length > comparedLength ? undefined : nearest(model.trim().toLowerCase(), ids);
  return near === undefined ? 'GET /v1/models lists all' : `did you mean ${JSON.stringify(near)}?`;
}

const statuses: readonly FoxStatus[] = ['pending', 'processing', 'completed', 'failed'];

type Query = Readonly<Record<string, unknown>>;

/** Characters of a search, and words in it. */
const maximumSearch = 200;
const maximumWords = 16;

/** Whether `include` asks for the one thing that a route can add. */
export function readInclude(query: Query, addition: string): boolean {
  const { include } = query;
  if (include === undefined) return false;
  if (include === addition) return true;
  throw invalidParameters([{ field: 'include', message: `must be ${addition}` }]);
}

/** Reads the values of a list's query; what is wrong with them is gathered in `faults`. */
function queryReader(query: Query, faults: Fault[]) {
  const text = (field: string) => {
    const value = query[field];
    if (value === undefined || typeof value === 'string') return value;
    faults.push({ field, message: 'must be given once' });
    return undefined;
  };
  const oneOf = <Value extends string>(field: string, values: readonly Value[]) => {
    const given = text(field);
    const value = values.find((one) => one === given);
    if (given !== undefined && value === undefined) {
      faults.push({ field, message: `must be one of ${values.join(', ')}` });
    }
    return value;
  };
  const limit = () => {
    const value = Number(text('limit') ?? '20');
    if (!Number.isInteger(value) || value < 1 || value > 100)
      faults.push({ field: 'limit', message: 'must be an integer from 1 to 100' });
    return value;
  };
  return { text, oneOf, limit };
}

/** The query of `GET /v1/webhooks/deliveries`. */
export function readDeliveryQuery(query: Query): Omit<DeliveryQuery, 'accountId'> {
  const faults: Fault[] = [];
  const { text, oneOf, limit } = queryReader(query, faults);
  const read = {
    limit: limit(),
    before: text('cursor'),
    taskId: text('task'),
    state: oneOf('status', deliveryStatuses),
  };
  if (faults.length > 0) throw invalidParameters(faults);
  return read;
}

/** The query of `GET /v1/tasks`, but for `include`. */
export function readListQuery(query: Query): TaskQuery {
  const faults: Fault[] = [];
  const { text, oneOf, limit: readLimit } = queryReader(query, faults);
  const limit = readLimit();
  const before = text('cursor');
  const model = text('model');
  const status = oneOf('status', statuses);
  const operation = oneOf('operation', operations);
  const words = readSearch(text('search'), faults);
  if (faults.length > 0) throw invalidParameters(faults);
  return {
    limit,
    ...(before !== undefined && { before }),
    ...(model !== undefined && { model }),
    ...(status !== undefined && { states: statesOf(status) }),
    ...(operation !== undefined && { operation }),
    ...(words !== undefined && { words }),
  };
}

function readSearch(search: string | undefined, faults: Fault[]): readonly string[] | undefined {
  if (search === undefined) return undefined;
  const words = search.length > maximumSearch ? [] : searchWords(search);
  if (words.length > 0 && words.length <= maximumWords) return words;
  const message = `must be 1 to ${maximumWords} words of at most ${maximumSearch} characters in all`;
  faults.push({ field: 'search', message });
  return undefined;
}

export interface ReadUpload {
  readonly filename?: string;
}

/** The optional fields of every upload. `auto_cleanup` is checked; there is no quota that it could act on. */
export function readUploadOptions(fields: JsonObject, required: string): ReadUpload & { readonly content: string } {
  const faults: Fault[] = [];
  const { file_name: filename, auto_cleanup: cleanup, [required]: content, ...unknown } = fields;
  if (typeof content !== 'string' || content === '') {
    faults.push({
      field: required,
      message: content === undefined ? 'is required' : 'must be a string that is not empty',
    });
  }
  faults.push(...uploadFaults(filename, cleanup));
  for (const field of Object.keys(unknown))
    faults.push({ field: field.slice(0, 100), message: 'is not a field of this route' });
  if (faults.length > 0) throw invalidParameters(faults);
  return { content: String(content), ...(typeof filename === 'string' && { filename }) };
}

function uploadFaults(filename: unknown, cleanup: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  if (filename !== undefined && filename !== null && (typeof filename !== 'string' || filename.length > 255)) {
    faults.push({ field: 'file_name', message: 'must be a string of at most 255 characters' });
  }
  if (
    cleanup !== undefined &&
    cleanup !== null &&
    typeof cleanup !== 'boolean' &&
    cleanup !== 'true' &&
    cleanup !== 'false'
  ) {
    faults.push({ field: 'auto_cleanup', message: 'must be true or false' });
  }
  return faults;
}
