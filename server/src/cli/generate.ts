import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Catalogue, type Face, loadCatalogue } from '../catalogue/catalogue.ts';
import { nearest } from '../catalogue/nearest.ts';
import type { JsonObject, JsonValue } from '../contract/index.ts';
import { names } from '../dialects/foxapi/names.ts';
import { type ApiClient, type ApiTask, clientFromEnvironment } from './api-client.ts';
import { type Command, type Options, parse, renderHelp } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { followTask, taskFailure } from './follow-task.ts';
import { flagRules, flagsOf, isMedia, type ModelFlag, parameterValue } from './model-flags.ts';
import { print, printJson, say } from './output.ts';
import { showProgress } from './progress.ts';
import { addServerModels } from './server-models.ts';
import { listenForStop } from './stop-signals.ts';

const ownOptions = {
  output: { type: 'string', placeholder: 'FILE', description: 'Where the MP4 goes (default <task id>.mp4)' },
  provider: { type: 'string', placeholder: 'NAME', description: 'Ask for a provider, e.g. local, which costs nothing' },
  wait: { type: 'boolean', default: true, description: 'Only submit: print the task and leave' },
  json: { type: 'boolean', description: 'Print the task as JSON' },
} as const satisfies Options;

const name = 'generate';
const summary = 'Make a video and save it as an MP4';
const example =
  'generate grok-imagine-edit-video --prompt "Turn the sky into a sunset" --video clip.mp4 --output sunset.mp4';

/** Its flags are those of the model, so it reads its arguments itself. */
export const generate: Command = {
  name,
  summary,
  async help([model]) {
    const face = model === undefined ? undefined : await findFace(model);
    return face === undefined ? generalHelp() : modelHelp(face);
  },
  async run(args) {
    const [model, ...rest] = args;
    if (model === undefined || model.startsWith('-')) {
      throw usageFailure(
        'MODEL is missing',
        '"reelay models" lists them; "reelay generate MODEL --help" shows what one takes.',
      );
    }
    const face = await findFace(model);
    const flags = flagsOf(face);
    const { values, positionals } = parse(`${name} ${face.id}`, { ...optionsOf(flags), ...ownOptions }, rest);
    if (positionals[0] !== undefined) throw usageFailure(`"${positionals[0]}" is one argument too many`);
    const given = givenFlags(face, values as Readonly<Record<string, unknown>>);
    return run(face, given, values as OwnValues);
  },
};

