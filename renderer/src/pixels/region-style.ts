/** A style over a part of the picture only: "make the sky black and white". */
import type { Size } from '../geometry.ts';
import type { Anchor } from '../motion/camera-anchor.ts';
import type { Region, StyleName } from '../prompt/lexicon.ts';
import { mix, smoothstep } from './numbers.ts';
import type { SceneMap } from './scene-map.ts';
import { createStyle } from './styles.ts';

export interface StyledMoment {
  readonly frame: number;
  readonly scene: SceneMap;
  readonly anchor: Anchor;
}

export type RegionStyle = (rgb: Uint8Array, moment: StyledMoment) => void;

interface RegionStyleOptions {
  readonly style: StyleName;
  readonly region: Region;
  readonly strength: number;
}

export function createRegionStyle({ style, region, strength }: RegionStyleOptions, size: Size): RegionStyle {
  const apply = createStyle(style, size, strength);
  if (region === 'whole') return (rgb, { frame, anchor }) => apply(rgb, frame, anchor);
  const before = new Uint8Array(size.width * size.height * 3);
  return (rgb, { frame, scene, anchor }) => {
    before.set(rgb);
    apply(rgb, frame, anchor);
    const horizon = scene.horizon();
    for (let y = 0, o = 0; y < size.height; y += 1) {
      const sky = scene.skyRow(y);
      const low = region === 'water' ? smoothstep(horizon - 4, horizon + 4, y) : 1;
      for (let x = 0; x < size.width; x += 1, o += 3) {
        const inSky = sky[x] as number;
        const share = region === 'sky' ? inSky : (1 - inSky) * low;
        for (let c = o; c < o + 3; c += 1) rgb[c] = mix(before[c] as number, rgb[c] as number, share) + 0.5;
      }
    }
  };
}
