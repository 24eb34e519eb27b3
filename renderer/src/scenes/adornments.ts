/** Palms that lean over a beach, and balloons in the air. Lengths are in frame heights. */
import { createRandom } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { createLayer, lit, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

interface Palm {
  readonly x: number;
  readonly base: number;
  readonly height: number;
  /** How far the crown is to the side of the root. */
  readonly lean: number;
}

/** A frond that leaves the crown at an angle, bends under its weight, and has leaflets along both sides. */
function drawFrond(
  layer: Layer,
  x: number,
  y: number,
  length: number,
  angle: number,
  paint: (up: number) => Rgb,
): void {
  let px = x;
  let py = y;
  for (let step = 0; step < length; step += 1) {
    const out = step / length;
    const bent = angle + Math.sign(Math.cos(angle)) * 1.5 * out ** 1.5;
    px += Math.cos(bent);
    py += Math.sin(bent);
    const leaflet = length * 0.26 * Math.sin(Math.PI * (0.12 + out * 0.84)) * (step % 5 < 2 ? 1 : 0.4);
    for (const side of [-1, 1]) {
      const way = bent + side * 0.95;
      for (let reach = 0; reach < leaflet; reach += 0.5) {
        const hang = (reach / length) ** 2 * length * 0.9;
        const tip = 1 - reach / Math.max(1, leaflet);
        putPixel(
          layer,
          Math.round(px + Math.cos(way) * reach),
          Math.round(py + Math.sin(way) * reach + hang),
          paint(side < 0 ? 1 : 0.2),
          0.25 + tip * 0.6,
        );
      }
    }
  }
}

function drawPalm(layer: Layer, palm: Palm, { palette, seed }: SceneOptions): void {
  const random = createRandom(seed + Math.round(palm.x));
  const { x, base, height, lean } = palm;
  for (let step = 0; step < height; step += 0.5) {
    const up = step / height;
    const middle = x + lean * up ** 1.6;
    const half = height * mix(0.026, 0.014, up);
    const ring = Math.round(step / Math.max(2, height * 0.028)) % 2 ? 0.08 : 0;
    for (let px = Math.floor(middle - half); px <= middle + half; px += 1) {
      const round = (px - middle) / half;
      putPixel(layer, px, Math.round(base - step), lit(palette, [126, 98, 70], 0.4 + round * 0.3 - ring, 0), 1);
    }
  }
  const crownX = x + lean;
  const crownY = base - height;
  const fronds = 11;
  for (let frond = 0; frond < fronds; frond += 1) {
    // From the left over the top to the right, and a little below the level on both sides.
    const angle = -Math.PI * (1.12 - (1.24 * (frond + 0.5 * random())) / fronds);
    const tone = 0.22 + random() * 0.2;
    drawFrond(layer, crownX, crownY, height * (0.3 + random() * 0.12), angle, (up) =>
      lit(palette, [70, 118, 50], tone + up * 0.24, 0),
    );
  }
}

/** Two palms at one side of the frame. */
export function createPalms(options: SceneOptions, base: number): Layer {
  const { size } = options;
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, depthTop: 0.85, depthBottom: 0.85 },
    ...{ top: base - 0.95, bottom: base + 0.01 },
  });
  const left = -layer.left;
  const palms: readonly Palm[] = [
    { x: left + size.width * 0.06, base: (base - 0.03) * unit - layer.top, height: 0.56 * unit, lean: 0.2 * unit },
    { x: left + size.width * 0.02, base: base * unit - layer.top, height: 0.74 * unit, lean: 0.13 * unit },
  ];
  for (const palm of palms) drawPalm(layer, palm, options);
  return layer;
}

const BALLOON_COLOURS: readonly (readonly [Rgb, Rgb])[] = [
  [
    [214, 58, 48],
    [248, 196, 70],
  ],
  [
    [44, 96, 176],
    [240, 240, 236],
  ],
  [
    [236, 122, 44],
    [130, 52, 110],
  ],
  [
    [40, 140, 122],
    [250, 214, 92],
  ],
];

function drawBalloon(
  layer: Layer,
  x: number,
  y: number,
  radius: number,
  index: number,
  { palette }: SceneOptions,
): void {
  const [stripe, other] = BALLOON_COLOURS[index % BALLOON_COLOURS.length] ?? [
    [214, 58, 48],
    [248, 196, 70],
  ];
  for (let py = Math.floor(-radius); py < radius * 1.95; py += 1) {
    const v = py / radius;
    const half =
      v < 0.2 ? Math.sqrt(Math.max(0, 1 - ((v - 0.05) / 1.05) ** 2)) : mix(0.99, 0.17, smoothstep(0.1, 1.75, v) ** 0.9);
    const isBasket = v > 1.62;
    const isRope = v > 1.38 && !isBasket;
    const width = radius * (isBasket ? 0.17 : isRope ? 0.15 : half);
    for (let px = -Math.ceil(width); px <= width; px += 1) {
      const round = px / Math.max(1, width);
      if (Math.abs(round) > 1 || (isRope && Math.abs(round) < 0.75)) continue;
      const gore = Math.floor((Math.asin(round) / Math.PI + 0.5) * 8) % 2 === 0 ? stripe : other;
      const colour: Rgb = isBasket || isRope ? [112, 76, 48] : gore;
      const facing = 0.5 + round * 0.3 - v * 0.14;
      putPixel(
        layer,
        Math.round(x + px),
        Math.round(y + py),
        lit(palette, colour, facing, 0.08),
        smoothstep(1, 0.9, Math.abs(round)) * 0.4 + 0.6,
      );
    }
  }
}

/** Hot-air balloons, the smaller the farther, which drift with the wind. */
export function createBalloons(options: SceneOptions): Layer[] {
  const { size, seed } = options;
  const random = createRandom(seed + 811);
  return [
    {
      radius: 0.035,
      depth: 0.1,
      places: [
        [-0.24, 0.3],
        [0.28, 0.22],
        [0.06, 0.36],
      ],
    },
    {
      radius: 0.085,
      depth: 0.24,
      places: [
        [-0.09, 0.2],
        [0.35, 0.34],
      ],
    },
  ].map(({ radius, depth, places }, row) => {
    const { layer, unit } = createLayer({
      ...{
        frameWidth: size.width,
        frameHeight: size.height,
        depthTop: depth,
        depthBottom: depth,
        top: 0.02,
        bottom: 0.6,
      },
      ...{ bob: size.height * 0.005, drift: size.height * (0.006 + row * 0.005) },
    });
    for (const [index, [x = 0, y = 0]] of places.entries()) {
      const across = (x + (random() - 0.5) * 0.06 + 0.5) * size.width - layer.left;
      drawBalloon(layer, across, y * unit - layer.top, radius * unit * (0.85 + random() * 0.3), index + row, options);
    }
    return layer;
  });
}
