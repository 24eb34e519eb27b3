import type { Face } from '../../catalogue/catalogue.ts';
import { pricing } from '../../catalogue/price.ts';
import { writeParameters } from '../../catalogue/write-parameters.ts';
import type { JsonObject, JsonValue, Model, Task } from '../../contract/index.ts';
import type { TaskDetails } from '../../tasks/details.ts';
import type { DialectDependencies } from '../dialect.ts';
import { unixSeconds } from './response.ts';

/** What `include` adds to FoxAPI's own bodies: all that a page needs to show a model's form and to run a task again. */

/** `include=details` of `GET /v1/models`. */
export function modelDetails(face: Face, { tasks }: Pick<DialectDependencies, 'tasks'>): JsonObject {
  const { model } = face;
  const { all, chosen, problem } = tasks.runners(model);
  return {
    display_name: face.displayName,
    operation: model.operation,
    ...(model.modes && { modes: modesBody(model.modes) }),
    developer: { name: model.developer.name, slug: model.developer.slug },
    summary: model.summary,
    description: face.description,
    schema: face.schema,
    pricing: pricing(model.price),
    provider: chosen ?? null,
    ...(problem !== undefined && { provider_problem: problem }),
    providers: all,
    sample: face.sample,
    typical_seconds: tasks.measuredSeconds(model.id) ?? model.typicalSeconds,
  };
}

function modesBody(modes: NonNullable<Model['modes']>): JsonObject {
  return Object.fromEntries(
    Object.entries(modes).map(([name, { operation, pictures }]) => [
      name,
      { operation, images: { minimum: pictures.minimum, maximum: pictures.parts.length, parts: pictures.parts } },
    ]),
  );
}

/** Characters of a data URI that a list repeats: a page of tasks may hold gigabytes of them. */
const listedDataUri = 64;

/** `include=request` of the task routes. A list cuts data URIs, which then end in `...`; one task has them whole. */
export async function taskDetails(
  task: Task,
  options: {
    readonly details: TaskDetails | undefined;
    readonly isListed: boolean;
    readonly dependencies: Pick<DialectDependencies, 'faces' | 'links' | 'media'>;
  },
): Promise<JsonObject> {
  const { details, isListed, dependencies } = options;
  const face = dependencies.faces.find(task.model);
  const parameters = parametersOf(task, face);
  const renewed = await renewedLinks(task, dependencies);
  const shown = (text: string) => renewed.get(text) ?? (isListed ? withoutData(text) : text);
  return {
    operation: task.operation,
    request: {
      model: face?.id ?? task.model,
      operation: task.operation,
      api: task.api,
      parameters: mapTexts(parameters, shown),
    },
    started: task.startedAt === undefined ? null : unixSeconds(task.startedAt),
    completed: 'completedAt' in task ? unixSeconds(task.completedAt) : null,
    queue_position: details?.queuePosition ?? null,
    cost_usd: details?.costMicros === undefined ? null : details.costMicros / 1_000_000,
  };
}

/** What the client sent, where it was sent to this API; else the same in this API's names. */
function parametersOf(task: Task, face: Face | undefined): JsonObject {
  if (task.api === 'foxapi') return task.parameters;
  return face === undefined ? { prompt: task.request.prompt } : writeParameters(face, task.request);
}

/** Fresh links for the account's own files that are still here: those that the task was made with may have expired. */
async function renewedLinks(
  task: Task,
  { links, media }: Pick<DialectDependencies, 'links' | 'media'>,
): Promise<ReadonlyMap<string, string>> {
  const renewed = new Map<string, string>();
  for (const { url } of task.request.inputs) {
    const link = links.recognise(url);
    const asset = link && (await media.get(link.assetId));
    if (asset?.accountId === task.accountId) renewed.set(url, links.sign(asset));
  }
  return renewed;
}

function withoutData(text: string): string {
  return text.length > listedDataUri && /^data:/i.test(text) ? `${text.slice(0, listedDataUri)}...` : text;
}

function mapTexts(parameters: JsonObject, change: (text: string) => string): JsonObject {
  const changed = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return change(value);
    return Array.isArray(value) ? value.map(changed) : value;
  };
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, changed(value)]));
}
