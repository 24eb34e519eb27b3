import type { RenderInput } from '../job.ts';

/** Refuses decompression bombs: 40 megapixels is above any 8K frame (33 megapixels). */
export const MAX_INPUT_PIXELS = 40_000_000;

/** Of one block of memory: a frame of that size in the widest format. */
const MAX_BLOCK_BYTES = 500_000_000;

/** What cameras, phones, editors and generators write. FFmpeg has hundreds more, old and little used, and each reads hostile bytes. */
export const VIDEO_CODECS = [
  ...['h264', 'hevc', 'av1', 'vp8', 'vp9', 'mpeg4', 'mpeg2video', 'mpeg1video', 'h263', 'mjpeg'],
  ...['prores', 'dnxhd', 'theora', 'png', 'webp'],
];
export const AUDIO_CODECS = [
  ...['aac', 'mp3', 'mp2', 'opus', 'vorbis', 'flac', 'alac', 'ac3', 'eac3', 'amr_nb', 'amr_wb', 'speex'],
  ...['adpcm_ima_qt', 'adpcm_ima_wav', 'adpcm_ms'],
  ...[
    'u8',
    's8',
    'alaw',
    'mulaw',
    's16le',
    's16be',
    's24le',
    's24be',
    's32le',
    's32be',
    'f32le',
    'f32be',
    'f64le',
    'f64be',
  ].map((format) => `pcm_${format}`),
];

/** Decoders that go by another name than their codec. */
const OTHER_DECODERS = [
  ...['libdav1d', 'libaom-av1', 'libvpx', 'libvpx-vp9', 'aac_fixed', 'mp3float', 'mp2float'],
  ...['libopus', 'libvorbis', 'libspeex', 'ac3_fixed', 'amrnb', 'amrwb', 'libopencore_amrnb', 'libopencore_amrwb'],
];

/**
 * The arguments that open an untrusted file. A forced demuxer keeps a playlist that is named .mp4 from opening other local
 * files (the protocol whitelist alone does not), and `file:` keeps a path from being read as another protocol.
 */
export function inputArguments({ path, demuxer }: Pick<RenderInput, 'path' | 'demuxer'>): string[] {
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', demuxer],
    ...['-codec_whitelist', [...VIDEO_CODECS, ...AUDIO_CODECS, ...OTHER_DECODERS].join(',')],
    ...['-max_alloc', String(MAX_BLOCK_BYTES), '-max_pixels', String(MAX_INPUT_PIXELS)],
    ...['-f', demuxer, '-i', `file:${path}`],
  ];
}
