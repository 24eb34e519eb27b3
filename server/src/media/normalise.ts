import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ffmpegMemoryBytes, inputArguments, type ProcessLimits, unconfined } from '@reelay/renderer';
import type { MediaProbe } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import type { MediaTools } from './ffmpeg.ts';
import { tooComplex, unreadable } from './file-structure.ts';
import type { Normalisation } from './rules.ts';
import { runTool, toolTrouble } from './run-tool.ts';

/** Makes a video fit a model's limits: H.264 and AAC in MP4, upright square pixels, its own sound kept. */

export interface NormaliseVideoOptions {
  readonly inputPath: string;
  readonly probe: MediaProbe;
  readonly normalisation: Normalisation;
  readonly outputPath: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal;
  readonly timeLimitMs?: number;
}

/** Several times what a minute of 4K takes on two slow cores. */
const defaultTimeLimitMs = 600_000;

/** Two minutes at 133 Mbit/s. */
const maximumOutputBytes = 2e9;

function limitsWithin(timeLimitMs: number): ProcessLimits {
  return {
    cpuSeconds: (timeLimitMs / 1_000) * availableParallelism(),
    memoryBytes: ffmpegMemoryBytes(),
    fileBytes: maximumOutputBytes,
  };
}

function argumentsFor({ inputPath, probe, normalisation, outputPath }: NormaliseVideoOptions): readonly string[] {
  const { width, height, seconds } = normalisation;
  return [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-y'],
    ...inputArguments({ path: resolve(inputPath), demuxer: probe.demuxer }),
    // Capital V leaves cover pictures out. FFmpeg turns the picture upright by itself.
    ...['-map', '0:V:0', '-map', '0:a:0?', '-map_metadata', '-1', '-map_chapters', '-1', '-dn', '-sn'],
    ...['-t', String(seconds), '-vf', `scale=${width}:${height}:flags=bicubic,setsar=1`],
    // 18 is visually lossless: the provider encodes the clip again.
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-b:a', '160k', '-movflags', '+faststart', '-f', 'mp4', `file:${resolve(outputPath)}`],
  ];
}

/** Throws `input_unreadable`, `input_too_complex`, `storage_full`, `service_unavailable`, or the reason of the caller's abort. */
export async function normaliseVideo(options: NormaliseVideoOptions): Promise<void> {
  const timeLimitMs = options.timeLimitMs ?? defaultTimeLimitMs;
  const outcome = await runTool({
    program: options.tools.ffmpeg,
    args: argumentsFor(options),
    timeLimitMs,
    bounds: { confinement: options.tools.confinement ?? unconfined, limits: limitsWithin(timeLimitMs) },
    ...(options.signal && { signal: options.signal }),
  });
  switch (outcome.kind) {
    case 'exited':
      if (/No space left on device|Disk quota exceeded|File too large|Read-only file system/.test(outcome.stderr)) {
        throw new ReelayError('storage_full', 'the server has no disk space left', {
          retryAfterSeconds: 60,
        });
      }
      if (outcome.code === 0) return;
      throw unreadable('cannot be decoded: it is truncated or damaged');
    case 'timed-out':
      throw tooComplex(`cannot be converted within ${timeLimitMs / 1_000} s`);
    case 'over-limit':
      throw tooComplex(`takes more ${outcome.limit} to convert than one file may`);
    case 'crashed':
    case 'too-much-output':
      throw unreadable('cannot be decoded: it is damaged');
    case 'killed':
    case 'not-started':
      throw toolTrouble('ffmpeg', outcome);
  }
}
