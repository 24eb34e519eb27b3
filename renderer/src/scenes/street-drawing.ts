/** Draws what stands and moves in a street, a thing at a time, with its shade, its lamps and its image in the wet ground. */
import { blend, type Rgb } from '../pixels/palette.ts';
import { drawPanelColumn, type Panel, type PanelColumn } from './panel.ts';
import type { StreetFrame } from './street-ground.ts';
import { CAR, type CarPanels } from './street-things.ts';
import { EYE } from './street-view.ts';
import { type Canvas, mixTexels, noiseAt, texelOf } from './texels.ts';

/** Nearer than this nothing is drawn: it would be all of the frame. */
export const NEAREST = 0.7;
/** Farther than this a thing's image in the wet ground is not made out. */
const MIRRORED = 55;

export interface Glow {
  readonly x: number;
  readonly up: number;
  readonly radius: number;
  readonly colour: Rgb;
  readonly light: number;
}

export interface Thing {
  readonly x: number;
  /** Metres a second along the street; 0 for what stands. */
  readonly speed: number;
  readonly start: number;
  readonly flipped: boolean;
  readonly panelAt: (seconds: number) => Panel;
  /** A car has a length; its face is at its near end. */
  readonly car?: CarPanels;
  readonly isSideFlipped?: boolean;
  readonly glows: readonly Glow[];
  /** Where it is now. */
  z: number;
}

export type Column = { -readonly [Key in keyof PanelColumn]: PanelColumn[Key] };

export interface Standing {
  readonly street: StreetFrame;
  readonly column: Column;
  /** How clearly the ground shows the thing upside down. */
  readonly mirrored: number;
}

/** One upright column of a thing, and its image in the ground. */
function drawStanding({ street, column, mirrored }: Standing, panel: Panel, z: number): void {
  const { canvas, view, air, clearness } = street;
  const scale = view.focal / z;
  column.far = 1 - Math.exp(-z / clearness);
  column.limit = canvas.height;
  column.foot = view.centreY + EYE * scale;
  if (mirrored > 0 && z < MIRRORED) {
    column.head = column.foot + panel.height * scale;
    column.opacity = mirrored;
    drawPanelColumn(canvas, panel, column, air);
  }
  column.head = column.foot - panel.height * scale;
  column.opacity = 1;
  drawPanelColumn(canvas, panel, column, air);
}

/** The side of a car that faces the camera, column by column into the distance. */
function drawSide(standing: Standing, thing: Thing, panel: Panel, z: number, inset: number): void {
  const { column, street } = standing;
  const { view, canvas } = street;
  const middle = thing.x - view.x;
  const plane = middle - Math.sign(middle) * (CAR.width / 2 - inset);
  if (Math.sign(plane) !== Math.sign(middle)) return;
  const nearX = view.centreX + (plane * view.focal) / Math.max(NEAREST, z);
  const farX = view.centreX + (plane * view.focal) / (z + CAR.length);
  const from = Math.max(0, Math.ceil(Math.min(nearX, farX)));
  const to = Math.min(canvas.width, Math.max(nearX, farX));
  for (let x = from; x < to; x += 1) {
    const here = (plane * view.focal) / (x + 0.5 - view.centreX);
    const share = (here - z) / CAR.length;
    column.x = x;
    column.share = thing.isSideFlipped === true ? 1 - share : share;
    column.step = (here * here) / (Math.abs(plane) * view.focal) / CAR.length;
    drawStanding(standing, panel, here);
  }
}

interface Deck {
  readonly level: number;
  readonly half: number;
  readonly near: number;
  readonly far: number;
}

/** A level part of a car, seen from a little above. */
function drawDeck({ canvas, view, air, clearness }: StreetFrame, x: number, deck: Deck, colour: Rgb): void {
  const drop = (EYE - deck.level) * view.focal;
  const near = Math.max(NEAREST, deck.near);
  if (deck.far <= near) return;
  const far = 1 - Math.exp(-near / clearness);
  const seen = blend(colour, air, far);
  const paint = texelOf(seen[0], seen[1], seen[2], 0.5);
  const to = Math.min(canvas.height, view.centreY + drop / near);
  for (let y = Math.max(0, Math.ceil(view.centreY + drop / deck.far)); y < to; y += 1) {
    const scale = (y - view.centreY) / (EYE - deck.level);
    const middle = view.centreX + (x - view.x) * scale;
    const left = Math.max(0, Math.round(middle - deck.half * scale));
    const right = Math.min(canvas.width, Math.round(middle + deck.half * scale));
    for (let px = left; px < right; px += 1) canvas.pixels[px * canvas.height + y] = paint;
  }
}

