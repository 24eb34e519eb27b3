import { inputArguments } from './input.ts';
import { startFfmpeg } from './process.ts';

export interface ExtractFrameOptions {
  readonly inputPath: string;
  readonly demuxer: string;
  readonly atSeconds: number;
  readonly outputPath: string;
}

/** Writes the frame that is shown at `atSeconds` as a PNG. */
export async function extractFrame({ inputPath, demuxer, atSeconds, outputPath }: ExtractFrameOptions): Promise<void> {
  const ffmpeg = startFfmpeg(
    [
      ...['-ss', atSeconds.toFixed(3), ...inputArguments({ path: inputPath, demuxer })],
      ...['-frames:v', '1', '-c:v', 'png', '-f', 'image2', '-update', '1', '-y', `file:${outputPath}`],
    ],
    'unreadable_input',
  );
  ffmpeg.stdin.end();
  ffmpeg.stdout.resume();
  await ffmpeg.finished;
}
