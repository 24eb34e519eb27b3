/** The arguments every result is written with, draft or full. */

/** x264's bytes depend on its number of threads, so it is fixed whatever the machine has. */
const ENCODER_THREADS = 2;
const COMMENT = 'Made by Reelay local rendering';

export interface VideoEffort {
  readonly preset: 'superfast' | 'ultrafast';
  readonly constantRateFactor: number;
  /** x264's own options, beside the preset's. */
  readonly options: string;
}

/**
 * Superfast with veryfast's bits where the picture stands still. Beside veryfast at the same factor, for 8 s: heavy rain at 720p 3.8
 * instead of 6.7 s of CPU, 6 % larger, SSIM 0.985 instead of 0.987; a sky edit at 480p 1.0 instead of 1.4 s, 8 % larger, both 0.987. A lookahead in its
 * own thread would give the same bytes for 12 MB more at 720p.
 */
export const FULL_EFFORT: VideoEffort = {
  ...{ preset: 'superfast', constantRateFactor: 19 },
  options: 'cabac=1:8x8dct=1:mbtree=1:rc-lookahead=10:sync-lookahead=0',
};
export const DRAFT_EFFORT: VideoEffort = {
  ...{ preset: 'ultrafast', constantRateFactor: 26 },
  options: 'cabac=1:8x8dct=1',
};

/** Without these FFmpeg cuts off fractions where it converts colours: of a source's frame that makes it two levels of 255 darker. */
export const EXACT_COLOURS = 'accurate_rnd+full_chroma_int';

/** The last filter of every video chain: FFmpeg's default for RGB is BT.601, which would shift every colour. */
export const TO_BT709 = `scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+${EXACT_COLOURS},format=yuv420p`;

export function outputArguments(effort: VideoEffort, hasAudio: boolean, path: string): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', effort.preset, '-crf', String(effort.constantRateFactor)],
    // The ultrafast preset leaves both out and would silently turn the high profile into baseline.
    ...['-profile:v', 'high', '-x264-params', effort.options, '-pix_fmt', 'yuv420p', '-g', '48'],
    ...['-threads:v', String(ENCODER_THREADS)],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    ...(hasAudio ? ['-c:a', 'aac', '-b:a', '160k', '-ar', '48000', '-ac', '2'] : ['-an']),
    ...['-map_metadata', '-1', '-map_chapters', '-1', '-metadata', `comment=${COMMENT}`],
    ...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact'],
    ...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${path}`],
  ];
}