/** All of a car but the face that it turns to the viewer. */
export function drawCar(standing: Standing, thing: Thing, car: CarPanels, z: number): void {
  const { street } = standing;
  const half = CAR.width / 2;
  if (standing.mirrored === 0) drawShade(street, thing, z);
  drawSide(standing, thing, car.cabin, z, 0.22);
  const [begin, end] = thing.isSideFlipped === true ? [0.4, 0.84] : [0.16, 0.6];
  const pane = z + CAR.length * begin;
  if (pane > NEAREST) drawFace(standing, thing, car.parkedFront, pane);
  drawDeck(street, thing.x, { level: 1.45, half: half * 0.72, near: pane, far: z + CAR.length * end }, car.top);
  drawDeck(street, thing.x, { level: 0.93, half: half - 0.05, near: z, far: pane }, car.top);
  drawSide(standing, thing, car.body, z, 0.03);
}

export function drawFace(standing: Standing, thing: Thing, panel: Panel, z: number): void {
  const { column, street } = standing;
  const { view, canvas } = street;
  const scale = view.focal / z;
  const left = view.centreX + (thing.x - view.x - panel.width / 2) * scale;
  const width = panel.width * scale;
  const to = Math.min(canvas.width, Math.ceil(left + width));
  column.step = 1 / width;
  for (let x = Math.max(0, Math.floor(left)); x < to; x += 1) {
    const share = (x + 0.5 - left) / width;
    if (share < 0 || share > 1) continue;
    column.x = x;
    column.share = thing.flipped ? 1 - share : share;
    drawStanding(standing, panel, z);
  }
}

/** Under a car there is no light. */
function drawShade({ canvas, view }: StreetFrame, thing: Thing, z: number): void {
  const half = CAR.width / 2;
  const from = Math.max(0, Math.ceil(view.centreY + (EYE * view.focal) / (z + CAR.length)));
  const to = Math.min(canvas.height, view.centreY + (EYE * view.focal) / Math.max(NEAREST, z - 0.35));
  for (let y = from; y < to; y += 1) {
    const away = (EYE * view.focal) / (y + 0.5 - view.centreY);
    const scale = view.focal / away;
    const middle = view.centreX + (thing.x - view.x) * scale;
    const fade = Math.min(1, (away - z + 0.35) * 2.4, (z + CAR.length - away) * 2.4) * 0.72;
    const left = Math.max(0, Math.ceil(middle - (half + 0.2) * scale));
    const right = Math.min(canvas.width, middle + (half + 0.2) * scale);
    for (let x = left; x < right; x += 1) {
      const inwards = Math.min(1, ((half + 0.2) * scale - Math.abs(x - middle)) / (0.3 * scale));
      const keep = 1 - Math.max(0, fade) * inwards;
      const o = x * canvas.height + y;
      canvas.pixels[o] = mixTexels(0, canvas.pixels[o] as number, keep * 256);
    }
  }
}

/** Light around a lamp that is seen; so far from it, in its radius, there is no more of it. */
const GLOW_REACH = 3.28;

function addGlow({ pixels, width, height }: Canvas, place: GlowPlace, [red, green, blue]: Rgb): void {
  const { x, y, radius, light } = place;
  const reach = radius * GLOW_REACH;
  const core = 1.6 / (radius * radius);
  for (
    let px = Math.max(0, Math.ceil(x - reach - 0.5)), last = Math.min(width - 1, x + reach - 0.5);
    px <= last;
    px += 1
  ) {
    const dx = px + 0.5 - x;
    const half = Math.sqrt(Math.max(0, reach * reach - dx * dx));
    const near = 1 + dx * dx * core;
    const to = Math.min(height - 1, y + half - 0.5);
    for (let py = Math.max(0, Math.ceil(y - half - 0.5)) | 0; py <= to; py += 1) {
      const dy = py + 0.5 - y;
      const share = light * (1.1 / (near + dy * dy * core) - 0.06);
      if (share <= 0) continue;
      const o = px * height + py;
      const before = pixels[o] as number;
      pixels[o] = texelOf(
        (before & 255) + share * red,
        ((before >> 8) & 255) + share * green,
        ((before >> 16) & 255) + share * blue,
        noiseAt(px, py),
      );
    }
  }
}

interface GlowPlace {
  x: number;
  y: number;
  radius: number;
  light: number;
}

const place: GlowPlace = { x: 0, y: 0, radius: 1, light: 0 };

export function drawGlows({ canvas, view, clearness }: StreetFrame, thing: Thing, z: number, wet: boolean): void {
  const scale = view.focal / z;
  const clear = Math.exp((-z / clearness) * 0.6);
  for (const { x, up, radius, colour, light } of thing.glows) {
    const round = Math.min(canvas.height * 0.05, Math.max(canvas.height * 0.0028, radius * scale));
    place.x = view.centreX + (thing.x + x - view.x) * scale;
    place.y = view.centreY + (EYE - up) * scale;
    place.radius = round;
    place.light = light * clear;
    addGlow(canvas, place, colour);
    if (!wet) continue;
    // On a wet road a light is a trail towards the viewer.
    const foot = view.centreY + EYE * scale;
    for (let step = 0; step < 5; step += 1) {
      place.y = foot + up * scale * (0.25 + step * 0.4);
      place.radius = round * (0.7 + step * 0.12);
      place.light = light * clear * (0.26 - step * 0.045);
      addGlow(canvas, place, colour);
    }
  }
}
