/** Cars, people, trees and lamps of a street, as panels. Lengths are in metres. */
import { createRandom, fineNoise, sampleNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { lit } from './layer.ts';
import { createPanel, type Panel, type PanelPaint } from './panel.ts';
import type { SceneOptions } from './scene.ts';

export interface CarPanels {
  readonly front: Panel;
  readonly rear: Panel;
  /** With their lamps out. */
  readonly parkedFront: Panel;
  readonly parkedRear: Panel;
  /** Seen from its right, the front at the right: the body, and the narrower cabin above it. */
  readonly body: Panel;
  readonly cabin: Panel;
  /** Of the hood and the roof, seen from above. */
  readonly top: Rgb;
}

export const CAR = { width: 1.84, height: 1.48, length: 4.4 } as const;
const CAR_COLOURS: readonly Rgb[] = [
  [196, 44, 40],
  [232, 232, 230],
  [54, 82, 130],
  [58, 60, 66],
  [242, 190, 40],
  [150, 158, 166],
];

/** A face of a car: bodywork, glass that narrows upwards, wheels, lamps. */
function carFace({ palette, dark }: SceneOptions, colour: Rgb, isRear: boolean): PanelPaint {
  const half = CAR.width / 2;
  return (across, up) => {
    const aside = Math.abs(across - half);
    const roof = smoothstep(0.82, 1.44, up);
    const edge = up < 0.82 ? half - 0.05 * smoothstep(0.5, 0.1, up) : mix(half - 0.06, half * 0.68, roof);
    if (aside > edge || up > CAR.height - 0.05 - 0.09 * (aside / half) ** 2) return undefined;
    if (up < 0.3) {
      if (aside > half * 0.62) return up < 0.3 ? lit(palette, [26, 26, 28], 0.3, 0) : undefined;
      return up < 0.14 ? undefined : lit(palette, [24, 24, 26], 0.2, 0);
    }
    if (up > 0.88 && up < 1.36 && aside < edge - 0.1) {
      const sky = palette.gradient[1] ?? [0, 160, 180, 200];
      const shine = 0.2 + 0.5 * smoothstep(0.9, 1.36, up);
      const glass: Rgb = [mix(26, sky[1], shine), mix(30, sky[2], shine), mix(36, sky[3], shine)];
      return dark ? [glass[0] * 0.6, glass[1] * 0.6, glass[2] * 0.6] : glass;
    }
    const isLamp = up > 0.56 && up < 0.74 && aside > half * 0.6 && aside < half * 0.93;
    if (isLamp && isRear) return dark ? [255, 60, 42] : lit(palette, [206, 40, 34], 0.5, 0);
    if (isLamp) return dark ? [255, 250, 236] : lit(palette, [236, 240, 242], 0.6, 0);
    if (!isRear && up > 0.42 && up < 0.56 && aside < half * 0.52) return lit(palette, [34, 34, 38], 0.3, 0);
    if (up > 0.36 && up < 0.48 && aside < 0.26) return lit(palette, [226, 226, 214], 0.5, 0);
    return lit(palette, colour, 0.28 + 0.4 * smoothstep(0.3, 1.5, up) - 0.14 * (aside / half), 0);
  };
}

function carSide({ palette, dark }: SceneOptions, colour: Rgb, isCabin: boolean): PanelPaint {
  const { length } = CAR;
  return (across, up) => {
    const u = across / length;
    const hood = mix(0.86, 0.98, smoothstep(1, 0.7, u));
    const cabin = 1.46 * smoothstep(0.02, 0.16, u) * smoothstep(0.82, 0.6, u);
    const body = Math.max(u < 0.2 ? 0.98 : hood, cabin);
    if (up > body || up > 0.94 !== isCabin) return undefined;
    for (const wheel of [0.19, 0.8]) {
      const away = Math.hypot(across - wheel * length, up - 0.32);
      if (away < 0.17) return lit(palette, [150, 152, 156], 0.5, 0);
      if (away < 0.33) return lit(palette, [22, 22, 24], 0.3, 0);
    }
    if (up < 0.2) return undefined;
    if (up > 0.94 && up < cabin - 0.1 && Math.abs(u - 0.46) > 0.012) {
      const sky = palette.gradient[1] ?? [0, 160, 180, 200];
      const shine = dark ? 0.16 : 0.3 + 0.3 * smoothstep(0.9, 1.4, up);
      return [mix(24, sky[1], shine), mix(28, sky[2], shine), mix(34, sky[3], shine)];
    }
    if (dark && up > 0.6 && up < 0.74 && (u < 0.03 || u > 0.96)) return u < 0.5 ? [255, 60, 42] : [255, 246, 226];
    return lit(palette, colour, 0.24 + 0.4 * smoothstep(0.2, 1.2, up), 0);
  };
}

export function createCars(options: SceneOptions): CarPanels[] {
  return CAR_COLOURS.map((colour) => {
    const shape = { width: CAR.width, height: CAR.height, density: 56, isWall: false };
    const front = createPanel(shape, carFace(options, colour, false));
    const rear = createPanel(shape, carFace(options, colour, true));
    const unlit = { ...options, dark: false };
    return {
      ...{ front, rear, top: lit(options.palette, colour, 0.72, 0) },
      parkedFront: options.dark ? createPanel(shape, carFace(unlit, colour, false)) : front,
      parkedRear: options.dark ? createPanel(shape, carFace(unlit, colour, true)) : rear,
      body: createPanel({ ...shape, width: CAR.length }, carSide(options, colour, false)),
      cabin: createPanel({ ...shape, width: CAR.length }, carSide(options, colour, true)),
    };
  });
}

/** Steps of a walk, from one foot forward to the same foot forward again. */
export const WALK_STEPS = 12;
const COATS: readonly Rgb[] = [
  [52, 60, 84],
  [150, 62, 54],
  [92, 96, 74],
  [186, 170, 140],
  [44, 44, 48],
];
const UMBRELLAS: readonly Rgb[] = [
  [188, 44, 48],
  [40, 44, 54],
  [230, 190, 70],
  [64, 120, 160],
  [36, 36, 42],
];

interface Limb {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
  readonly half: number;
}

/** How far inside a rounded limb a place is, in metres. */
function inside({ fromX, fromY, toX, toY, half }: Limb, x: number, y: number): number {
  const dx = toX - fromX;
  const dy = toY - fromY;
  const share = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy)));
  return half - Math.hypot(x - fromX - dx * share, y - fromY - dy * share);
}

