import type { Face } from '../../catalogue/catalogue.ts';
import type { GenerationRequest, JsonObject } from '../../contract/index.ts';
import { type Fault, ReelayError } from '../../errors.ts';
import type { TaskQuery } from '../../tasks/listing.ts';
import type { DialectDependencies } from '../dialect.ts';
import { invalidParameters, readGeneration } from '../intake.ts';
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
    const message = `model: there is no model ${JSON.stringify(model.slice(0, 100))}; GET /v1/models lists all`;
    throw new ReelayError('model_not_found', message, { faults: [{ field: 'model', message }] });
  }
  return { face, request: readGeneration(face, parameters, checkInputUrl), parameters };
}

const statuses: readonly string[] = ['pending', 'processing', 'completed', 'failed'] satisfies FoxStatus[];

/** The query of `GET /v1/tasks`. */
export function readListQuery(query: Readonly<Record<string, unknown>>): TaskQuery {
  const faults: Fault[] = [];
  const { limit = '20', cursor, status, model } = query;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 100)
    faults.push({ field: 'limit', message: 'must be an integer from 1 to 100' });
  if (cursor !== undefined && typeof cursor !== 'string')
    faults.push({ field: 'cursor', message: 'must be given once' });
  if (model !== undefined && typeof model !== 'string') faults.push({ field: 'model', message: 'must be given once' });
  if (status !== undefined && !statuses.includes(String(status))) {
    faults.push({ field: 'status', message: `must be one of ${statuses.join(', ')}` });
  }
  if (faults.length > 0) throw invalidParameters(faults);
  return {
    limit: count,
    ...(typeof cursor === 'string' && { before: cursor }),
    ...(typeof model === 'string' && { model }),
    ...(status !== undefined && { states: statesOf(status as FoxStatus) }),
  };
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
