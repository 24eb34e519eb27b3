/** Colours that a prompt gives to a scene's land and water: "a red desert", "turquoise water". */
import { gainOf, greenness } from '../pixels/colour-wash.ts';
import { clamp, mix, smoothstep } from '../pixels/numbers.ts';
import { COLOUR_VALUES } from '../pixels/palette.ts';
import type { ColourName } from '../prompt/lexicon.ts';
import type { PromptPlan } from '../prompt/plan.ts';
import { changePiece, waitForPieces } from './drawn-together.ts';
import type { Layer, Scene, Tint } from './scene.ts';

/** How much of its own colour a part loses; walls and stone lose less than what is green. */
const SHARE = 0.7;
const LEAST_LAND_SHARE = 0.45;
/** Water keeps some of the sky that it mirrors. */
const WATER_SHARE = 0.62;

function tintOf(colours: readonly ColourName[], strength: number, share: number): Tint {
  const [first = 'orange', second = first] = colours;
  const most = clamp(share * strength, 0, 0.92);
  return { dark: gainOf(COLOUR_VALUES[first]), bright: gainOf(COLOUR_VALUES[second]), share: most };
}

/** 1 for foam, snow and blossoms, which keep their colour. */
function whiteness(red: number, green: number, blue: number): number {
  return 0.85 * smoothstep(176, 226, Math.min(red, green, blue));
}

/** Tints pixels from `start` to `end`; `step` values make one. */
export function tintPixels(
  values: Float32Array | Uint8Array,
  { dark, bright, share }: Tint,
  { start, end, step, least = 1 }: { start: number; end: number; step: number; least?: number },
): void {
  for (let o = start; o < end; o += step) {
    const r = values[o] as number;
    const g = values[o + 1] as number;
    const b = values[o + 2] as number;
    const light = 0.3 * r + 0.59 * g + 0.11 * b;
    const side = smoothstep(60, 190, light);
    const own = least === 1 ? share : share * (least + (1 - least) * greenness(r, g, b)) * (1 - whiteness(r, g, b));
    values[o] = clamp(mix(r, light * mix(dark[0], bright[0], side), own), 0, 255);
    values[o + 1] = clamp(mix(g, light * mix(dark[1], bright[1], side), own), 0, 255);
    values[o + 2] = clamp(mix(b, light * mix(dark[2], bright[2], side), own), 0, 255);
  }
}

function tintLayer({ rgba }: Layer, tint: Tint): void {
  changePiece(rgba, () => tintPixels(rgba, tint, { start: 0, end: rgba.length, step: 4, least: LEAST_LAND_SHARE }));
}

/** The scene with its land tinted, once, and its water told how each frame of it is tinted. */
export function colourScene(scene: Scene, { effects }: PromptPlan): Scene {
  let { water } = scene;
  for (const effect of effects) {
    if (effect.kind !== 'colour') continue;
    const { colours, strength, region } = effect;
    if (region === 'ground') {
      const tint = tintOf(colours, strength, SHARE);
      waitForPieces();
      for (const layer of [...scene.layers, ...scene.foreground]) tintLayer(layer, tint);
    }
    if (region === 'water' && water !== undefined) water = { ...water, tint: tintOf(colours, strength, WATER_SHARE) };
  }
  return { ...scene, water };
}