/** A walker seen from the front or the back: a foot that is off the ground is bent and a little higher. */
function walkerPaint({ palette, wet, dark }: SceneOptions, index: number, step: number): PanelPaint {
  const swing = Math.sin((step / WALK_STEPS) * Math.PI * 2);
  const coat = COATS[index % COATS.length] ?? [60, 60, 70];
  const umbrella = UMBRELLAS[index % UMBRELLAS.length] ?? [40, 40, 48];
  const rise = 0.025 * Math.abs(swing);
  const limbs: readonly (readonly [Limb, Rgb])[] = [
    [
      { fromX: -0.1, fromY: 0.86, toX: -0.1 - 0.03 * swing, toY: 0.08 + 0.16 * Math.max(0, swing), half: 0.085 },
      [40, 42, 54],
    ],
    [
      { fromX: 0.1, fromY: 0.86, toX: 0.1 - 0.03 * swing, toY: 0.08 + 0.16 * Math.max(0, -swing), half: 0.085 },
      [34, 36, 48],
    ],
    [{ fromX: -0.24, fromY: 1.36, toX: -0.28, toY: 0.9 + 0.07 * swing, half: 0.06 }, coat],
    [{ fromX: 0.24, fromY: 1.36, toX: wet ? 0.2 : 0.28, toY: wet ? 1.22 : 0.9 - 0.07 * swing, half: 0.06 }, coat],
    [{ fromX: 0, fromY: 0.86, toX: 0, toY: 1.32, half: 0.2 }, coat],
    [{ fromX: 0, fromY: 1.58, toX: 0, toY: 1.64, half: 0.105 }, index % 2 ? [66, 46, 36] : [186, 142, 114]],
  ];
  return (across, up) => {
    const x = across - 0.6;
    const y = up - rise;
    if (wet) {
      const dome = Math.hypot(x / 0.56, (y - 1.78) / 0.34);
      if (y > 1.78 && dome < 1)
        return [...lit(palette, umbrella, 0.3 + 0.4 * (y - 1.78) * 3 - x * 0.2, 0), Math.min(1, (1 - dome) * 14)];
      if (Math.abs(x - 0.12) < 0.014 && y > 1.2 && y < 1.78) return lit(palette, [90, 90, 94], 0.4, 0);
    }
    for (const [limb, colour] of limbs.toReversed()) {
      const depth = inside(limb, x, y);
      if (depth <= -0.008) continue;
      const light = lit(palette, colour, 0.36 + 0.3 * (x + 0.2), 0);
      const gain = dark ? 0.85 : 1;
      return [light[0] * gain, light[1] * gain, light[2] * gain, Math.min(1, (depth + 0.008) * 70)];
    }
    return undefined;
  };
}

