/**
 * Generated sound beds: filtered noise and sines with slow swells. Levels were set by meter so that a bed sits near
 * -26 LUFS, clearly under speech. Each bed is one stereo chain of FFmpeg's own sources, so nothing is read from disk.
 */

export type AmbienceBed = 'wind' | 'waves' | 'water' | 'rain' | 'city' | 'forest' | 'night' | 'pad' | 'hush';

export interface AmbiencePart {
  readonly bed: AmbienceBed;
  /** 1 is the bed at its own level. */
  readonly gain: number;
}

interface Voice {
  readonly source: string;
  readonly shape: string;
}

function noise(colour: 'white' | 'pink' | 'brown', seed: number): string {
  return `anoisesrc=color=${colour}:sample_rate=48000:amplitude=0.5:seed=${seed}`;
}

function swell(depth: number, period: number, phase: number): string {
  return `volume='${1 - depth}+${depth}*(0.5+0.5*sin(2*PI*t/${period}+${phase.toFixed(2)}))':eval=frame`;
}

/** One channel of a bed; the two channels differ by their seed and phase only, which is what makes them wide. */
type Channel = (seed: number, phase: number) => Voice;

const CHANNELS: Readonly<Record<AmbienceBed, Channel>> = {
  wind: (seed, phase) => ({
    source: noise('pink', seed),
    shape: `highpass=f=90,lowpass=f=520,lowpass=f=900,${swell(0.6, 5.3, phase)},volume=1.3`,
  }),
  waves: (seed, phase) => ({
    source: noise('pink', seed),
    shape: `highpass=f=70,lowpass=f=1400,${swell(0.78, 6.1, phase * 0.25)},volume=0.95`,
  }),
  water: (seed, phase) => ({
    source: noise('brown', seed),
    shape: `highpass=f=240,lowpass=f=1500,${swell(0.35, 2.7, phase)},${swell(0.3, 1.1, phase * 2)},volume=1`,
  }),
  rain: (seed, phase) => ({
    source: noise('white', seed),
    shape: `highpass=f=700,lowpass=f=7500,${swell(0.18, 7.7, phase)},volume=0.18`,
  }),
  city: (seed, phase) => ({
    source: noise('brown', seed),
    shape: `highpass=f=45,lowpass=f=420,${swell(0.3, 8.9, phase)},volume=0.66`,
  }),
  forest: (seed, phase) => ({
    source: noise('pink', seed),
    shape: `highpass=f=900,lowpass=f=4200,${swell(0.6, 6.7, phase)},volume=0.95`,
  }),
  night: (seed, phase) => ({
    source: noise('white', seed),
    shape: `bandpass=f=4300:width_type=h:w=260,tremolo=f=11:d=0.85,${swell(0.45, 3.1, phase)},volume=1.25`,
  }),
  hush: (seed) => ({ source: noise('brown', seed), shape: 'volume=0.3' }),
  pad: (seed, phase) => {
    const root = 110 * 2 ** ((seed % 5) / 12);
    const tones = [1, 1.5, 2, 2.52].map((ratio, index) => {
      const pitch = (root * ratio * (1 + 0.0012 * Math.cos(phase + index))).toFixed(3);
      return `${(0.09 / (index + 1)).toFixed(4)}*sin(2*PI*${pitch}*t)*(0.7+0.3*sin(2*PI*t/${5 + index * 1.7}+${index}))`;
    });
    return { source: `aevalsrc='${tones.join('+')}':s=48000`, shape: 'lowpass=f=1600,volume=0.7' };
  },
};

/**
 * Filter chains that end in the stereo stream `[label]`, exactly `seconds` long and not faded. The same seed gives the
 * same sound.
 */
export function ambienceFilters(
  parts: readonly AmbiencePart[],
  { seconds, seed, label }: { readonly seconds: number; readonly seed: number; readonly label: string },
): string[] {
  const filters: string[] = [];
  const names: string[] = [];
  for (const [index, { bed, gain }] of parts.entries()) {
    const sides = ['l', 'r'].map((side, channel) => {
      const voice = CHANNELS[bed]((seed + index * 31 + channel * 7) % 2 ** 31, channel * 1.9 + index);
      const name = `${label}${index}${side}`;
      filters.push(`${voice.source}:d=${seconds.toFixed(4)},${voice.shape},aformat=channel_layouts=mono[${name}]`);
      return `[${name}]`;
    });
    const name = `[${label}${index}]`;
    filters.push(`${sides.join('')}join=inputs=2:channel_layout=stereo,volume=${gain.toFixed(3)}${name}`);
    names.push(name);
  }
  const mix = names.length === 1 ? 'anull' : `amix=inputs=${names.length}:normalize=0`;
  filters.push(`${names.join('')}${mix},atrim=end=${seconds.toFixed(4)},asetpts=PTS-STARTPTS[${label}]`);
  return filters;
}
