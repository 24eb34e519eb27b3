/**
 * A street between houses, in perspective: every frame is seen anew from where the camera stands, so that a push-in walks along
 * it. Painted in this order: fronts of the houses, the ground that mirrors them, then all that stands and moves on it from far
 * to near. Lengths are in metres.
 */
import { createRandom } from '../pixels/noise.ts';
import { blend, type Rgb } from '../pixels/palette.ts';
import type { SubjectKind } from '../prompt/lexicon.ts';
import { createFarRange } from './backdrops.ts';
import { createBuildings } from './buildings.ts';
import { drawPanelColumn } from './panel.ts';
import type { Opening, Scene, SceneBuilder, SceneOptions, Stage } from './scene.ts';
import { createStreetCanvas } from './street-canvas.ts';
import {
  type Column,
  drawCar,
  drawFace,
  drawGlows,
  type Glow,
  NEAREST,
  type Standing,
  type Thing,
} from './street-drawing.ts';
import { createHouses, type House } from './street-facades.ts';
import { createStreetGround, LAMP_ASIDE, LAMP_STEP, type StreetFrame } from './street-ground.ts';
import {
  CAR,
  createCars,
  createLampPost,
  createStreetTree,
  createWalkers,
  LAMP_ARM,
  LAMP_HEIGHT,
  WALK_STEPS,
} from './street-things.ts';
import { EYE, focalLength, lookAlong, STREET_HORIZON, type StreetView } from './street-view.ts';
import { noiseAt, texelOf } from './texels.ts';

/** Moving things come back at one end of this stretch when they have left it at the other. */
const FROM = -14;
const TO = 150;

function zOf({ speed, start }: Thing, seconds: number): number {
  if (speed === 0) return start;
  const length = TO - FROM;
  const gone = start - FROM + seconds * speed;
  return (((gone % length) + length) % length) + FROM;
}

function createTraffic(options: SceneOptions): Thing[] {
  const cars = createCars(options);
  const random = createRandom(options.seed + 911);
  const { dark, wet } = options;
  const isLit = dark || wet;
  const lampsOf = (isRear: boolean): Glow[] =>
    [-0.68, 0.68].map((x) => ({
      ...{ x, up: 0.65, radius: isRear ? 0.16 : 0.24, light: dark ? 0.85 : 0.4 },
      colour: isRear ? ([255, 44, 30] as const) : ([255, 240, 212] as const),
    }));
  const things: Thing[] = [];
  const add = (x: number, start: number, speed: number): void => {
    const car = cars[Math.floor(random() * cars.length)];
    if (car === undefined) return;
    const goesAway = x > 0;
    const moving = goesAway ? car.rear : car.front;
    const face = speed === 0 ? (goesAway ? car.parkedRear : car.parkedFront) : moving;
    things.push({
      ...{ x, speed, start, flipped: false, panelAt: () => face, car, z: 0 },
      isSideFlipped: !goesAway,
      glows: speed !== 0 && isLit ? lampsOf(goesAway) : [],
    });
  };
  // One pace for a lane: nobody drives through anybody.
  for (let index = 0; index < 5; index += 1) add(2.3, FROM + 12 + index * 32 + random() * 14, 6.2);
  for (let index = 0; index < 6; index += 1) add(-2.3, FROM + index * 27 + random() * 12, -7.4);
  for (const x of [-4.62, 4.62]) {
    for (let z = 9 + random() * 16; z < 110; z += 6 + random() ** 2 * 34) add(x, z, 0);
  }
  return things;
}

