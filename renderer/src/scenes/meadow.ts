/** Grass and flowers that grow over a ground, each row nearer and larger than the one before. Lengths are in frame heights. */
import { createRandom, fineNoise, type Random, sampleNoise, softNoise } from '../pixels/noise.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import { blend, type Rgb, type SkyPalette } from '../pixels/palette.ts';
import { type Course, courseAside } from './course.ts';
import { lit, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

export interface MeadowShape {
  /** Row where it begins. */
  readonly top: number;
  /** How high blades stand at the frame's lower edge. */
  readonly height: number;
  /** From those of dry to those of lush places. */
  readonly colours: readonly [Rgb, Rgb, Rgb];
  readonly flowers: readonly Rgb[];
  /** Share of the ground that is in bloom. */
  readonly bloom: number;
  /** How much air is before the farthest blades. */
  readonly far: number;
  readonly course?: Course;
  /** Share of the ground that it covers in tufts; all of it where not said. */
  readonly cover?: number;
}

const TONES = 12;
const LIGHTS = 8;
const FAR_STEPS = 4;

/** Colours of blades in the light, worked out once: a meadow has a million texels. */
interface GrassColours {
  readonly texels: Uint32Array;
  /** Where those of a blade begin, and how much farther on each light is. */
  readonly from: (tone: number, far: number) => number;
  readonly on: (light: number) => number;
}

function step(value: number, count: number): number {
  return clamp(Math.round(value * (count - 1)), 0, count - 1);
}

function grassColours(palette: SkyPalette, { colours, far }: MeadowShape): GrassColours {
  const texels = new Uint32Array(TONES * LIGHTS * FAR_STEPS);
  const [dry, plain, lush] = colours;
  for (let tone = 0; tone < TONES; tone += 1) {
    const share = (tone / (TONES - 1)) * 2;
    const colour = share < 1 ? blend(dry, plain, share) : blend(plain, lush, share - 1);
    for (let light = 0; light < LIGHTS; light += 1) {
      for (let away = 0; away < FAR_STEPS; away += 1) {
        const [red, green, blue] = lit(palette, colour, light / (LIGHTS - 1), (far * away) / (FAR_STEPS - 1));
        texels[(tone * FAR_STEPS + away) * LIGHTS + light] = red | (green << 8) | (blue << 16) | (255 << 24);
      }
    }
  }
  return {
    texels,
    from: (tone, away) => (step(tone, TONES) * FAR_STEPS + step(away, FAR_STEPS)) * LIGHTS,
    on: (light) => step(light, LIGHTS),
  };
}

interface Blade {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly bend: number;
  readonly tone: number;
  readonly light: number;
  readonly away: number;
}

function drawBlade({ texels, width, height }: Layer, blade: Blade, colours: GrassColours): void {
  const rows = Math.max(1, Math.round(blade.height));
  const root = Math.round(blade.y);
  const first = colours.from(blade.tone, blade.away);
  for (let row = Math.max(0, root - height + 1); row < rows && row <= root; row += 1) {
    const up = row / rows;
    const middle = blade.x + blade.bend * up * up;
    const half = blade.height * 0.028 * (1 - up);
    const start = (root - row) * width;
    const end = start + Math.min(width - 1, Math.round(middle + half));
    const colour = colours.texels[first + colours.on(blade.light * (0.3 + 0.9 * up))] as number;
    for (let i = start + Math.max(0, Math.round(middle - half)); i <= end; i += 1) texels[i] = colour;
  }
}

/** Far away a dot, near by five petals round a heart, a little from above. */
export function drawBlossom(layer: Layer, x: number, y: number, radius: number, colour: Rgb, heart: Rgb): void {
  if (radius < 1.1) {
    putPixel(layer, Math.round(x), Math.round(y), colour, clamp(radius, 0.35, 1));
    return;
  }
  const turn = x * 0.37;
  for (let dy = -Math.ceil(radius); dy <= radius; dy += 1) {
    for (let dx = -Math.ceil(radius); dx <= radius; dx += 1) {
      const away = Math.hypot(dx, dy * 1.45) / radius;
      const petal = 0.72 + 0.28 * Math.abs(Math.cos(2.5 * (Math.atan2(dy * 1.45, dx) + turn)));
      const opacity = smoothstep(petal + 0.5 / radius, petal - 0.5 / radius, away);
      const isHeart = radius > 2.4 && away < 0.3;
      const shade = 0.86 + 0.14 * clamp(-dy / radius, -1, 1);
      const own: Rgb = isHeart ? heart : [colour[0] * shade, colour[1] * shade, colour[2] * shade];
      putPixel(layer, Math.round(x) + dx, Math.round(y) + dy, own, opacity);
    }
  }
}

const HEART: Rgb = [232, 180, 52];

/** Grass is lush in hollows, dry on humps, and darker where a cloud's shadow lies. */
function growRow(
  layer: Layer,
  row: { readonly y: number; readonly near: number; readonly unit: number },
  shape: MeadowShape,
  { palette, colours, random, offset }: { palette: SkyPalette; colours: GrassColours; random: Random; offset: number },
): void {
  const { y, near, unit } = row;
  const { cover = 1 } = shape;
  const reach = 1 / (near + 0.06);
  const tall = shape.height * unit * near;
  const away = 1 - smoothstep(0, 0.5, near);
  const spacing = Math.max(1.1, tall * 0.11);
  for (let x = random() * spacing; x < layer.width; x += spacing * (0.6 + random() * 0.8)) {
    const across = ((x - layer.width / 2) / unit) * reach;
    const course = shape.course === undefined ? 9 : Math.abs(courseAside(shape.course, across, reach));
    if (course < 1.04) continue;
    const broad = sampleNoise(softNoise(), across * 0.11 + offset, reach * 0.19);
    const small = sampleNoise(fineNoise(), across * 0.5 + offset, reach * 0.8);
    if (cover < 1 && (small < 0.62 || random() > cover * smoothstep(0.62, 0.72, small) * 2)) continue;
    const cloud = smoothstep(0.4, 0.6, sampleNoise(softNoise(), across * 0.04 + offset * 3, reach * 0.09 + 0.4));
    // What is trodden stays short.
    const growth = mix(0.3, 1, smoothstep(1, 1.9, course)) * (0.45 + small * 0.9) * (0.7 + random() * 0.6);
    const blade: Blade = {
      x,
      y: y + random() * 2,
      height: Math.max(1, tall * growth),
      bend: (random() - 0.38) * tall * 0.55,
      away,
      tone: broad * 1.5 - 0.3 + (random() - 0.5) * 0.3,
      light: mix(0.52, 0.95, cloud) * (0.75 + random() * 0.4),
    };
    drawBlade(layer, blade, colours);
    const drift = sampleNoise(softNoise(), across * 0.09 + offset * 5, reach * 0.17 + 0.7) * 0.75 + small * 0.25;
    if (random() > shape.bloom * smoothstep(0.42, 0.62, drift) || course < 1.5) continue;
    const kind = sampleNoise(softNoise(), across * 0.05 + 0.3, reach * 0.11 + offset) + (random() - 0.5) * 0.5;
    const flower = shape.flowers[Math.floor(clamp(kind, 0, 0.999) * shape.flowers.length)];
    if (flower === undefined) continue;
    const seen = lit(palette, flower, 0.45 + 0.3 * blade.light, shape.far * away);
    const radius = tall * (0.075 + random() * 0.04);
    drawBlossom(layer, x + blade.bend, blade.y - blade.height, radius, seen, lit(palette, HEART, 0.6, 0));
  }
}

/** Grows over a ground that reaches from `shape.top` to below the frame. */
export function growMeadow(ground: Layer, { size, palette, seed }: SceneOptions, shape: MeadowShape): void {
  const unit = size.height;
  const random = createRandom(seed + 1301);
  const context = { palette, random, colours: grassColours(palette, shape), offset: (seed % 83) / 83 };
  for (let y = shape.top * unit - ground.top + unit * 0.012; y < ground.height; ) {
    const near = (y - unit * 0.02) / unit / (1 - shape.top);
    growRow(ground, { y, near: Math.max(0.01, near), unit }, shape, context);
    y += Math.max(1, shape.height * unit * near * 0.16);
  }
}
