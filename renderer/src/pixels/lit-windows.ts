/**
 * Lights some of the windows of a city that was filmed by day. A window that is lit stays lit: each is followed in the world that
 * the camera shows, and is the same one when the camera comes back to it.
 */
import type { Size } from '../geometry.ts';
import { type Anchor, UNMOVED } from '../motion/camera-anchor.ts';
import { createRandom, type Random } from './noise.ts';
import type { Rgb } from './palette.ts';
import { createPaneFinder, type PaneSource, type Panes } from './window-panes.ts';

const MOST_WINDOWS = 4096;
/** Between the frames in which windows are looked for they move with the camera. */
const FRAMES_BETWEEN = 4;
/** Where there are none, houses are waited for. */
const FRAMES_WITHOUT = 12;
/** Of how far off a window was found, what its speed takes over. */
const LEARNT_SPEED = 0.35 / FRAMES_BETWEEN;
const LIT_SHARE = 0.42;
/** Bulbs, shades, and here and there a cold tube. */
const LIGHTS: readonly Rgb[] = [
  [255, 190, 104],
  [255, 206, 132],
  [255, 222, 164],
  [255, 178, 88],
  [214, 228, 240],
];
/** How much surer of a window each look makes that sees it, and how much less sure one that does not. */
const SEEN = 0.34;
const NOT_SEEN = 0.2;
/** What is this much brighter or darker than the window was stands before it. */
const OTHER_LIGHT = 34;

/** Adds light at a place of the frame, 0 to 1, for what shines around it. */
export type Shine = (x: number, y: number, amount: number) => void;

export interface LitWindows {
  /** Goes on to the next frame; frames come in order. `sources` is asked for it, from small to large windows, when it is looked at. */
  readonly read: (sources: () => readonly PaneSource[], anchor?: Anchor) => void;
  readonly draw: (rgb: Uint8Array, light: Uint8Array, shine: Shine) => void;
}

interface Windows {
  count: number;
  /** Middles on the sheet that lies in the world, and sizes there. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly width: Float32Array;
  readonly height: Float32Array;
  /** Near houses move against far ones: how far a window goes on the sheet in a frame. */
  readonly speedX: Float32Array;
  readonly speedY: Float32Array;
  /** How sure each is, how bright it is lit (0 where it is dark), and how bright it was by day. */
  readonly presence: Float32Array;
  readonly power: Float32Array;
  readonly light: Float32Array;
  readonly colour: Uint8Array;
  /** 1 where the last look has seen it. */
  readonly seen: Uint8Array;
}

function createWindows(): Windows {
  const create = () => new Float32Array(MOST_WINDOWS);
  return {
    ...{ count: 0, x: create(), y: create(), width: create(), height: create() },
    ...{ speedX: create(), speedY: create(), presence: create(), power: create(), light: create() },
    ...{ colour: new Uint8Array(MOST_WINDOWS), seen: new Uint8Array(MOST_WINDOWS) },
  };
}

/** The window at a place, or -1. */
function nearest({ count, x, y }: Windows, atX: number, atY: number, reach: number): number {
  let best = reach * reach;
  let found = -1;
  for (let i = 0; i < count; i += 1) {
    const dx = (x[i] as number) - atX;
    const dy = (y[i] as number) - atY;
    const distance = dx * dx + dy * dy;
    if (distance >= best) continue;
    best = distance;
    found = i;
  }
  return found;
}

function approach(values: Float32Array, i: number, value: number, share: number): void {
  values[i] = (values[i] as number) + (value - (values[i] as number)) * share;
}

interface Look {
  readonly panes: Panes;
  readonly anchor: Anchor;
  readonly size: Size;
  readonly isFirst: boolean;
  readonly random: Random;
}

function addWindow(windows: Windows, { isFirst, random }: Look): number {
  if (windows.count === MOST_WINDOWS) return -1;
  const added = windows.count;
  windows.count += 1;
  windows.presence[added] = isFirst ? 1 : SEEN;
  const isLit = random() < LIT_SHARE;
  const power = 0.5 + 0.5 * random();
  windows.power[added] = isLit ? power : 0;
  windows.colour[added] = Math.floor(random() ** 1.4 * LIGHTS.length);
  return added;
}

