import { Readable } from 'node:stream';
import {
  type Asset,
  isTerminal,
  type JsonObject,
  type Task,
  type TaskIn,
  type TaskOutput,
} from '../../contract/index.ts';
import { isErrorCode, ReelayError } from '../../errors.ts';
import type { DialectDependencies, StatusDependencies } from '../dialect.ts';
import { withReading } from '../prompt-reading.ts';
import { oxenStatus } from './status.ts';

type Shown = Pick<DialectDependencies, 'links'>;

/** The answer to `POST /ai/queue`. */
export function enqueuedBody(tasks: readonly Task[]): JsonObject {
  return { generations: tasks.map(({ id }) => ({ generation_id: id, status: 'queued' })) };
}

/** A generation as the queue shows it: what the client sent, with our own fields over it. */
export function queueRow(task: Task, { links }: Shown): JsonObject {
  const { parameters, startedAt } = task;
  return {
    ...parameters,
    generation_id: task.id,
    model_name: task.requestedModel,
    media_type: 'video',
    status: oxenStatus(task),
    prompt: parameters['prompt'] ?? null,
    enqueued_at: seconds(task.createdAt),
    started_at: startedAt === undefined ? null : seconds(startedAt),
    completed_at: 'completedAt' in task ? seconds(task.completedAt) : null,
    result_url: resultUrl(task, links),
    error_message: task.state === 'failed' ? task.error.message : null,
    target_namespace: parameters['target_namespace'] ?? null,
    target_repo: parameters['target_repo'] ?? null,
    target_directory: parameters['target_directory'] ?? null,
    progress: task.progress,
    provider: task.provider,
    ...(task.warnings.length > 0 && { warnings: task.warnings }),
  };
}

/** The answer to `GET /ai/queue/{id}`, and the body of the generation's webhook. */
export function statusBody(task: Task, shown: StatusDependencies): JsonObject {
  return withReading(queueRow(task, shown), task, shown);
}

/** A generation as the history shows it: with its charge and its owner. Oxen's `user_id` is a UUID, which accounts have none of. */
export function historyRow(task: Task, { links, accountName }: Shown & { readonly accountName: string }): JsonObject {
  const costMicros = isTerminal(task.state) && 'costMicros' in task ? task.costMicros : 0;
  return {
    ...queueRow(task, { links }),
    cost: dollars(costMicros),
    user_id: null,
    username: accountName,
    user_image: null,
  };
}

/** The answer to `GET /ai/generations`. An empty list has one empty page, as the pages of Oxen's framework are counted. */
export function historyBody(
  generations: readonly JsonObject[],
  options: {
    readonly page: number;
    readonly pageSize: number;
    readonly total: number;
    readonly costMicros: number;
  },
): JsonObject {
  return {
    count: generations.length,
    generations,
    page_number: options.page,
    page_size: options.pageSize,
    total_pages: Math.max(1, Math.ceil(options.total / options.pageSize)),
    total_entries: options.total,
    total_cost: dollars(options.costMicros),
  };
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function resultUrl(task: Task, links: Shown['links']): string | null {
  const [output] = task.state === 'succeeded' ? task.outputs : [];
  return output === undefined ? null : linkTo(output, links);
}

export function linkTo(output: TaskOutput, links: Shown['links']): string {
  return links.sign({ id: output.assetId, filename: output.filename, expiresAt: output.expiresAt });
}

/** US dollars as a decimal text; null where nothing was charged. */
function dollars(micros: number): string | null {
  if (micros === 0) return null;
  const [whole, fraction = ''] = (micros / 1_000_000).toFixed(6).split('.');
  return `${whole}.${fraction.replace(/0{1,4}$/, '')}`;
}

/** What a blocking request ended with: results, or the reason of the first failure where there are none. */
export function successes(tasks: readonly Task[]): readonly TaskIn<'succeeded'>[] {
  const done = tasks.filter((task) => task.state === 'succeeded');
  if (done.length > 0) return done;
  const failed = tasks.find((task) => task.state === 'failed');
  if (failed === undefined) throw new ReelayError('request_cancelled', 'the generation was cancelled');
  const { code, message } = failed.error;
  throw new ReelayError(isErrorCode(code) ? code : 'generation_failed', message);
}

function answerHead([first]: readonly TaskIn<'succeeded'>[]): JsonObject {
  return { model: first?.requestedModel ?? null, created: seconds(first?.completedAt ?? 0) };
}

/** The answer to `POST /ai/videos/generate` with links. */
export function videosBody(done: readonly TaskIn<'succeeded'>[], { links }: Shown): JsonObject {
  const videos = done.flatMap(({ outputs }) => outputs.map((output) => ({ url: linkTo(output, links) })));
  return { ...answerHead(done), videos };
}

/** The same with the files themselves in Base64, written as they are read: a file may be larger than a string can be. */
export async function inlineVideosBody(
  done: readonly TaskIn<'succeeded'>[],
  { media }: Pick<DialectDependencies, 'media'>,
): Promise<Readable> {
  const assets: Asset[] = [];
  for (const { assetId } of done.flatMap(({ outputs }) => outputs)) {
    const asset = await media.get(assetId);
    if (asset === undefined) throw new ReelayError('not_found', 'the result has expired or been deleted');
    assets.push(asset);
  }
  const head = JSON.stringify({ ...answerHead(done), videos: [] }).slice(0, -2);
  return Readable.from(inlineVideos(head, assets, media), { objectMode: false });
}

async function* inlineVideos(head: string, assets: readonly Asset[], media: DialectDependencies['media']) {
  yield head;
  for (const [index, asset] of assets.entries()) {
    const file = await media.open(asset);
    if (file === undefined) throw new ReelayError('not_found', 'the result has expired or been deleted');
    yield `${index === 0 ? '' : ','}{"b64_json":"`;
    yield* base64(file);
    yield '"}';
  }
  yield ']}';
}

/** Base64 in pieces: each piece but the last stands for a multiple of three bytes, so that no padding falls between. */
async function* base64(file: Readable) {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of file) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    const whole = bytes.length - (bytes.length % 3);
    yield bytes.toString('base64', 0, whole);
    rest = bytes.subarray(whole);
  }
  yield rest.toString('base64');
}
