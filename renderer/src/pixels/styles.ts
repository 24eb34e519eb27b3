/** Looks that change a whole frame, by name. Each works in place. */
import type { Size } from '../geometry.ts';
import type { StyleName } from '../prompt/lexicon.ts';
import { createGrain, curved, type FrameStyle, monochrome } from './grade.ts';
import { neon } from './neon.ts';
import { clamp, mix, smoothstep } from './numbers.ts';
import { cartoon, oilPainting, pencil, watercolour } from './painted-styles.ts';
import { vintageFilm } from './vintage-film.ts';

function blackAndWhite(): FrameStyle {
  const grade = monochrome((light) => 255 * smoothstep(-12, 262, light));
  const grain = createGrain(0.45);
  return (rgb, frame) => {
    grade(rgb, frame);
    grain(rgb, frame);
  };
}

function vivid(): FrameStyle {
  const curve = (value: number) => mix(value, 255 * smoothstep(-20, 275, value), 0.6);
  return curved({ saturation: 1.32, curves: [curve, curve, curve] });
}

function warmer(): FrameStyle {
  return curved({
    saturation: 1.08,
    curves: [(red) => red * 1.12 + 6, (green) => green * 1.01 + 2, (blue) => blue * 0.82],
  });
}

function colder(): FrameStyle {
  return curved({
    saturation: 0.94,
    curves: [(red) => red * 0.86, (green) => green * 0.99 + 2, (blue) => blue * 1.14 + 7],
  });
}

const STYLES: Readonly<Record<StyleName, (size: Size) => FrameStyle>> = {
  'black-and-white': blackAndWhite,
  sepia: vintageFilm,
  'oil-painting': oilPainting,
  watercolour,
  cartoon,
  pencil,
  neon,
  warmer,
  colder,
  vivid,
};

/** Grades may go beyond their own strength; more than all of a painting cannot be had. */
const GRADES: ReadonlySet<StyleName> = new Set(['warmer', 'colder', 'vivid']);

/** `strength` 1 is the style as it is, less leaves some of the picture: "slightly warmer". */
export function createStyle(name: StyleName, size: Size, strength = 1): FrameStyle {
  const style = STYLES[name](size);
  const share = GRADES.has(name) ? strength : Math.min(1, strength);
  if (share === 1) return style;
  const before = new Uint8Array(size.width * size.height * 3);
  return (rgb, frame, anchor) => {
    before.set(rgb);
    style(rgb, frame, anchor);
    for (let i = 0; i < rgb.length; i += 1) {
      rgb[i] = clamp(mix(before[i] as number, rgb[i] as number, share) + 0.5, 0, 255);
    }
  };
}

const ON_SHEETS: ReadonlySet<StyleName> = new Set(['oil-painting', 'watercolour', 'pencil', 'neon']);

/** Whether a style asks where the camera has gone. */
export function followsCamera(name: StyleName): boolean {
  return ON_SHEETS.has(name);
}
