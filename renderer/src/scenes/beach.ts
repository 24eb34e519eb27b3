/** Sand that runs down to the sea, and the wash that comes and goes over it. Lengths are in frame heights. */
import { fineNoise, sampleNoise, softNoise } from '../pixels/noise.ts';
import { mix, smoothstep } from '../pixels/numbers.ts';
import type { Rgb } from '../pixels/palette.ts';
import { LOWEST } from './ground.ts';
import { createLayer, lit, putPixel } from './layer.ts';
import type { Layer, SceneOptions } from './scene.ts';

const DEPTH = { depthTop: 0.6, depthBottom: 1 } as const;

/** The row where the sand meets the sea: the shore runs aslant. */
function shoreRow(x: number, seed: number): number {
  const bays = sampleNoise(softNoise(), x * 0.16 + (seed % 61) / 61, 0.4) - 0.5;
  return 0.83 - x * 0.085 + bays * 0.09;
}

function createSand({ size, palette, seed }: SceneOptions): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, ...DEPTH, top: 0.62, bottom: LOWEST },
  });
  for (let px = 0; px < layer.width; px += 1) {
    const x = (px - layer.width / 2) / unit;
    const edge = shoreRow(x, seed) * unit - layer.top;
    for (let py = Math.max(0, Math.floor(edge)); py < layer.height; py += 1) {
      const up = (py - edge) / unit;
      const near = (py + layer.top) / unit - 0.6;
      const grain = sampleNoise(fineNoise(), (x / near) * 0.9, 1.2 / near) - 0.5;
      const broad = sampleNoise(softNoise(), (x / near) * 0.14, 0.5 / near) - 0.5;
      const wet = smoothstep(0.075, 0.03, up);
      const sky = palette.gradient[1] ?? [0, 200, 200, 200];
      const dry = lit(palette, [234, 206, 158], 0.5 + (grain * 0.5 + broad * 0.6) * (1 - wet * 0.8), 0);
      const damp = lit(palette, [168, 140, 104], 0.45, 0);
      const shine = wet * 0.38;
      const colour: Rgb = [
        mix(mix(dry[0], damp[0], wet), sky[1], shine),
        mix(mix(dry[1], damp[1], wet), sky[2], shine),
        mix(mix(dry[2], damp[2], wet), sky[3], shine),
      ];
      putPixel(layer, px, py, colour, smoothstep(-0.5, 1.5, py - edge));
    }
  }
  return layer;
}

/** A sheet of shallow water with a white front, which slides up and down the sand. */
function createWash({ size, palette, seed }: SceneOptions, index: number): Layer {
  const { layer, unit } = createLayer({
    ...{ frameWidth: size.width, frameHeight: size.height, ...DEPTH, top: 0.58, bottom: 1.1 },
    bob: size.height * (0.014 - index * 0.005),
  });
  const foam = lit(palette, [250, 252, 252], 0.62, 0);
  const shallow = lit(palette, palette.tint[2] > 0.92 ? [118, 176, 172] : [150, 160, 170], 0.5, 0);
  for (let px = 0; px < layer.width; px += 1) {
    const x = (px - layer.width / 2) / unit;
    const lobes = sampleNoise(softNoise(), x * 0.5 + index * 0.37, 0.2) - 0.5;
    const front = (shoreRow(x, seed) + 0.03 - index * 0.05 + lobes * 0.045) * unit - layer.top;
    for (let py = Math.max(0, Math.floor(front - unit * 0.13)); py <= Math.min(layer.height - 1, front); py += 1) {
      const behind = (front - py) / unit;
      const lace = sampleNoise(fineNoise(), x * 2.6, behind * 7 + index * 0.3);
      const crest =
        smoothstep(0.011, 0.002, behind) + smoothstep(0.55, 0.7, lace) * smoothstep(0.075, 0.01, behind) * 0.75;
      const sheet = index === 0 ? 0.5 * smoothstep(0.13, 0.04, behind) : 0;
      const white = Math.min(1, crest);
      const opacity = white + sheet * (1 - white);
      if (opacity < 0.02) continue;
      const share = white / opacity;
      putPixel(
        layer,
        px,
        py,
        [mix(shallow[0], foam[0], share), mix(shallow[1], foam[1], share), mix(shallow[2], foam[2], share)],
        opacity * 0.94,
      );
    }
  }
  return layer;
}

export function createBeach(options: SceneOptions): Layer[] {
  return [createSand(options), createWash(options, 0), createWash(options, 1)];
}
