import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Copy, DockerfileParser, type From, type Instruction } from 'dockerfile-ast';

/**
 * What a Dockerfile does to files, done in plain folders: its COPY lines by Docker's rules, its RUN lines with the programs of
 * this machine. The base image and what the last stage installs from Debian are not there.
 */

export interface Stage {
  readonly name: string;
  readonly folder: string;
  /** Where `COPY` and `RUN` work, as a path of the image. */
  workFolder: string;
}

export interface Image {
  /** The last stage's files. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

/** Which paths of the build's folder reach the build, by `.dockerignore`: the last line that fits decides, also by a parent. */
export function contextFilter(ignoreFile: string): (path: string) => boolean {
  const rules = ignoreFile
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ keeps: line.startsWith('!'), form: formOf(line.replace(/^!/, '')) }));
  return (path) => {
    const parts = path.split('/');
    const lines = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return rules.findLast(({ form }) => lines.some((line) => form.test(line)))?.keeps ?? true;
  };
}

function formOf(pattern: string): RegExp {
  const words = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\0')
    .replaceAll('*', '[^/]*');
  return new RegExp(`^${words.replaceAll('\0', '(.*/)?')}$`);
}

/** The context's files, as the build sees them. */
export function contextFiles(root: string): readonly string[] {
  const reaches = contextFilter(readFileSync(join(root, '.dockerignore'), 'utf8'));
  const walk = (folder: string): readonly string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!reaches(path)) return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk('');
}

export function parseDockerfile(root: string): readonly Instruction[] {
  return DockerfileParser.parse(readFileSync(join(root, 'Dockerfile'), 'utf8')).getInstructions();
}

/** Sources and destination of a COPY line, and the stage that it takes them from. */
export function copyOf(line: Copy): { readonly sources: readonly string[]; readonly target: string; from?: string } {
  const words = line.getArguments().map((word) => word.getValue());
  const from = line.getFromFlag()?.getValue();
  return { sources: words.slice(0, -1), target: words.at(-1) ?? '', ...(from != null && { from }) };
}

export async function buildImage(root: string, folder: string): Promise<Image> {
  const context = join(folder, 'context');
  for (const path of contextFiles(root)) cpSync(join(root, path), join(context, path));
  const lines = parseDockerfile(root);
  const stages: Stage[] = [];
  const lastFrom = lines.findLastIndex((line) => line.getKeyword() === 'FROM');
  for (const [index, line] of lines.entries()) {
    const stage = stages.at(-1);
    if (line.getKeyword() === 'FROM') stages.push(beginStage(line as From, stages, folder));
    else if (stage === undefined) continue;
    else if (line.getKeyword() === 'WORKDIR') stage.workFolder = line.getArgumentsContent() ?? '/';
    else if (line.getKeyword() === 'COPY') copy(copyOf(line as Copy), { stage, stages, context });
    else if (line.getKeyword() === 'RUN' && index < lastFrom) await run(line, stage);
  }
  const words = (keyword: string): readonly string[] => {
    const content = lines.find((line) => line.getKeyword() === keyword)?.getArgumentsContent() ?? '';
    return JSON.parse(content.slice(content.indexOf('[')));
  };
  return {
    folder: stages.at(-1)?.folder ?? '',
    environment: environmentOf(lines),
    entrypoint: words('ENTRYPOINT'),
    command: words('CMD'),
    healthcheck: words('HEALTHCHECK'),
  };
}

function beginStage(line: From, stages: readonly Stage[], folder: string): Stage {
  const name = line.getBuildStage() ?? `stage-${stages.length}`;
  const base = stages.find((stage) => stage.name === line.getImage());
  const stage = { name, folder: join(folder, name), workFolder: base?.workFolder ?? '/' };
  if (base === undefined) mkdirSync(stage.folder);
  else cpSync(base.folder, stage.folder, { recursive: true, verbatimSymlinks: true });
  return stage;
}

function copy(
  { sources, target, from }: ReturnType<typeof copyOf>,
  { stage, stages, context }: { readonly stage: Stage; readonly stages: readonly Stage[]; readonly context: string },
): void {
  const origin = from === undefined ? context : stages.find(({ name }) => name === from)?.folder;
  if (origin === undefined) throw new Error(`there is no stage ${from}`);
  const destination = join(stage.folder, resolve(stage.workFolder, target));
  for (const source of sources) {
    const path = join(origin, source);
    // Of a folder Docker takes what is in it.
    const place = statSync(path).isDirectory() ? destination : join(destination, basename(source));
    if (existsSync(place) && statSync(place).isFile() !== statSync(path).isFile())
      throw new Error(`${place} is another kind`);
    cpSync(path, place, { recursive: true, verbatimSymlinks: true });
  }
}

async function run(line: Instruction, stage: Stage): Promise<void> {
  const command = line.getArgumentsContent() ?? '';
  await promisify(execFile)('sh', ['-c', command], { cwd: join(stage.folder, stage.workFolder), maxBuffer: 32e6 });
}

function environmentOf(lines: readonly Instruction[]): Readonly<Record<string, string>> {
  const words = lines.filter((line) => line.getKeyword() === 'ENV').flatMap((line) => line.getArguments());
  return Object.fromEntries(
    words.map((word) => {
      const [name = '', ...value] = word.getValue().split('=');
      return [name, value.join('=')];
    }),
  );
}