/** Matches what was found with what is known. */
function follow(windows: Windows, look: Look): void {
  const { panes, anchor, size } = look;
  const { a, b } = anchor;
  const scale = Math.hypot(a, b);
  for (let pane = 0; pane < panes.count(); pane += 1) {
    const px = (panes.x[pane] as number) + 0.5 - size.width / 2;
    const py = (panes.y[pane] as number) + 0.5 - size.height / 2;
    const x = a * px - b * py + anchor.x;
    const y = b * px + a * py + anchor.y;
    const width = (panes.width[pane] as number) * scale;
    const height = (panes.height[pane] as number) * scale;
    const known = nearest(windows, x, y, Math.min(width, height) * 0.6 + 1);
    const i = known >= 0 ? known : addWindow(windows, look);
    if (i < 0) return;
    // Found at a smaller scale already.
    if (windows.seen[i] === 1) continue;
    if (known >= 0) {
      windows.speedX[i] = (windows.speedX[i] as number) + (x - (windows.x[i] as number)) * LEARNT_SPEED;
      windows.speedY[i] = (windows.speedY[i] as number) + (y - (windows.y[i] as number)) * LEARNT_SPEED;
      windows.presence[i] = Math.min(1, (windows.presence[i] as number) + SEEN);
    }
    const share = known >= 0 ? 0.6 : 1;
    approach(windows.x, i, x, share);
    approach(windows.y, i, y, share);
    approach(windows.width, i, width, share);
    approach(windows.height, i, height, share);
    approach(windows.light, i, panes.light[pane] as number, share);
    windows.seen[i] = 1;
  }
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a window is in the frame, in pixels; nowhere if it is outside. */
function boxOf(windows: Windows, i: number, { a, b, x, y }: Anchor, size: Size): Box | undefined {
  const square = a * a + b * b;
  const scale = 1 / Math.sqrt(square);
  const dx = (windows.x[i] as number) - x;
  const dy = (windows.y[i] as number) - y;
  const box = {
    x: (a * dx + b * dy) / square + size.width / 2,
    y: (a * dy - b * dx) / square + size.height / 2,
    width: (windows.width[i] as number) * scale,
    height: (windows.height[i] as number) * scale,
  };
  const isBeside = box.x < -box.width || box.x > size.width + box.width;
  return isBeside || box.y < -box.height || box.y > size.height + box.height ? undefined : box;
}

interface Pane extends Box {
  readonly power: number;
  readonly colour: Rgb;
  /** How bright it was by day. */
  readonly own: number;
}

interface Canvas {
  readonly rgb: Uint8Array;
  readonly light: Uint8Array;
  readonly size: Size;
  readonly shine: Shine;
}

function drawPane({ rgb, light, size, shine }: Canvas, { x, y, width, height, power, colour, own }: Pane): void {
  const right = Math.min(size.width - 1, Math.floor(x + width / 2));
  const bottom = Math.min(size.height - 1, Math.floor(y + height / 2));
  for (let py = Math.max(0, Math.floor(y - height / 2)); py <= bottom; py += 1) {
    const down = Math.min(1, height / 2 + 0.5 - Math.abs(py + 0.5 - y));
    for (let px = Math.max(0, Math.floor(x - width / 2)); px <= right; px += 1) {
      const across = Math.min(1, width / 2 + 0.5 - Math.abs(px + 0.5 - x));
      const at = py * size.width + px;
      const other = Math.abs((light[at] as number) - own) / OTHER_LIGHT;
      const share = power * down * across * (other > 1 ? 0 : 1 - other * other);
      if (share <= 0) continue;
      for (let c = 0, o = at * 3; c < 3; c += 1, o += 1) {
        const under = rgb[o] as number;
        rgb[o] = under + ((colour[c] as number) - under) * share;
      }
      shine(px, py, share);
    }
  }
}

export function createLitWindows(size: Size, seed: number, amount: number): LitWindows {
  const random = createRandom(seed + 29);
  const panes = createPaneFinder(size);
  const windows = createWindows();
  let frame = 0;
  let anchor = UNMOVED;

  function look(sources: readonly PaneSource[]): void {
    windows.seen.fill(0, 0, windows.count);
    for (const source of sources) {
      panes.find(source);
      follow(windows, { panes, anchor, size, isFirst: frame === 0, random });
    }
    for (let i = 0; i < windows.count; i += 1) {
      if (windows.seen[i] === 1) continue;
      windows.speedX[i] = 0;
      windows.speedY[i] = 0;
      if (boxOf(windows, i, anchor, size) === undefined) continue;
      windows.presence[i] = Math.max(0, (windows.presence[i] as number) - NOT_SEEN);
    }
  }

  return {
    read(sources, next = UNMOVED) {
      anchor = next;
      for (let i = 0; i < windows.count; i += 1) {
        windows.x[i] = (windows.x[i] as number) + (windows.speedX[i] as number);
        windows.y[i] = (windows.y[i] as number) + (windows.speedY[i] as number);
      }
      if (frame % (windows.count === 0 ? FRAMES_WITHOUT : FRAMES_BETWEEN) === 0) look(sources());
      frame += 1;
    },
    draw(rgb, light, shine) {
      for (let i = 0; i < windows.count; i += 1) {
        const power = (windows.power[i] as number) * (windows.presence[i] as number) * amount;
        const colour = LIGHTS[windows.colour[i] as number];
        if (power < 0.02 || colour === undefined) continue;
        const box = boxOf(windows, i, anchor, size);
        if (box === undefined) continue;
        drawPane({ rgb, light, size, shine }, { ...box, power, colour, own: windows.light[i] as number });
      }
    },
  };
}
