import { stat } from 'node:fs/promises';
import { extractFrame, type RenderQuality, sampleClipJob } from '@reelay/renderer';
import { findMediaTools, type MediaTools } from '../media/ffmpeg.ts';
import { runTool } from '../media/run-tool.ts';
import { render } from '../providers/local/render-child.ts';
import { CliFailure } from './failure.ts';
import { fileSize } from './output.ts';
import type { Progress } from './progress.ts';

/** Where the still is taken from the sample. */
const stillAtSeconds = 1;

const probeTimeoutMs = 20_000;

/** Draws the clip that the demo begins with, by the renderer itself: no task, since no model made it. */
export async function drawSample(options: {
  readonly path: string;
  readonly workFolder: string;
  readonly quality: RenderQuality;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}): Promise<void> {
  const { path, workFolder, quality, signal, progress } = options;
  const { ffmpeg } = await mediaTools();
  const result = await render({
    job: { ...sampleClipJob(path, workFolder), quality },
    signal,
    ffmpegPath: ffmpeg,
    onProgress: (fraction) => progress.update(fraction * 100, 'drawing'),
  });
  signal.throwIfAborted();
  if (result.type === 'error') throw new CliFailure(`The sample clip could not be drawn: ${result.message}`);
}

export function takeStill(inputPath: string, outputPath: string): Promise<void> {
  return extractFrame({ inputPath, demuxer: 'mov', atSeconds: stillAtSeconds, outputPath });
}

/** `854x480`, `5.0 s` and `1.2 MB`, as the file itself says. */
export async function describeVideo(path: string): Promise<readonly string[]> {
  const { ffprobe } = await mediaTools();
  const entries = 'stream=width,height,duration';
  const outcome = await runTool({
    program: ffprobe,
    args: ['-v', 'error', '-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', `file:${path}`],
    timeLimitMs: probeTimeoutMs,
  });
  if (outcome.kind !== 'exited' || outcome.code !== 0) throw new CliFailure(`${path} is not a video that can be read.`);
  const { streams } = JSON.parse(outcome.stdout) as {
    readonly streams: readonly { readonly width: number; readonly height: number; readonly duration: string }[];
  };
  const [video] = streams;
  if (video === undefined) throw new CliFailure(`${path} has no picture.`);
  const { size } = await stat(path);
  return [`${video.width}x${video.height}`, `${Number(video.duration).toFixed(1)} s`, fileSize(size)];
}

export async function mediaTools(): Promise<MediaTools> {
  const tools = await findMediaTools({ ffmpegPath: process.env['FFMPEG_PATH'] });
  if ('missing' in tools) throw new CliFailure(tools.missing);
  return tools;
}
