import type { JsonObject, StartInput } from '../../contract/index.ts';
import { type Answer, asObject, objectOf } from '../exchange.ts';
import { requestIdOf } from './operation.ts';
import { carriesMark } from './wire.ts';

/** Requests on one page; their inputs are with them and may hold whole files. */
const pageSize = 25;

/** Pages that are read before the search gives up until the next time. */
const maximumPages = 20;

export interface Search {
  readonly input: Pick<StartInput, 'attemptId' | 'request'>;
  /** The body that was posted, or would have been. */
  readonly body: JsonObject;
  /** Reads a page of the list of requests. */
  readonly readPage: (parameters: Readonly<Record<string, string>>) => Promise<Answer | undefined>;
}

/**
 * Requests in fal's list that have all that an attempt posted. Where a link or a seed of our own making is in the body,
 * it can be but the attempt's; where neither is, a request of somebody else's may be just the same. None where the list
 * could not be read to its end.
 */
export async function findRequests({ input, body, readPage }: Search): Promise<readonly string[]> {
  const found = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < maximumPages; page += 1) {
    const answer = await readPage({ limit: String(pageSize), ...(cursor !== undefined && { cursor }) });
    const list = answer?.status === 200 ? objectOf(answer.text) : undefined;
    if (list === undefined) return [];
    const items = Array.isArray(list['items']) ? list['items'] : [];
    for (const item of items.map(asObject)) {
      const requestId = requestIdOf(item);
      if (requestId !== undefined && fits(inputOf(item?.['json_input']), { input, body })) found.add(requestId);
    }
    cursor = typeof list['next_cursor'] === 'string' ? list['next_cursor'] : undefined;
    if (list['has_more'] !== true || cursor === undefined) return [...found];
  }
  return [];
}

function inputOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'string' ? objectOf(value) : asObject(value);
}

function fits(seen: Readonly<Record<string, unknown>> | undefined, { input, body }: Omit<Search, 'readPage'>): boolean {
  if (seen === undefined) return false;
  return Object.entries(body).every(([name, ours]) => isSame(ours, seen[name], input.attemptId));
}

/** Links are signed anew with every hour, so the mark in them counts; everything else has to be the same. */
function isSame(ours: unknown, theirs: unknown, attemptId: string): boolean {
  if (Array.isArray(ours)) {
    return (
      Array.isArray(theirs) &&
      theirs.length === ours.length &&
      ours.every((one, index) => isSame(one, theirs[index], attemptId))
    );
  }
  return carriesMark(ours, attemptId) ? carriesMark(theirs, attemptId) : ours === theirs;
}
