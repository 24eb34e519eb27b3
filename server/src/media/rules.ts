import type { InputRules, MediaKind, MediaProbe } from '../contract/index.ts';
import { type ErrorCode, ReelayError } from '../errors.ts';

/** What a model refuses about an input, and what has to be changed. Pure: reads a probe, decides, says by how much. */

export interface Normalisation {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

/** Frames do not end exactly on a second: a clip cut at 15 s may be one frame longer. */
const durationToleranceSeconds = 0.05;
const aspectTolerance = 0.02;
/** A thin strip whose short side is raised must not become a poster. */
const longestSide = 4_096;

type Require = NonNullable<InputRules['require']>;

function refuse(code: ErrorCode, field: string, what: string): never {
  throw new ReelayError(code, `${field}: ${what}`, { faults: [{ field, message: what }] });
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Tenths, without a needless `.0`. */
function seconds(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Tenths rounded up, so that following the advice is enough. */
function atLeast(value: number): string {
  return String(Math.ceil(value * 10 - 1e-6) / 10);
}

const kindNames: Readonly<Record<MediaKind, string>> = { video: 'a video', image: 'a picture', audio: 'a sound' };

/** Throws `input_wrong_kind` where the file is not what the field takes. */
export function checkKind(probe: MediaProbe, kind: MediaKind, field: string): void {
  if (probe.kind !== kind) {
    refuse(
      'input_wrong_kind',
      field,
      `is ${kindNames[probe.kind]} (${probe.container}); ${kindNames[kind]} is taken here`,
    );
  }
}

function checkContainer(probe: MediaProbe, { containers }: Require, field: string): void {
  if (containers === undefined || containers.includes(probe.container)) return;
  refuse('input_container', field, `is a ${probe.container} file; this model takes ${listed(containers)}`);
}

function checkCodec(probe: MediaProbe, { videoCodecs }: Require, field: string): void {
  if (videoCodecs === undefined || probe.kind !== 'video') return;
  if (probe.videoCodec !== undefined && videoCodecs.includes(probe.videoCodec)) return;
  const codec = probe.videoCodec ?? 'an unknown codec';
  refuse('input_codec', field, `is encoded with ${codec}; this model takes ${listed(videoCodecs)}`);
}

function checkDuration(probe: MediaProbe, { durationSeconds: range }: Require, field: string): void {
  if (range === undefined || probe.kind === 'image') return;
  const { minimum, maximum } = range;
  const length = probe.durationSeconds ?? 0;
  const takes = `is ${seconds(length)} s long; this model takes ${seconds(minimum)} to ${seconds(maximum)} s`;
  if (length > maximum + durationToleranceSeconds) {
    refuse('input_duration', field, `${takes}, so cut at least ${atLeast(length - maximum)} s`);
  }
  if (length < minimum - durationToleranceSeconds) {
    refuse('input_duration', field, `${takes}, so at least ${atLeast(minimum - length)} s are missing`);
  }
}

function shapeOf(ratio: string): number {
  const [across = 0, down = 0] = ratio.split(':').map(Number);
  return across / down;
}

function checkAspectRatio(probe: MediaProbe, { aspectRatios }: Require, field: string): void {
  const { width, height } = probe;
  if (aspectRatios === undefined || width === undefined || height === undefined) return;
  const shape = width / height;
  const offBy = (ratio: string) => Math.abs(Math.log(shape / shapeOf(ratio)));
  const [nearest] = [...aspectRatios].sort((left, right) => offBy(left) - offBy(right));
  if (nearest === undefined || Math.abs(shape / shapeOf(nearest) - 1) <= aspectTolerance) return;
  const wanted = shapeOf(nearest);
  const crop = shape > wanted ? `${Math.round(height * wanted)}x${height}` : `${width}x${Math.round(width / wanted)}`;
  const is = `is ${width}x${height} (${shape.toFixed(2)}:1)`;
  refuse('input_aspect_ratio', field, `${is}; this model takes ${listed(aspectRatios)}, so crop it to ${crop}`);
}

/** Throws `input_container`, `input_codec`, `input_duration` or `input_aspect_ratio`, naming field, rule and by how much. */
export function checkRules(probe: MediaProbe, rules: InputRules, field: string): void {
  const { require } = rules;
  if (require === undefined) return;
  for (const check of [checkContainer, checkCodec, checkDuration, checkAspectRatio]) check(probe, require, field);
}

function scaleFor(
  width: number,
  height: number,
  { fitWithin, shortSide }: NonNullable<InputRules['normalise']>,
): number {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  let scale = 1;
  if (fitWithin !== undefined) scale = Math.min(1, fitWithin.longSide / long, fitWithin.shortSide / short);
  if (shortSide !== undefined) {
    const target = Math.min(Math.max(short * scale, shortSide.minimum), shortSide.maximum);
    scale = target / short;
  }
  return scale > 1 ? Math.max(1, Math.min(scale, longestSide / long)) : scale;
}

/** An even number of pixels, as 4:2:0 video needs: the nearest when scaled, the next lower when not. */
function even(pixels: number, scale: number): number {
  const half = (pixels * scale) / 2;
  return Math.max(2, 2 * (scale === 1 ? Math.floor(half) : Math.round(half)));
}

/** What a video has to become for the model, undefined where it may stay as it is. Pictures and sounds are never changed. */
export function normalisation(probe: MediaProbe, rules: InputRules): Normalisation | undefined {
  const { normalise } = rules;
  const { kind, width, height, durationSeconds } = probe;
  if (normalise === undefined || kind !== 'video') return undefined;
  if (width === undefined || height === undefined || durationSeconds === undefined) return undefined;
  const scale = scaleFor(width, height, normalise);
  const longest = normalise.maximumSeconds ?? durationSeconds;
  const isTooLong = durationSeconds > longest + durationToleranceSeconds;
  if (scale === 1 && !isTooLong) return undefined;
  return {
    width: even(width, scale),
    height: even(height, scale),
    seconds: isTooLong ? longest : durationSeconds,
  };
}
