/** Stars are points of light that twinkle and move with the sky. */
import { createRandom } from './noise.ts';

interface Star {
  /** Shares of a field that is wider and higher than any frame and repeats. */
  readonly x: number;
  readonly y: number;
  readonly brightness: number;
  readonly phase: number;
}

const FIELD = 1.5;
const COUNT = 2600;

export function createStars(seed: number): readonly Star[] {
  const random = createRandom(seed + 5);
  return Array.from({ length: COUNT }, () => ({
    x: random(),
    y: random(),
    brightness: 0.3 + 1.9 * random() ** 5,
    phase: random() * 6.28,
  }));
}

export interface StarView {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** How far they are spread about the frame's middle; 1 where nothing is said. */
  readonly zoom?: number;
  /** Stars fade towards this row. */
  readonly horizon: number;
}

/** Calls `add` with the pixels each star lights and how strongly; positions are exact to a part of a pixel. */
export function eachStarPixel(
  stars: readonly Star[],
  view: StarView,
  add: (x: number, y: number, light: number) => void,
): void {
  const zoom = view.zoom ?? 1;
  const span = Math.max(view.width, view.height) * FIELD * zoom;
  const left = view.offsetX + (view.width / 2) * (1 - zoom);
  const top = view.offsetY + (view.height / 2) * (1 - zoom);
  for (const star of stars) {
    const x = (((star.x * span + left) % span) + span) % span;
    const y = (((star.y * span + top) % span) + span) % span;
    if (x >= view.width - 1 || y >= Math.min(view.height - 1, view.horizon)) continue;
    const twinkle = 0.75 + 0.25 * Math.sin(view.seconds * (2 + star.phase * 0.4) + star.phase);
    const light = star.brightness * twinkle * Math.min(1, ((view.horizon - y) / view.horizon) * 1.6) * 255;
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const fx = x - x0;
    const fy = y - y0;
    add(x0, y0, light * (1 - fx) * (1 - fy));
    add(x0 + 1, y0, light * fx * (1 - fy));
    add(x0, y0 + 1, light * (1 - fx) * fy);
    add(x0 + 1, y0 + 1, light * fx * fy);
  }
}