function createPassers(options: SceneOptions): Thing[] {
  const walkers = createWalkers(options);
  const random = createRandom(options.seed + 919);
  return Array.from({ length: 26 }, (_, index): Thing => {
    const steps = walkers[index % walkers.length] ?? [];
    const pace = 1.15 + random() * 0.4;
    const phase = random();
    const [first] = steps;
    if (first === undefined) throw new Error('A walker has steps.');
    return {
      ...{ x: (index % 2 ? 1 : -1) * (7.05 + random() * 1.35), speed: random() < 0.5 ? pace : -pace, z: 0, glows: [] },
      ...{ start: FROM + random() * (TO - FROM) * 0.62, flipped: random() < 0.5 },
      panelAt: (seconds) => steps[Math.floor((seconds * pace * 0.72 + phase) * WALK_STEPS) % WALK_STEPS] ?? first,
    };
  });
}

function createFurniture(options: SceneOptions): Thing[] {
  const post = createLampPost(options);
  const trees = [0, 1, 2].map((index) => createStreetTree(options, index));
  const things: Thing[] = [];
  for (const side of [-1, 1]) {
    for (let index = 0; index * LAMP_STEP < TO; index += 1) {
      const start = 4 + index * LAMP_STEP;
      const glow: Glow = {
        x: -side * LAMP_ARM * 0.88,
        up: LAMP_HEIGHT - 0.12,
        radius: 0.3,
        colour: [255, 206, 130],
        light: 0.95,
      };
      const stands = { speed: 0, z: 0 } as const;
      // The post's foot is not in its panel's middle.
      const x = side * LAMP_ASIDE - side * 0.7;
      things.push({
        ...stands,
        x,
        start,
        flipped: side > 0,
        panelAt: () => post,
        glows: options.dark ? [{ ...glow, x: glow.x + side * 0.7 }] : [],
      });
      const tree = trees[(index + (side > 0 ? 1 : 0)) % trees.length];
      if (tree !== undefined && index % 3 !== 2)
        things.push({
          ...stands,
          x: side * 6.7,
          start: start + LAMP_STEP / 2,
          flipped: index % 2 === 0,
          panelAt: () => tree,
          glows: [],
        });
    }
  }
  return things;
}

/** Where in each column the houses' feet are, and the first row of the highest. */
interface Edges {
  readonly feet: Int32Array;
  readonly roofs: Int32Array;
}

/** Paints the fronts from near to far, each only above what stands before it, and writes their edges. */
function paintHouses(street: StreetFrame, houses: readonly House[], { feet, roofs }: Edges, column: Column): void {
  const { canvas, view, air, clearness } = street;
  const horizon = Math.ceil(view.centreY);
  column.opacity = 1;
  for (let x = 0; x < canvas.width; x += 1) {
    const slope = (x + 0.5 - view.centreX) / view.focal;
    let free = canvas.height;
    feet[x] = Math.max(0, Math.min(canvas.height, horizon));
    for (const { side, near, far, front, height, panel } of houses) {
      const plane = side * front - view.x;
      const end = far - view.z;
      if (slope * side <= 0 || end < NEAREST) continue;
      const begin = near - view.z;
      let z = plane / slope;
      let along = z - begin;
      if (z > end) continue;
      if (z < begin) {
        if (begin < NEAREST) continue;
        z = begin;
        along = (slope * begin - plane) * side;
        if (along > panel.width) continue;
      }
      const scale = view.focal / z;
      column.head = view.centreY - (height - EYE) * scale;
      column.foot = view.centreY + EYE * scale;
      if (free === canvas.height) feet[x] = Math.max(0, Math.min(canvas.height, Math.round(column.foot)));
      if (column.head >= free) continue;
      column.x = x;
      column.limit = free;
      column.share = along / panel.width;
      column.step = (z === begin ? z / view.focal : (z * z) / (Math.abs(plane) * view.focal)) / panel.width;
      column.far = 1 - Math.exp(-z / clearness);
      drawPanelColumn(canvas, panel, column, air);
      free = Math.min(free, Math.max(0, Math.ceil(column.head)));
      if (free === 0) break;
    }
    // Where there is no house the ground begins within a row of the horizon.
    roofs[x] = free === canvas.height ? Math.min(free, horizon + 1) : Math.min(free, feet[x] as number);
  }
}