interface OwnValues {
  readonly output?: string;
  readonly provider?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

interface GivenFlag {
  readonly flag: ModelFlag;
  readonly texts: readonly string[];
}

async function findFace(id: string): Promise<Face> {
  const catalogue = await loadCatalogue();
  const faces = catalogue.faces('foxapi', names);
  // One that is misspelt is told so also where no server is.
  if (faces.find(id) === undefined) await addServerModel(catalogue, id).catch(() => undefined);
  const face = faces.find(id);
  if (face !== undefined) return face;
  const near = nearest(
    id,
    faces.all.map((one) => one.id),
  );
  throw usageFailure(
    `There is no model "${id}"${near === undefined ? '' : `; did you mean ${near}?`}`,
    '"reelay models" lists them.',
  );
}

async function addServerModel(catalogue: Catalogue, id: string): Promise<void> {
  await addServerModels(catalogue, clientFromEnvironment(process.env), [id]);
}

function optionsOf(flags: readonly ModelFlag[]): Options {
  return Object.fromEntries(
    flags.map(({ flag, multiple, placeholder, description }) => [
      flag,
      { type: 'string', multiple, placeholder, description },
    ]),
  );
}

function givenFlags(face: Face, values: Readonly<Record<string, unknown>>): readonly GivenFlag[] {
  return flagsOf(face).flatMap((flag) => {
    const value = values[flag.flag];
    if (value === undefined) {
      if (flag.parameter.required)
        throw usageFailure(`--${flag.flag} is required`, `"reelay generate ${face.id} --help" shows how it is used.`);
      return [];
    }
    return [{ flag, texts: Array.isArray(value) ? value.map(String) : [String(value)] }];
  });
}

async function run(face: Face, given: readonly GivenFlag[], own: OwnValues): Promise<number> {
  const plain = Object.fromEntries(
    given
      .filter(({ flag }) => !isMedia(flag.parameter))
      .map(({ flag, texts }) => [flag.parameter.name, parameterValue(flag, texts[0] ?? '')]),
  );
  const client = clientFromEnvironment(process.env);
  const parameters = { ...plain, ...(await mediaParameters(client, given)) };
  const { output, provider, wait = true, json = false } = own;
  const task = await client.submit({ model: face.id, parameters, ...(provider !== undefined && { provider }) });
  if (!wait) {
    if (json) printJson(task);
    else print(task.id);
    return 0;
  }
  const done = await waitFor(client, task);
  const url = done.results?.[0]?.url;
  if (url === undefined) {
    if (json) printJson(done);
    throw taskFailure(done);
  }
  const path = output ?? `${done.id}.mp4`;
  await client.download(url, path);
  if (json) printJson({ ...done, file: resolve(path) });
  else print(path);
  for (const warning of done.warnings ?? []) say(`Warning: ${warning}`);
  return 0;
}

/** Links for the media flags: files are uploaded, URLs passed on. Looks at every file before it sends the first. */
async function mediaParameters(client: ApiClient, given: readonly GivenFlag[]): Promise<JsonObject> {
  const media = given.filter(({ flag }) => isMedia(flag.parameter));
  for (const { flag, texts } of media) for (const text of texts) if (!isUrl(text)) await requireFile(flag.flag, text);
  const parameters: Record<string, JsonValue> = {};
  for (const { flag, texts } of media) {
    const links: string[] = [];
    for (const text of texts) links.push(isUrl(text) ? text : await client.upload(text));
    parameters[flag.parameter.name] = flag.multiple ? links : (links[0] ?? '');
  }
  return parameters;
}

function isUrl(text: string): boolean {
  return /^(https?:\/\/|data:)/i.test(text);
}

async function requireFile(flag: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new CliFailure(`--${flag}: there is no file ${path}`, { advice: 'Give a file or an http(s) URL.' });
}

async function waitFor(client: ApiClient, { id }: ApiTask): Promise<ApiTask> {
  const progress = showProgress(id);
  const stop = listenForStop();
  try {
    const task = await followTask(client, id, { progress, signal: stop.signal });
    progress.done(task.status);
    return task;
  } catch (error) {
    progress.stop();
    if (stop.signal.aborted)
      say(`The task goes on; "reelay tasks ${id}" shows it, "reelay tasks cancel ${id}" ends it.`);
    throw error;
  } finally {
    stop.end();
  }
}

function generalHelp(): string {
  return renderHelp({
    name,
    summary,
    about: [
      'Each model has options of its own: "reelay generate MODEL --help" shows them, "reelay models" lists the models.',
      'Files are uploaded first. Needs a server (REELAY_URL) and a key (REELAY_API_KEY).',
    ].join(' '),
    usage: ['MODEL', '[options]'],
    options: ownOptions,
    examples: [example, 'generate grok-imagine-text-to-video --prompt "A calm lake at dawn" --duration 4 --no-wait'],
  });
}

function modelHelp(face: Face): string {
  const flags = flagsOf(face);
  const sample = flags
    .filter(({ parameter }) => parameter.required)
    .map((flag) => `--${flag.flag} ${sampleOf(face, flag)}`);
  return renderHelp({
    name: `${name} ${face.id}`,
    summary: face.model.summary.replace(/\.$/, ''),
    about: [face.description, ...flagRules(face)].join(' '),
    usage: ['[options]'],
    options: { ...optionsOf(flags), ...ownOptions },
    examples: [`${name} ${face.id} ${sample.join(' ')} --output out.mp4`],
  });
}

function sampleOf(face: Face, { parameter }: ModelFlag): string {
  if (isMedia(parameter)) return parameter.field === 'video' ? 'clip.mp4' : 'picture.png';
  return JSON.stringify(face.sample[parameter.name] ?? parameter.example ?? '');
}
