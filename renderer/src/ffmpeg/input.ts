import type { RenderInput } from '../job.ts';

/** Refuses decompression bombs: 40 megapixels is above any 8K frame (33 megapixels). */
const MAX_PIXELS = 40_000_000;

/**
 * The arguments that open an untrusted file. A forced demuxer keeps a playlist that is named .mp4 from opening other local
 * files (the protocol whitelist alone does not), and `file:` keeps a path from being read as another protocol.
 */
export function inputArguments(input: Pick<RenderInput, 'path' | 'demuxer'>): string[] {
  return [
    ...['-protocol_whitelist', 'file,pipe', '-max_pixels', String(MAX_PIXELS)],
    ...['-f', input.demuxer, '-i', `file:${input.path}`],
  ];
}
