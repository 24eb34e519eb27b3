import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { JsonObject } from '../contract/index.ts';
import { standInName } from '../providers/registry.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { defineCommand } from './command.ts';
import { describeVideo, drawSample, takeStill } from './demo-clip.ts';
import { type DemoServer, startDemoServer } from './demo-server.ts';
import { CliFailure } from './failure.ts';
import { followTask, taskFailure } from './follow-task.ts';
import { duration, print, say, styled, table } from './output.ts';
import { showProgress } from './progress.ts';
import { listenForStop } from './stop-signals.ts';

const sampleFile = 'sample.mp4';

const edit = {
  file: '1-edit.mp4',
  model: 'grok-imagine-edit-video',
  prompt: 'Change the sky to a dramatic sunset with orange and purple clouds',
};
const imageToVideo = {
  file: '2-image-to-video.mp4',
  model: 'grok-imagine-image-to-video',
  prompt: 'The camera slowly pushes in as wind ripples the water',
};
const extension = {
  file: '3-extension.mp4',
  model: 'grok-imagine-video-extension',
  prompt: 'The camera slowly zooms out to reveal the city skyline at sunset',
};

const labelWidth = imageToVideo.file.length;

/** The server of `npm start` where nothing else is set. */
const usualAddress = 'http://127.0.0.1:8080';

export const demo = defineCommand({
  name: 'demo',
  summary: 'Render sample videos through the HTTP API, without a key and without a network',
  about: [
    'Starts a server of its own on a free port, with a temporary data folder. Uploads a clip, has it edited, has a',
    'still of it brought to life and the edit extended, and saves the four MP4s. The local provider renders: nothing',
    'is ever paid.',
  ].join(' '),
  options: {
    output: { type: 'string', placeholder: 'DIR', description: 'Where the videos go (default ./reelay-demo)' },
    fast: { type: 'boolean', description: 'Plain pictures: the same calls in a few seconds' },
  },
  examples: ['demo', 'demo --fast --output /tmp/clips'],
  async run({ values: { output = 'reelay-demo', fast = false } }) {
    const stop = listenForStop();
    let server: DemoServer | undefined;
    try {
      const folder = await makeFolder(resolve(output));
      server = await startDemoServer(fast ? 'draft' : 'full');
      await play({ server, folder, quality: fast ? 'draft' : 'full', signal: stop.signal });
      return 0;
    } catch (error) {
      stop.signal.throwIfAborted();
      const log = server?.log() ?? '';
      if (log !== '') say(`\nThe server said:\n${log}\n`);
      throw error;
    } finally {
      await server?.stop();
      stop.end();
    }
  },
});

interface Stage {
  readonly server: DemoServer;
  readonly folder: string;
  readonly quality: 'full' | 'draft';
  readonly signal: AbortSignal;
}

async function play(stage: Stage): Promise<void> {
  const { server, folder, signal } = stage;
  const startedAt = Date.now();
  const client = createApiClient({ baseUrl: server.url, apiKey: server.apiKey, signal });
  say(
    `${styled('bold', 'Reelay demo', process.stderr)}: a server on ${server.url} renders on this machine, for free.\n`,
  );
  const sample = await drawFirst(stage);
  const editLink = await shoot(client, stage, { ...edit, parameters: { video_url: await client.upload(sample) } });
  const still = join(server.folder, 'still.png');
  await takeStill(sample, still);
  await shoot(client, stage, {
    ...imageToVideo,
    parameters: { image_url: await client.upload(still), duration: 4, resolution: '480p' },
  });
  await shoot(client, stage, { ...extension, parameters: { video_url: editLink, duration: 4 } });
  await bow(folder, Date.now() - startedAt);
}

async function drawFirst({ server, folder, quality, signal }: Stage): Promise<string> {
  const path = join(folder, sampleFile);
  const progress = showProgress(sampleFile.padEnd(labelWidth));
  try {
    await drawSample({ path, workFolder: join(server.folder, 'sample'), quality, signal, progress });
    progress.done('drawn to begin with');
    return path;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

/** Runs one generation through the API, saves the result and answers the server's link to it. */
async function shoot(
  client: ApiClient,
  { folder, signal }: Stage,
  scene: typeof edit & { readonly parameters: JsonObject },
): Promise<string> {
  const { file, model, prompt, parameters } = scene;
  const progress = showProgress(file.padEnd(labelWidth));
  try {
    const { id } = await client.submit({ model, parameters: { prompt, ...parameters }, provider: standInName });
    const task = await followTask(client, id, { progress, signal });
    const url = task.results?.[0]?.url;
    if (url === undefined) throw taskFailure(task);
    await client.download(url, join(folder, file));
    progress.done(`"${prompt}"`);
    return url;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

/** What there is to see, and how to go on. */
async function bow(folder: string, elapsedMs: number): Promise<void> {
  const shown = relative('', folder);
  const place = shown.startsWith('..') ? folder : shown;
  const files = [sampleFile, edit.file, imageToVideo.file, extension.file];
  const rows = await Promise.all(
    files.map(async (file) => [join(place, file), ...(await describeVideo(join(folder, file)))]),
  );
  print(`
Four videos in ${duration(elapsedMs)}:

${indented(table(rows))}

The same edit with curl, once your own server runs and REELAY_API_KEY holds the key it shows:

${indented(curlLines(join(place, sampleFile)))}

Start that server, and open its workbench at ${usualAddress}/workbench:

  ${startCommand()}`);
}

/**
 * A package has no sources beside its programs. Called by npx it may be installed nowhere: the bare name would then be
 * looked for on the registry.
 */
function startCommand(): string {
  if (existsSync(join(import.meta.dirname, '..', '..', 'src'))) return 'npm start';
  const { npm_command: command, npm_config_package: tarball = '' } = process.env;
  if (command !== 'exec') return 'reelay serve';
  return tarball === '' ? 'npx reelay serve' : `npx --package ${tarball} reelay serve`;
}

/** The clip travels in the body, so that one command does it; `printf` is the shell's own and takes any length. */
function curlLines(sample: string): string {
  const body = `{"model":"${edit.model}","prompt":"${edit.prompt}","video_url":"data:video/mp4;base64,%s"}`;
  return [
    `printf '${body}' "$(base64 < ${sample} | tr -d '\\n')" |`,
    `  curl ${usualAddress}/v1/videos/generations -H "Authorization: Bearer $REELAY_API_KEY" -H 'Content-Type: application/json' -d @-`,
    `curl ${usualAddress}/v1/tasks -H "Authorization: Bearer $REELAY_API_KEY"`,
  ].join('\n');
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

async function makeFolder(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return path;
  } catch (error) {
    throw new CliFailure(`${path} cannot be made: ${(error as Error).message}`, {
      advice: 'Choose another with --output.',
    });
  }
}
