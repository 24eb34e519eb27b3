/** Runs one FFmpeg command that makes a whole result by itself, reading its own progress. */
import { createInterface } from 'node:readline';
import { type Soundtrack, soundtrackArguments } from './audio.ts';
import { endedEarly } from './decode.ts';
import { DRAFT_EFFORT, outputArguments } from './output.ts';
import { startFfmpeg } from './process.ts';

export interface DraftOptions {
  /** Arguments of the inputs, `inputCount` of them. */
  readonly inputs: readonly string[];
  readonly inputCount: number;
  /** Filter chains that end in `[plain]`, already in the result's pixel format, at least `frames` long. */
  readonly filters: readonly string[];
  readonly sound: Soundtrack;
  readonly frames: number;
  readonly path: string;
  readonly onFrame: (frames: number) => void;
}

/** `trim` cuts the picture: -frames:v would end the sound with it, up to 50 ms early. */
export async function runDraft(options: DraftOptions): Promise<void> {
  const { inputs, inputCount, filters, sound, frames, path, onFrame } = options;
  const hasAudio = sound.kind !== 'none';
  const soundtrack = soundtrackArguments(sound, inputCount);
  const graph = [...filters, `[plain]trim=end_frame=${frames}[picture]`, ...soundtrack.filters].join(';');
  const ffmpeg = startFfmpeg(
    [
      ...['-progress', 'pipe:1', '-stats_period', '0.2'],
      ...[...inputs, ...soundtrack.inputs],
      ...['-filter_complex', graph, '-map', '[picture]', ...(hasAudio ? ['-map', '[sound]'] : [])],
      ...outputArguments(DRAFT_EFFORT, hasAudio, path),
    ],
    inputCount > 0 ? 'unreadable_input' : 'render_failed',
  );
  ffmpeg.stdin.end();
  let encoded = 0;
  for await (const line of createInterface({ input: ffmpeg.stdout })) {
    if (!line.startsWith('frame=')) continue;
    ffmpeg.touch();
    encoded = Number(line.slice('frame='.length)) || encoded;
    onFrame(encoded);
  }
  await ffmpeg.finished;
  if (encoded < frames) throw endedEarly(encoded, frames);
}
