/** Renders one clip with the built render child, and lays frames of it side by side. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RenderJob } from '@reelay/renderer';
import { findMediaTools } from '../../server/dist/media/ffmpeg.js';
import { render } from '../../server/dist/providers/local/render-child.js';

const run = promisify(execFile);

export type ClipJob = Omit<RenderJob, 'seed' | 'quality' | 'audio' | 'workFolder'>;

/** Frames of the clip. */
export async function renderClip(job: ClipJob): Promise<number> {
  const last = await render({
    job: { seed: 7, quality: 'full', audio: true, workFolder: `${job.outputPath}-work`, ...job },
    ffmpegPath: await ffmpegPath(),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  if (last.type === 'error') throw new Error(`"${job.prompt}" was not rendered: ${last.message}`);
  return last.frames;
}

async function ffmpegPath(): Promise<string> {
  const tools = await findMediaTools({ ffmpegPath: process.env['FFMPEG_PATH'] });
  if ('missing' in tools) throw new Error(tools.missing);
  return tools.ffmpeg;
}

export interface Sheet {
  readonly video: string;
  readonly frames: number;
  /** How many frames stand side by side, and how wide each is. */
  readonly count: number;
  readonly width: number;
  readonly path: string;
}

/** Evenly over the clip, its first frame and its last ones left out: these say least. */
export async function writeSheet({ video, frames, count, width, path }: Sheet): Promise<void> {
  const shown = Array.from({ length: count }, (_, index) => Math.round((frames - 1) * ((index + 0.3) / (count - 0.4))));
  const select = shown.map((frame) => `eq(n,${frame})`).join('+');
  const filter = `select='${select}',scale=${width}:-2:flags=area,tile=${count}x1:padding=4:color=white`;
  await run('ffmpeg', [
    ...['-v', 'error', '-nostdin', '-i', video, '-vf', filter],
    ...['-vsync', '0', '-frames:v', '1', '-q:v', '4', '-y', path],
  ]);
}

export interface BeforeAfter {
  /** Sheets: as many in each row, the first of a row being what the others were made from. */
  readonly sheets: readonly string[];
  readonly columns: number;
  /** Of one frame of a sheet. */
  readonly width: number;
  readonly path: string;
}

/** The second frame of each sheet. */
export async function writeBeforeAfter({ sheets, columns, width, path }: BeforeAfter): Promise<void> {
  const gap = 4;
  const height = Math.round((width * 9) / 16);
  const crops = sheets.map((_, index) => `[${index}]crop=${width}:ih:${width + gap}:0[t${index}]`);
  const names = sheets.map((_, index) => `[t${index}]`).join('');
  const places = sheets.map((_, index) => {
    return `${(index % columns) * (width + gap)}_${Math.floor(index / columns) * (height + gap)}`;
  });
  const grid = `${names}xstack=inputs=${sheets.length}:layout=${places.join('|')}:fill=white`;
  const inputs = sheets.flatMap((sheet) => ['-i', sheet]);
  const filter = [...crops, grid].join(';');
  await run('ffmpeg', ['-v', 'error', '-nostdin', ...inputs, '-filter_complex', filter, '-q:v', '3', '-y', path]);
}

export async function writeFrame(video: string, path: string): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-ss', '1', '-i', video, '-frames:v', '1', '-y', path]);
}
