import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkJob, planPrompt, RenderError, type RenderInput, type RenderJob } from '@reelay/renderer';
import { ReelayError } from '../errors.ts';
import { probeFile } from '../media/probe.ts';
import { readDirectives } from '../providers/local/directives.ts';
import { render as renderInChild } from '../providers/local/render-child.ts';
import { defineCommand, jsonOption, type Values } from './command.ts';
import { describeVideo, mediaTools } from './demo-clip.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { print, printJson, say } from './output.ts';
import { showProgress } from './progress.ts';
import { listenForStop } from './stop-signals.ts';

const options = {
  video: { type: 'string', placeholder: 'FILE', description: 'A video to edit, or to continue' },
  image: {
    type: 'string',
    multiple: true,
    placeholder: 'FILE',
    description: 'A first picture; several are references, as @Image1 and so on in the prompt',
  },
  'last-image': { type: 'string', placeholder: 'FILE', description: 'A picture to end at' },
  extend: { type: 'boolean', description: 'Continue the video instead of editing it' },
  seconds: { type: 'string', placeholder: 'NUMBER', description: 'Length, or that of what is added (default 5)' },
  resolution: { type: 'string', placeholder: 'NAME', description: '480p (default), 720p, 1080p, 4k, or auto' },
  ratio: { type: 'string', placeholder: 'W:H', description: 'Such as 16:9 or 9:16 (default: the input’s own)' },
  negative: { type: 'string', placeholder: 'TEXT', description: 'A negative prompt: what is not wanted' },
  seed: { type: 'string', placeholder: 'NUMBER', description: 'Same request and seed, same bytes (default 0)' },
  audio: { type: 'boolean', default: true, description: 'Without sound' },
  draft: { type: 'boolean', description: 'A plain picture of the right size and length, within a second' },
  output: { type: 'string', placeholder: 'FILE', description: 'Where the MP4 goes (default render.mp4)' },
  ...jsonOption,
} as const;

type Given = Values<typeof options>;

