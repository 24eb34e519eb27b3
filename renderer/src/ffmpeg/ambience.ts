/**
 * Generated sound beds: filtered noise and sines with slow swells. Levels were set by meter so that a bed sits near
 * -26 LUFS, clearly under speech. Each bed is one stereo chain of FFmpeg's own sources, so nothing is read from disk.
 */

export type AmbienceBed =
  | 'wind'
  | 'waves'
  | 'water'
  | 'rain'
  | 'thunder'
  | 'city'
  | 'forest'
  | 'birds'
  | 'night'
  | 'fire'
  | 'pad'
  | 'hush';

export interface AmbiencePart {
  readonly bed: AmbienceBed;
  /** 1 is the bed at its own level. */
  readonly gain: number;
}

interface Voice {
  readonly source: string;
  readonly shape: string;
}

/** Short frames, so that a curve of volume moves in steps too small to hear. */
function noise(colour: 'white' | 'pink' | 'brown', seed: number): string {
  return `anoisesrc=color=${colour}:sample_rate=48000:amplitude=0.5:nb_samples=256:seed=${seed}`;
}

/** A computed sound; what holds no high tones is computed at a low rate, which saves most of its cost. */
function computed(expression: string, sampleRate: number): string {
  return `aevalsrc='${expression}':s=${sampleRate}`;
}

function swell(depth: number, period: number, phase: number): string {
  return `volume='${1 - depth}+${depth}*(0.5+0.5*sin(2*PI*t/${period}+${phase.toFixed(2)}))':eval=frame`;
}

/** One channel of a bed; the two channels differ by their seed and phase only, which is what makes them wide. */
type Channel = (seed: number, phase: number) => Voice;

/** Three birds, each with a call of two to four falling or rising notes. Every note begins and ends in silence. */
const birds: Channel = (seed, phase) => {
  const calls = [0, 1, 2].map((index) => {
    const period = 3.1 + index * 1.37 + ((seed >> index) % 7) * 0.11;
    const pitch = 2500 + index * 620 + (seed % 5) * 90;
    const rise = (index % 2 === 0 ? 1 : -1) * (3800 + index * 900);
    const note = 0.11 + index * 0.03;
    const length = (2 + ((seed + index) % 3)) * (note + 0.05);
    const start = (phase * 0.13 + index * 1.21 + (seed % 11) * 0.2).toFixed(3);
    return (
      `st(0,mod(t+${start},${period.toFixed(3)}));st(1,mod(ld(0),${(note + 0.05).toFixed(3)}));` +
      `st(2,ld(2)+lt(ld(0),${length.toFixed(3)})*lt(ld(1),${note.toFixed(3)})*pow(sin(PI*ld(1)/${note.toFixed(3)}),2)*` +
      `${(0.2 - index * 0.04).toFixed(2)}*sin(2*PI*(${pitch}*ld(1)+${rise}*ld(1)*ld(1))))`
    );
  });
  return { source: computed(`st(2,0);${calls.join(';')};ld(2)`, 24_000), shape: 'volume=0.55' };
};

/** A clap far off every few seconds, which rolls away. */
const thunder: Channel = (seed, phase) => {
  const period = 6.4 + (seed % 5) * 0.3;
  const since = `mod(t+${(period - 1 + phase * 0.1).toFixed(2)},${period.toFixed(2)})`;
  return {
    source: noise('brown', seed),
    shape:
      `lowpass=f=170,lowpass=f=260,volume='0.05+st(0,${since})*0+(1-exp(-9*ld(0)))*exp(-0.95*ld(0))*` +
      `(0.75+0.25*sin(7*ld(0)))':eval=frame,volume=2.4`,
  };
};

/** A low roar with crackles: single samples here and there, rung by a filter. */
const fire: Channel = (seed) => ({
  source: computed(
    `if(eq(n,0),st(0,${seed % 99_991})+st(1,${seed % 65_537})*0);lt(random(0),0.0007)*(random(1)-0.5)*9+(random(1)-0.5)*0.11`,
    24_000,
  ),
  shape: 'highpass=f=120,lowpass=f=5200,volume=1.35,alimiter=limit=0.3:level=false:attack=0.5:release=30',
});

const pad: Channel = (seed, phase) => {
  const root = 110 * 2 ** ((seed % 5) / 12);
  const tones = [1, 1.5, 2, 2.52].map((ratio, index) => {
    const pitch = (root * ratio * (1 + 0.0012 * Math.cos(phase + index))).toFixed(3);
    return `${(0.09 / (index + 1)).toFixed(4)}*sin(2*PI*${pitch}*t)*(0.7+0.3*sin(2*PI*t/${5 + index * 1.7}+${index}))`;
  });
  return { source: computed(tones.join('+'), 8000), shape: 'lowpass=f=1600,volume=0.7' };
};

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
  hush: (seed) => ({ source: noise('brown', seed), shape: 'volume=0.4' }),
  ...{ birds, thunder, fire, pad },
};

export const AMBIENCE_BEDS = Object.keys(CHANNELS) as readonly AmbienceBed[];

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
  // Sounds that have nothing to do with each other add up by power: the mix is as loud as one bed.
  const loudness = 1 / Math.max(1, Math.hypot(...parts.map(({ gain }) => gain)));
  for (const [index, { bed, gain }] of parts.entries()) {
    const sides = ['l', 'r'].map((side, channel) => {
      const voice = CHANNELS[bed]((seed + index * 31 + channel * 7) % 2 ** 31, channel * 1.9 + index);
      const name = `${label}${index}${side}`;
      filters.push(
        `${voice.source}:d=${seconds.toFixed(4)},${voice.shape},aresample=48000,aformat=channel_layouts=mono[${name}]`,
      );
      return `[${name}]`;
    });
    const name = `[${label}${index}]`;
    filters.push(`${sides.join('')}join=inputs=2:channel_layout=stereo,volume=${(gain * loudness).toFixed(3)}${name}`);
    names.push(name);
  }
  const mix = names.length === 1 ? 'anull' : `amix=inputs=${names.length}:normalize=0`;
  filters.push(`${names.join('')}${mix},atrim=end=${seconds.toFixed(4)},asetpts=PTS-STARTPTS[${label}]`);
  return filters;
}