function openingOf(roofs: Int32Array): Opening {
  let [from, to, rows] = [roofs.length, 0, 0];
  for (let x = 0; x < roofs.length; x += 1) {
    const roof = roofs[x] as number;
    if (roof === 0) continue;
    from = Math.min(from, x);
    to = x + 1;
    rows = Math.max(rows, roof);
  }
  return { from, to, rows };
}

/** Takes what is seen between and above the houses from the frame. */
function copyOpening({ canvas }: StreetFrame, roofs: Int32Array, frame: Float32Array): void {
  const { pixels, width, height } = canvas;
  for (let x = 0; x < width; x += 1) {
    const roof = roofs[x] as number;
    for (let y = 0, s = x * 3, o = x * height; y < roof; y += 1, s += width * 3, o += 1) {
      pixels[o] = texelOf(frame[s] as number, frame[s + 1] as number, frame[s + 2] as number, noiseAt(x, y));
    }
  }
}

function createStage(options: SceneOptions): Stage {
  const { size, palette, dark, wet } = options;
  const houses = createHouses(options, focalLength(size)).toSorted((a, b) => a.near - b.near);
  const isWithout = (subject: SubjectKind) => options.absent?.subjects.includes(subject) === true;
  const things = [
    ...(isWithout('vehicle') ? [] : createTraffic(options)),
    ...(isWithout('person') ? [] : createPassers(options)),
    ...createFurniture(options),
  ];
  const edges: Edges = { feet: new Int32Array(size.width), roofs: new Int32Array(size.width) };
  const canvas = createStreetCanvas(size);
  const ground = createStreetGround(options, canvas);
  const view: StreetView = { focal: 1, centreX: 0, centreY: 0, x: 0, z: 0 };
  const column: Column = { x: 0, head: 0, foot: 0, limit: 0, share: 0, step: 0, far: 0, opacity: 1 };
  // A city's lamps light its air.
  const air: Rgb = dark ? blend(palette.haze, [150, 104, 70], 0.34) : palette.haze;
  const clearness = wet ? 75 : 240;
  const street: StreetFrame = { canvas, view, air, clearness, seconds: 0 };
  return {
    begin({ pose }) {
      lookAlong(view, pose, size);
      paintHouses(street, houses, edges, column);
      return openingOf(edges.roofs);
    },
    paint(frame, { seconds }) {
      copyOpening(street, edges.roofs, frame);
      ground({ ...street, seconds }, edges.feet);
      for (const thing of things) thing.z = zOf(thing, seconds) - view.z;
      things.sort((a, b) => b.z - a.z);
      const standing: Standing = { street, column, mirrored: wet ? 0.3 : 0 };
      for (const thing of things) {
        if (thing.car !== undefined && thing.z + CAR.length > NEAREST && thing.z < TO) {
          drawCar(standing, thing, thing.car, thing.z);
        }
        if (thing.z < NEAREST || thing.z > TO) continue;
        drawFace(standing, thing, thing.panelAt(seconds), thing.z);
        drawGlows(street, thing, thing.z, wet);
      }
      return canvas;
    },
  };
}

export const buildStreet: SceneBuilder = (options): Scene => {
  const { size, palette } = options;
  // As high as it is wide apart in any frame.
  const spread = Math.min(1, (size.width / size.height) * 0.56);
  const skyline = createBuildings(options, {
    ...{
      base: STREET_HORIZON + 0.02,
      lowest: 0.03 * spread,
      tallest: 0.16 * spread,
      narrowest: 0.03 * spread,
      widest: 0.06 * spread,
      depth: 0.06,
      far: 0.62,
    },
  });
  return {
    palette,
    horizon: size.height * STREET_HORIZON,
    layers: [...createFarRange(options, { horizon: STREET_HORIZON, foot: STREET_HORIZON + 0.02 }), skyline],
    water: undefined,
    foreground: [],
    stage: createStage(options),
  };
};
