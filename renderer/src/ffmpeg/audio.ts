/** The sound of a result: none, its source's with or without ambience under it, ambience alone, or its source's continued by ambience. */
import type { RenderInput } from '../job.ts';
import { type AmbiencePart, ambienceFilters } from './ambience.ts';
import { inputArguments } from './input.ts';

const FADE_SECONDS = 0.6;
/** How long an extension's ambience takes to come in, centred on the seam. */
const HANDOVER_SECONDS = 2;
const OVERLAP_SECONDS = 0.06;
/** A bed under a source's sound is this much of its own level, and less while the source is loud. */
const UNDER_GAIN = 0.7;
/**
 * Where sounds are added, peaks are held at -4 dBFS, so that those between samples and those that coding adds stay under
 * -3 dB. The limiter's delay is taken out again.
 */
const LIMITER = 'alimiter=limit=0.63:level=false:attack=3:release=60:latency=true';

export type Soundtrack =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'source';
      readonly input: RenderInput;
      readonly seconds: number;
      /** How fast the source's sound plays, at its own pitch; 1 where absent. */
      readonly tempo?: number;
    }
  | {
      readonly kind: 'ambience';
      readonly parts: readonly AmbiencePart[];
      readonly seconds: number;
      readonly seed: number;
    }
  | {
      readonly kind: 'mixed';
      readonly input: RenderInput;
      readonly tempo?: number;
      readonly parts: readonly AmbiencePart[];
      readonly seconds: number;
      readonly seed: number;
    }
  | {
      readonly kind: 'continued';
      readonly input: RenderInput;
      readonly sourceSeconds: number;
      readonly parts: readonly AmbiencePart[];
      readonly seconds: number;
      readonly seed: number;
    };

export interface SoundtrackArguments {
  readonly inputs: readonly string[];
  /** Filter chains that end in `[sound]`; empty when there is no sound. */
  readonly filters: readonly string[];
}

/** FFmpeg's tempo filter halves at most: two in a row go farther. */
function tempoFilter(tempo: number): string {
  if (tempo === 1) return '';
  const once = `atempo=${Math.sqrt(tempo).toFixed(6)},`;
  return `${once}${once}`;
}

/** `first_pts` fills the silence where sound begins later than the picture; `apad` where it ends earlier. */
function sourceFilter(index: number, seconds: number, tempo = 1): string {
  const length = seconds.toFixed(4);
  return (
    `[${index}:a:0]aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo,${tempoFilter(tempo)}` +
    `apad=whole_dur=${length},atrim=end=${length},asetpts=PTS-STARTPTS`
  );
}

function fades(seconds: number): string {
  const length = Math.min(FADE_SECONDS, seconds / 4);
  const out = `afade=t=out:st=${(seconds - length).toFixed(4)}:d=${length.toFixed(4)}`;
  return `afade=t=in:d=${length.toFixed(4)},${out}`;
}

/** The bed gives way to the source wherever that is louder than a murmur. */
function mixedFilters(
  { parts, seconds, seed, tempo }: Extract<Soundtrack, { kind: 'mixed' }>,
  index: number,
): string[] {
  return [
    `${sourceFilter(index, seconds, tempo)},asplit[kept][guide]`,
    ...ambienceFilters(parts, { seconds, seed, label: 'bed' }),
    `[bed]volume=${UNDER_GAIN},${fades(seconds)}[quiet]`,
    '[quiet][guide]sidechaincompress=threshold=0.06:ratio=3:attack=80:release=700[under]',
    `[kept][under]amix=inputs=2:normalize=0,${LIMITER},atrim=end=${seconds.toFixed(4)}[sound]`,
  ];
}

/**
 * The source's tail is played backwards after the seam and fades away, so that the sound has no step and no gap there. The two
 * overlap a little: a wave that turns round at once has a bend, which is heard as a tick.
 */
function continuedFilters(sound: Extract<Soundtrack, { kind: 'continued' }>, index: number): string[] {
  const { sourceSeconds, seconds, parts, seed } = sound;
  const overlap = Math.min(OVERLAP_SECONDS, sourceSeconds / 4);
  const tail = Math.min(HANDOVER_SECONDS, sourceSeconds - overlap, seconds - sourceSeconds);
  const start = Math.max(0, sourceSeconds - HANDOVER_SECONDS / 2);
  const end = seconds.toFixed(4);
  const fade = Math.min(FADE_SECONDS, (seconds - sourceSeconds) / 2);
  return [
    `${sourceFilter(index, sourceSeconds)},asplit[whole][copy]`,
    `[copy]atrim=start=${(sourceSeconds - tail - overlap).toFixed(4)},asetpts=PTS-STARTPTS,areverse,` +
      `afade=t=out:d=${(tail + overlap).toFixed(4)}[echo]`,
    `[whole][echo]acrossfade=d=${overlap.toFixed(4)},apad=whole_dur=${end}[kept]`,
    ...ambienceFilters(parts, { seconds, seed, label: 'bed' }),
    `[bed]afade=t=in:st=${start.toFixed(4)}:d=${HANDOVER_SECONDS}[added]`,
    `[kept][added]amix=inputs=2:normalize=0,${LIMITER},atrim=end=${end},` +
      `afade=t=out:st=${(seconds - fade).toFixed(4)}:d=${fade.toFixed(4)}[sound]`,
  ];
}

/** `firstInput` is the index that the first of `inputs` gets on the command line. */
export function soundtrackArguments(sound: Soundtrack, firstInput: number): SoundtrackArguments {
  switch (sound.kind) {
    case 'none':
      return { inputs: [], filters: [] };
    case 'source':
      return {
        inputs: inputArguments(sound.input),
        filters: [`${sourceFilter(firstInput, sound.seconds, sound.tempo)}[sound]`],
      };
    case 'ambience':
      return {
        inputs: [],
        filters: [
          ...ambienceFilters(sound.parts, { seconds: sound.seconds, seed: sound.seed, label: 'bed' }),
          `[bed]${fades(sound.seconds)}[sound]`,
        ],
      };
    case 'mixed':
      return { inputs: inputArguments(sound.input), filters: mixedFilters(sound, firstInput) };
    case 'continued':
      return { inputs: inputArguments(sound.input), filters: continuedFilters(sound, firstInput) };
    default:
      return sound satisfies never;
  }
}
