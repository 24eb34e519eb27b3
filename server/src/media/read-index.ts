import { FilePathSource, Input, type InputAudioTrack, type InputVideoTrack, MP4, QTFF } from 'mediabunny';
import type { ProbedStreams } from './probe-streams.ts';

/**
 * Reads the index of an MP4 or MOV in this process: 1 to 3 ms, where a child of ffprobe takes 50 to 100 (measured on two
 * cores). It is read whole, so only where it is small.
 */

/** Twenty minutes of video at 30 frames per second and its sound. */
const maximumIndexBytes = 1_000_000;

/** Packets from which the frame rate is taken. */
const countedPackets = 240;

/** mediabunny's names of codecs and FFmpeg's. */
const codecNames: Readonly<Record<string, string>> = {
  avc: 'h264',
  hevc: 'hevc',
  av1: 'av1',
  vp9: 'vp9',
  aac: 'aac',
  mp3: 'mp3',
  opus: 'opus',
};

/** Undefined where ffprobe has to look: no index, a large one, a codec of another kind, or a file that is odd. */
export async function readIndex(path: string, indexBytes: number | undefined): Promise<ProbedStreams | undefined> {
  if (indexBytes === undefined || indexBytes > maximumIndexBytes) return undefined;
  using input = new Input({ source: new FilePathSource(path), formats: [MP4, QTFF] });
  try {
    const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
    if (video === null) return undefined;
    const streams = { video: await videoStream(video), audio: audio === null ? undefined : await audioStream(audio) };
    const isKnown = streams.video.codec !== undefined && (audio === null || streams.audio?.codec !== undefined);
    return isKnown ? streams : undefined;
  } catch {
    return undefined;
  }
}

async function videoStream(track: InputVideoTrack) {
  const { averagePacketRate } = await track.computePacketStats(countedPackets);
  return {
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    durationSeconds: await lengthOf(track),
    framesPerSecond: averagePacketRate,
    codec: codecNames[(await track.getCodec()) ?? ''],
  };
}

async function audioStream(track: InputAudioTrack) {
  return { durationSeconds: await lengthOf(track), codec: codecNames[(await track.getCodec()) ?? ''] };
}

/** Without the time before the first frame, as ffprobe has it. */
async function lengthOf(track: InputVideoTrack | InputAudioTrack): Promise<number> {
  return (await track.computeDuration()) - Math.max(0, await track.getFirstTimestamp());
}