export const render = defineCommand({
  name: 'render',
  summary: 'Render a video on this machine, without a server',
  about:
    'What the local provider would make, straight from the renderer: no task, no key, nothing stored beside the file. ' +
    'A prompt alone makes a scene, a video is edited or continued, a picture is set in motion.',
  positionals: ['PROMPT'],
  options,
  examples: [
    'render "Mountains at dawn, the camera slowly pans right" --seconds 4',
    'render "Change the sky to a sunset" --video clip.mp4 --output sunset.mp4',
    'render "Zoom out to reveal a city" --video clip.mp4 --extend --seconds 6',
    'render "@Image1 dissolves into @Image2" --image a.png --image b.png',
  ],
  async run({ values, positionals: [prompt = ''] }) {
    const outputPath = resolve(values.output ?? 'render.mp4');
    const folder = await folderBeside(outputPath);
    try {
      return await renderTo(await jobOf(prompt, values, { outputPath, workFolder: folder }), values.json ?? false);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** The finished file is renamed into its place, so it is written on the same disk. */
async function folderBeside(path: string): Promise<string> {
  const folder = dirname(path);
  try {
    return await mkdtemp(join(folder, '.reelay-render-'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliFailure(code === 'ENOENT' ? `There is no folder ${folder}` : `Cannot write to ${folder}: ${code}`);
  }
}

function operationOf({ video, image = [], extend, 'last-image': lastImage }: Given): RenderJob['operation'] {
  if (lastImage !== undefined && image.length !== 1) throw usageFailure('--last-image needs one --image to start from');
  if (video === undefined && extend) throw usageFailure('--extend needs a --video to continue');
  if (video !== undefined && image.length > 0) throw usageFailure('--video and --image do not go together');
  if (video !== undefined) return extend ? 'extend' : 'edit';
  if (image.length > 1) return 'reference-to-video';
  return image.length === 1 ? 'image-to-video' : 'text-to-video';
}

async function jobOf(
  text: string,
  given: Given,
  paths: Pick<RenderJob, 'outputPath' | 'workFolder'>,
): Promise<RenderJob> {
  const operation = operationOf(given);
  const directives = readDirectives(text);
  const { video, image = [], 'last-image': lastImage, negative, resolution = '480p', ratio = 'auto' } = given;
  const role = operation === 'reference-to-video' ? 'reference' : 'image';
  const files: readonly (readonly [RenderInput['role'], string])[] = [
    ...(video === undefined ? [] : [['video', video] as const]),
    ...image.map((path) => [role, path] as const),
    ...(lastImage === undefined ? [] : [['last-image', lastImage] as const]),
  ];
  const inputs = await Promise.all(files.map(([as, path]) => inputOf(as, path)));
  const job = {
    ...{ operation, prompt: directives.prompt, inputs, resolution, aspectRatio: ratio, ...paths },
    ...(negative !== undefined && { negativePrompt: negative }),
    seed: numberOf('seed', given.seed ?? '0'),
    durationSeconds: numberOf('seconds', given.seconds ?? '5'),
    quality: given.draft || directives.fast ? 'draft' : 'full',
    audio: given.audio ?? true,
  };
  try {
    return checkJob(job);
  } catch (error) {
    if (error instanceof RenderError)
      throw usageFailure(inFlags(error.message), '"reelay render --help" shows how it is used.');
    throw error;
  }
}

/** The renderer's own names in the words of the command line. */
function inFlags(message: string): string {
  return message
    .replace(/^durationSeconds/, '--seconds')
    .replace(/^aspectRatio/, '--ratio')
    .replace(/^(resolution|seed)/, '--$1');
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (flag === 'seconds' && value === 0) throw usageFailure('--seconds must be more than 0');
  if (text.trim() === '' || !Number.isFinite(value)) throw usageFailure(`--${flag} must be a number, not "${text}"`);
  return value;
}

async function inputOf(role: RenderInput['role'], file: string): Promise<RenderInput> {
  const path = resolve(file);
  const { ffprobe } = await mediaTools();
  try {
    const {
      kind,
      demuxer,
      width = 0,
      height = 0,
      durationSeconds,
      audioCodec,
    } = await probeFile(path, {
      ffprobePath: ffprobe,
    });
    const wanted = role === 'video' ? 'video' : 'image';
    if (kind !== wanted) throw usageFailure(`${file} is no ${wanted === 'image' ? 'picture' : 'video'}`);
    return {
      ...{ role, path, demuxer, width, height, hasAudio: audioCodec !== undefined },
      ...(durationSeconds !== undefined && { durationSeconds }),
    };
  } catch (error) {
    if (error instanceof ReelayError) throw new CliFailure(`${file} ${error.message}`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new CliFailure(`There is no file ${file}`);
    throw error;
  }
}

async function renderTo(job: RenderJob, json: boolean): Promise<number> {
  const { outputPath, prompt, negativePrompt, operation } = job;
  const { ffmpeg } = await mediaTools();
  const { understood, ignored, warnings } = planPrompt({ prompt, negativePrompt }, operation);
  const progress = showProgress('render');
  const stop = listenForStop();
  try {
    const result = await renderInChild({
      job,
      ffmpegPath: ffmpeg,
      signal: stop.signal,
      onProgress: (fraction) => progress.update(fraction * 100, 'rendering'),
    });
    stop.signal.throwIfAborted();
    if (result.type === 'error') throw new CliFailure(`It could not be rendered: ${result.message}`);
    progress.done((await describeVideo(outputPath)).join('  '));
    const { width, height, durationSeconds, frames } = result;
    if (json) printJson({ file: outputPath, width, height, durationSeconds, frames, understood, ignored, warnings });
    else print(outputPath);
    for (const warning of warnings) say(`Warning: ${warning}`);
    return 0;
  } catch (error) {
    progress.stop();
    throw error;
  } finally {
    stop.end();
  }
}
