/** Runs the real render child and looks at what it wrote with ffprobe. Inputs are made on the fly. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RenderInput, RenderJob, RenderMessage } from '../src/job.ts';
import { parseRenderMessage } from '../src/messages.ts';

export const run = promisify(execFile);
const CHILD = new URL('../src/child.ts', import.meta.url).pathname;

export interface Workshop {
  readonly folder: string;
  readonly path: (name: string) => string;
  readonly close: () => Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-renderer-'));
  return {
    folder,
    path: (name) => join(folder, name),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface MadeVideo {
  readonly path: string;
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
  readonly sound?: boolean;
  /** Any lavfi source; `SIZE`, `SECONDS` are replaced. */
  readonly source?: string;
  readonly more?: readonly string[];
}

export async function makeVideo(options: MadeVideo): Promise<RenderInput> {
  const { path, width = 320, height = 180, seconds = 1, sound = true, more = [] } = options;
  const source = (options.source ?? 'testsrc2=s=SIZE:r=24:d=SECONDS')
    .replace('SIZE', `${width}x${height}`)
    .replace('SECONDS', String(seconds));
  await run('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', source],
    ...(sound ? ['-f', 'lavfi', '-i', `sine=f=330:d=${seconds}`, '-c:a', 'aac'] : []),
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv420p',
      '-movflags',
      '+faststart',
      ...more,
      '-y',
      path,
    ],
  ]);
  return { role: 'video', path, demuxer: 'mov', width, height, durationSeconds: seconds, hasAudio: sound };
}

export async function makePicture(path: string, width: number, height: number): Promise<RenderInput> {
  await run('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${width}x${height}`,
    '-frames:v',
    '1',
    '-y',
    path,
  ]);
  return { role: 'image', path, demuxer: path.endsWith('.jpg') ? 'jpeg_pipe' : 'png_pipe', width, height };
}

export function makeJob(workshop: Workshop, name: string, job: Partial<RenderJob>): RenderJob {
  return {
    operation: 'text-to-video',
    prompt: 'sea at sunset',
    seed: 7,
    quality: 'draft',
    inputs: [],
    resolution: '480p',
    aspectRatio: 'auto',
    durationSeconds: 1,
    audio: true,
    outputPath: workshop.path(`${name}.mp4`),
    workFolder: workshop.path(`${name}-work`),
    ...job,
  };
}

export interface Finished {
  readonly messages: readonly RenderMessage[];
  readonly last: RenderMessage | undefined;
  readonly exitCode: number | null;
  readonly stderr: string;
}

export interface StartedChild {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
}

/** Starts the child on a job, or on any text in its place. */
export async function startChild(
  workshop: Workshop,
  job: RenderJob | string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<StartedChild> {
  const path = workshop.path(`job-${Math.random().toString(36).slice(2)}.json`);
  await writeFile(path, typeof job === 'string' ? job : JSON.stringify(job));
  const child = spawn(process.execPath, [CHILD, path], { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (exitCode) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const messages = lines.map((line) => {
        const message = parseRenderMessage(line);
        if (message === undefined) throw new Error(`Not a message: ${line}`);
        return message;
      });
      resolve({ messages, last: messages.at(-1), exitCode, stderr });
    });
  });
  return { child, finished };
}

export async function renderJob(
  workshop: Workshop,
  job: RenderJob | string,
  environment?: NodeJS.ProcessEnv,
): Promise<Finished> {
  const { finished } = await startChild(workshop, job, environment);
  return await finished;
}

export interface Probe {
  readonly video: Readonly<Record<string, string>>;
  readonly audio: Readonly<Record<string, string>> | undefined;
  readonly frames: number;
  readonly seconds: number;
  readonly comment: string;
  /** The index stands before the pictures, so that playing can start before the file has come. */
  readonly fastStart: boolean;
}

export async function probe(path: string): Promise<Probe> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', path],
  ]);
  const { streams, format } = JSON.parse(stdout);
  const video = streams.find((stream: { codec_type: string }) => stream.codec_type === 'video');
  const bytes = await readFile(path);
  return {
    video,
    audio: streams.find((stream: { codec_type: string }) => stream.codec_type === 'audio'),
    frames: Number(video.nb_read_frames),
    seconds: Number(video.duration),
    comment: format.tags?.comment ?? '',
    fastStart: bytes.indexOf('moov') < bytes.indexOf('mdat'),
  };
}

/** Every frame as grey values, small: for comparing frames. By way of RGB, since brightness differs between BT.601 and BT.709. */
export async function greyFrames(path: string, width = 160, height = 90): Promise<Buffer[]> {
  const { stdout } = await run(
    'ffmpeg',
    [
      '-v',
      'error',
      '-i',
      path,
      '-vf',
      `format=rgb24,scale=${width}:${height}:flags=area`,
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      '-',
    ],
    { encoding: 'buffer', maxBuffer: 2 ** 28 },
  );
  const size = width * height;
  return Array.from({ length: stdout.length / size }, (_, index) => stdout.subarray(index * size, (index + 1) * size));
}

/** Mean absolute difference of two frames, 0 to 255. */
export function difference(a: Buffer, b: Buffer): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}
