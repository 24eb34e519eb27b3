/** Clips that FFmpeg writes and no camera does, by the arguments that make them. All are well-formed; some cannot be used. */

const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];
const picture = (size = '128x96', seconds = 1, rate = 24) => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`,
];
const tone = (seconds = 1) => ['-f', 'lavfi', '-i', `sine=duration=${seconds}`];

export interface OddClip {
  readonly name: string;
  /** Behind `ffmpeg`; the output's path follows. */
  readonly args: readonly string[];
  readonly extension: string;
  readonly refused?: string;
}

const key = '76a6c65c5ea762046bd749a2e632ccbb';

const soundWithCover = [
  ...[...tone(), ...picture('64x48', 1, 1), '-map', '0', '-map', '1'],
  ...['-c:v', 'png', '-frames:v', '1', '-disposition:v', 'attached_pic'],
];

export const oddClips: readonly OddClip[] = [
  { name: 'sound alone', args: [...tone(), '-c:a', 'aac'], extension: 'm4a' },
  {
    name: 'a song with a cover',
    args: soundWithCover,
    extension: 'mp3',
  },
  {
    name: 'an MP4 whose only picture is its cover',
    args: soundWithCover,
    extension: 'mp4',
  },
  {
    name: 'encrypted samples',
    args: [...picture(), ...x264, '-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', key, '-encryption_kid', key],
    extension: 'mp4',
  },
  {
    name: 'frames at random times',
    args: [
      ...picture('128x96', 2),
      '-vf',
      "setpts='N*N*40+floor(random(1)*900)',select='mod(n,3)'",
      '-vsync',
      'vfr',
      ...x264,
    ],
    extension: 'mp4',
  },
  {
    name: 'one frame in a quarter of an hour',
    args: [...picture('64x48', 4, 1), '-vf', 'setpts=N*900/TB', '-vsync', 'vfr', ...x264],
    extension: 'mkv',
  },
  { name: 'one frame', args: [...picture(), '-frames:v', '1', ...x264], extension: 'mp4' },
  { name: 'a thousand frames a second', args: [...picture('64x48', 1, 1_000), ...x264], extension: 'mp4' },
  {
    name: 'a frame every four seconds',
    args: ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=1/4:duration=12', ...x264],
    extension: 'mp4',
  },
  {
    name: 'times before zero',
    args: [...picture(), ...x264, '-output_ts_offset', '-0.4', '-avoid_negative_ts', 'disabled'],
    extension: 'mkv',
  },
  { name: 'times after a day', args: [...picture(), ...x264, '-output_ts_offset', '90000'], extension: 'mkv' },
  {
    name: 'a picture that begins after the sound',
    args: [...tone(2), '-itsoffset', '1', ...picture(), ...x264],
    extension: 'mp4',
  },
  { name: 'a quarter turn', args: [...picture(), ...x264, '-metadata:s:v', 'rotate=90'], extension: 'mp4' },
  {
    name: 'pixels a hundred times as wide as high',
    args: [...picture(), '-vf', 'setsar=100/1', ...x264],
    extension: 'mp4',
  },
  { name: 'pixels four times as high as wide', args: [...picture(), '-vf', 'setsar=1/3', ...x264], extension: 'mp4' },
  { name: 'odd sides', args: [...picture('127x95'), ...x264, '-pix_fmt', 'yuv444p'], extension: 'mp4' },
  { name: 'two pixels', args: [...picture('2x2'), ...x264, '-pix_fmt', 'yuv420p'], extension: 'mp4' },
  { name: 'a strip of 4000 by 8', args: [...picture('4000x8'), ...x264], extension: 'mp4' },
  { name: 'ten bits', args: [...picture(), ...x264, '-pix_fmt', 'yuv420p10le'], extension: 'mp4' },
  { name: 'RGB', args: [...picture(), '-c:v', 'libx264rgb', '-preset', 'ultrafast'], extension: 'mp4' },
  { name: 'grey alone', args: [...picture(), ...x264, '-pix_fmt', 'gray'], extension: 'mp4' },
  {
    name: 'a picture that one can see through',
    args: [...picture(), '-c:v', 'libvpx-vp9', '-cpu-used', '8', '-pix_fmt', 'yuva420p'],
    extension: 'webm',
  },
  {
    name: 'a picture that changes its size',
    args: [...picture(), '-vf', "scale='if(lt(n,12),128,64)':96:eval=frame", '-c:v', 'mjpeg', '-autoscale', '0'],
    extension: 'mkv',
  },
  { name: 'half-frames', args: [...picture(), ...x264, '-flags', '+ilme+ildct'], extension: 'mp4' },
  {
    name: 'sixty tracks of pictures',
    args: [...picture('32x32', 1, 2), ...Array.from({ length: 60 }, () => ['-map', '0']).flat(), ...x264],
    extension: 'mp4',
  },
  {
    name: 'eight channels of sound at 192 kHz',
    args: [...picture(), ...tone(), ...x264, '-ac', '8', '-ar', '192000', '-c:a', 'pcm_s32le'],
    extension: 'mov',
  },
  {
    name: 'a codec that nobody uses: Cinepak',
    args: [...picture('64x48', 1, 2), '-c:v', 'cinepak'],
    extension: 'mov',
    refused: 'input_codec',
  },
  {
    name: 'a codec that nobody uses: FFV1',
    args: [...picture(), '-c:v', 'ffv1'],
    extension: 'mkv',
    refused: 'input_codec',
  },
  {
    name: 'a codec that nobody uses: uncompressed',
    args: [...picture('64x48', 1, 2), '-c:v', 'rawvideo', '-pix_fmt', 'rgb24'],
    extension: 'mov',
    refused: 'input_codec',
  },
  {
    name: 'a sound that nobody uses: WMA',
    args: [...picture(), ...tone(), ...x264, '-c:a', 'wmav2'],
    extension: 'mkv',
    refused: 'input_codec',
  },
  { name: 'pictures in GIF', args: picture('64x48', 1, 4), extension: 'gif', refused: 'invalid_file_type' },
  {
    name: 'pictures in an MXF',
    args: [...picture(), '-c:v', 'mpeg2video'],
    extension: 'mxf',
    refused: 'invalid_file_type',
  },
  {
    name: 'pictures in an Ogg',
    args: [...picture('64x48'), '-c:v', 'libtheora'],
    extension: 'ogv',
    refused: 'invalid_file_type',
  },
];