/** For each of several people the steps of their walk. */
export function createWalkers(options: SceneOptions): Panel[][] {
  const shape = { width: 1.2, height: 2.2, density: 32, isWall: false };
  return COATS.map((_, index) =>
    Array.from({ length: WALK_STEPS }, (_step, step) => createPanel(shape, walkerPaint(options, index, step))),
  );
}

export const LAMP_HEIGHT = 5.6;
/** How far the lamp hangs over the road. */
export const LAMP_ARM = 1.3;

/** A post with an arm to its right. */
export function createLampPost({ palette, dark }: SceneOptions): Panel {
  return createPanel({ width: 2, height: LAMP_HEIGHT + 0.2, density: 44, isWall: false }, (across, up) => {
    const metal = () => lit(palette, [62, 66, 70], 0.4, 0);
    const x = across - 0.3;
    if (Math.abs(x) < (up < 1 ? 0.09 : 0.055) && up < LAMP_HEIGHT) return metal();
    const arch = LAMP_HEIGHT - 0.02 - 0.16 * (1 - x / LAMP_ARM) ** 2;
    if (x > 0 && x < LAMP_ARM && Math.abs(up - arch) < 0.05) return metal();
    if (x > LAMP_ARM - 0.4 && x < LAMP_ARM + 0.16 && up < arch && up > arch - 0.13)
      return dark ? [255, 238, 200] : [206, 208, 206];
    return undefined;
  });
}

const TREE = { width: 4.6, height: 7 } as const;

/** A street tree: a trunk that forks, and a crown of many small lumps of leaves. */
export function createStreetTree({ palette, seed, nouns }: SceneOptions, index: number): Panel {
  const random = createRandom(seed + 71 * index + 5);
  const lumps = Array.from({ length: 70 }, () => {
    const angle = random() * Math.PI * 2;
    const out = Math.sqrt(random()) * 0.84;
    const y = 4.8 + Math.sin(angle) * out * 1.95;
    return { x: 2.3 + Math.cos(angle) * out * 2, y, radius: 0.26 + random() * 0.3, tone: random() };
  });
  const isSnowy = nouns.has('snowfield');
  return createPanel({ ...TREE, density: 30, isWall: false }, (across, up) => {
    const leaf = sampleNoise(fineNoise(), across / 2.1 + index * 0.3, up / 2.1) - 0.5;
    for (const { x, y, radius, tone } of lumps) {
      const dx = (across - x) / radius;
      const dy = (up - y) / radius;
      if (dx * dx + dy * dy > 2.2) continue;
      const away = Math.hypot(dx, dy) + leaf * 0.9;
      if (away > 1) continue;
      const facing = 0.3 + dy * 0.16 + dx * 0.08 + leaf * 0.5 + (y - 4.8) * 0.1;
      const white = isSnowy ? smoothstep(0.1, 0.6, dy + leaf) : 0;
      const green: Rgb = [mix(62 + tone * 30, 240, white), mix(100 + tone * 26, 244, white), mix(46, 250, white)];
      return [...lit(palette, green, facing, 0), Math.min(1, (1 - away) * 4)];
    }
    const bough = Math.max(0, up - 2.6) * 0.42;
    const trunk = Math.min(
      Math.abs(across - 2.3),
      Math.abs(across - 2.3 - bough),
      Math.abs(across - 2.3 + bough * 0.8),
    );
    return trunk < 0.14 - up * 0.018 && up < 5.6
      ? lit(palette, [74, 60, 50], 0.35 + (across - 2.3) * 0.3, 0)
      : undefined;
  });
}
