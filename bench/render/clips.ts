/** The clips that the sky edit is measured on. Each is drawn, so that it is known where its sky is. */
import type { Size } from '../../renderer/src/geometry.ts';
import { SKY_PALETTES, type SkyPalette } from '../../renderer/src/pixels/palette.ts';
import { buildCity } from '../../renderer/src/scenes/city.ts';
import { buildDesert } from '../../renderer/src/scenes/desert.ts';
import { buildField } from '../../renderer/src/scenes/field.ts';
import { buildMountains } from '../../renderer/src/scenes/mountains.ts';
import { createRidge } from '../../renderer/src/scenes/ridge.ts';
import type { Scene, SceneBuilder } from '../../renderer/src/scenes/scene.ts';
import { buildSea } from '../../renderer/src/scenes/sea.ts';
import type { Similarity, Subject } from './scene-painter.ts';
import { createBranches, createHill, createStems, createWalker, createWall, createWires } from './things.ts';

export interface Clip {
  readonly name: string;
  readonly hasSky: boolean;
  /** x264's quality; 18 is near that of a camera. */
  readonly crf: number;
  readonly build: (size: Size) => Scene;
  readonly camera: (seconds: number, size: Size) => Similarity;
  readonly subjects: (size: Size) => readonly Subject[];
  /** Every frame is painted anew: something in it moves by itself. */
  readonly live: boolean;
}

const still: Similarity = { x: 0, y: 0, zoom: 1, turn: 0 };

const pan: Clip['camera'] = (seconds, { width }) => ({ ...still, x: (seconds - 0.75) * 0.07 * width });
const zoomIn: Clip['camera'] = (seconds) => ({ ...still, zoom: 1 + 0.16 * seconds });
const shake: Clip['camera'] = (seconds, { width }) => {
  const wave = (a: number, b: number) => Math.sin(seconds * a) * 0.6 + Math.sin(seconds * b + 1.3) * 0.4;
  return {
    x: wave(5.1, 17) * 0.008 * width,
    y: wave(6.7, 21) * 0.006 * width,
    zoom: 1.04,
    turn: wave(4.3, 13) * 0.008,
  };
};

/** A band above the horizon, up to `top` of the sky's height, that is far brighter than the sky over it. */
function glowing(top: number): SkyPalette {
  return {
    ...SKY_PALETTES.sunset,
    cloudThreshold: 0.6,
    exposure: 0.95,
    gradient: [
      [0, 255, 150, 30],
      [top - 0.07, 255, 130, 50],
      [top, 150, 60, 140],
      [1, 60, 40, 130],
    ],
  };
}

function optionsOf(size: Size, palette: SkyPalette, seed: number, lake = false) {
  const none: ReadonlySet<never> = new Set();
  return { size, palette, seed, lake, dark: palette.exposure < 0.6, wet: false, nouns: none, props: none };
}

function scene(build: SceneBuilder, palette: SkyPalette, seed: number, lake = false): Clip['build'] {
  return (size) => build(optionsOf(size, palette, seed, lake));
}

const clear: SkyPalette = { ...SKY_PALETTES.day, cloudThreshold: 2 };
/** Nearly white from a fifth of its height down, as over plains in summer. */
const pale: SkyPalette = {
  ...SKY_PALETTES.day,
  cloudThreshold: 0.62,
  gradient: [
    [0, 226, 228, 228],
    [0.25, 214, 224, 232],
    [0.6, 160, 196, 230],
    [1, 96, 148, 206],
  ],
};

const hazyHills: Clip['build'] = (size) => {
  const options = optionsOf(size, clear, 41);
  const base = buildField(options);
  const hill = { swing: 0.07, foot: 0.8, frequency: 0.8, sharpness: 0.35, relief: 0.3 };
  const far = createRidge(
    options,
    { ...hill, ...{ crest: 0.4, depth: 0.06, far: 0.55, colour: [74, 108, 160], patch: [66, 100, 152] } },
    0,
  );
  const near = createRidge(
    options,
    { ...hill, ...{ crest: 0.5, depth: 0.1, far: 0.35, colour: [62, 94, 134], patch: [54, 88, 122] } },
    2,
  );
  return { ...base, layers: [far, near, ...base.layers.slice(1)] };
};

/** Flat land far away under a sky that is as pale as the land's haze. */
const palePlain: Clip['build'] = (size) => {
  const options = optionsOf(size, pale, 5);
  const base = buildField(options);
  const plain = createRidge(
    options,
    {
      ...{ crest: 0.63, swing: 0.012, foot: 0.9, frequency: 0.5, sharpness: 0, depth: 0.1, far: 0.6, relief: 0.3 },
      ...{ colour: [128, 140, 126], patch: [118, 132, 116] },
    },
    1,
  );
  return { ...base, horizon: size.height * 0.64, layers: [plain], foreground: base.foreground.slice(0, 1) };
};

const palePlainBehindWires: Clip['build'] = (size) => {
  const plain = palePlain(size);
  return { ...plain, foreground: [...plain.foreground, createWires(size)] };
};

const desertBehindStems: Clip['build'] = (size) => {
  const desert = scene(buildDesert, clear, 11)(size);
  return { ...desert, foreground: [...desert.foreground, createStems(size, 4)] };
};

const fieldBehindBranches: Clip['build'] = (size) => {
  const field = scene(buildField, SKY_PALETTES.day, 23)(size);
  return { ...field, foreground: [...field.foreground, createBranches(size, 9)] };
};

const wall: Clip['build'] = (size) => ({
  ...{ palette: clear, horizon: 0, layers: [createWall(size, 3)], water: undefined, foreground: [] },
});

const walks: Clip['subjects'] = (size) => {
  const walker = createWalker(size);
  return [(seconds) => ({ ...walker, left: walker.left + size.width * (0.15 + 0.3 * seconds) })];
};

const usual = { hasSky: true, crf: 18, camera: () => still, subjects: () => [], live: false } as const;

export const CLIPS: readonly Clip[] = [
  { ...usual, name: 'mountains, pan', build: scene(buildMountains, SKY_PALETTES.day, 7), camera: pan },
  { ...usual, name: 'mountains, zoom', build: scene(buildMountains, SKY_PALETTES.day, 31), camera: zoomIn },
  { ...usual, name: 'field, handheld', build: scene(buildField, SKY_PALETTES.day, 12), camera: shake },
  { ...usual, name: 'pale horizon, pan', build: palePlain, camera: pan },
  { ...usual, name: 'hazy blue hills', build: hazyHills, camera: pan },
  { ...usual, name: 'stems against the sky', build: desertBehindStems, camera: pan },
  { ...usual, name: 'branches against the sky', build: fieldBehindBranches, camera: shake },
  { ...usual, name: 'power lines, pale sky', build: palePlainBehindWires, camera: pan },
  { ...usual, name: 'walker on the horizon', build: scene(buildField, clear, 3), subjects: walks, live: true },
  { ...usual, name: 'lake mirrors the sky', build: scene(buildMountains, SKY_PALETTES.day, 19, true), live: true },
  { ...usual, name: 'overcast grey', build: scene(buildCity, SKY_PALETTES.overcast, 8), camera: pan },
  { ...usual, name: 'storm over fields', build: scene(buildField, SKY_PALETTES.storm, 77), camera: zoomIn },
  { ...usual, name: 'night city', build: scene(buildCity, SKY_PALETTES.night, 15), camera: pan },
  { ...usual, name: 'sunset desert', build: scene(buildDesert, SKY_PALETTES.sunset, 6), camera: pan },
  { ...usual, name: 'sunset sea', build: scene(buildSea, SKY_PALETTES.sunset, 4), live: true },
  { ...usual, name: 'mountains before a glow', build: scene(buildMountains, glowing(0.32), 2, true), camera: pan },
  {
    ...usual,
    name: 'mountains, x264 crf 30',
    build: scene(buildMountains, SKY_PALETTES.day, 52),
    camera: pan,
    crf: 30,
  },
  { ...usual, name: 'field at dawn, crf 30', build: scene(buildField, SKY_PALETTES.dawn, 65), camera: shake, crf: 30 },
  { ...usual, name: 'brick wall', build: wall, camera: pan, hasSky: false },
];

/** Small and drawn without the renderer's own scenes, so that its tests do not change with those. */
export const TEST_CLIPS: readonly Clip[] = [
  {
    ...{ ...usual, name: 'pale horizon behind wires', camera: pan },
    build: (size) => ({
      ...{ palette: pale, horizon: size.height * 0.62, water: undefined },
      layers: [createHill(size, { crest: 0.62, swing: 0.01, colour: [112, 128, 84] })],
      foreground: [createWires(size)],
    }),
  },
  {
    ...{ ...usual, name: 'hazy blue hill and a walker', subjects: walks, live: true },
    build: (size) => ({
      ...{ palette: clear, horizon: size.height * 0.6, water: undefined, foreground: [] },
      layers: [
        createHill(size, { crest: 0.42, swing: 0.05, colour: [124, 152, 196] }),
        createHill(size, { crest: 0.6, swing: 0.02, colour: [92, 122, 62] }),
      ],
    }),
  },
  {
    ...{ ...usual, name: 'hills under a glow', camera: pan },
    build: (size) => ({
      ...{ palette: glowing(0.45), horizon: size.height * 0.66, water: undefined, foreground: [] },
      layers: [
        createHill(size, { crest: 0.5, swing: 0.02, colour: [120, 72, 50] }),
        createHill(size, { crest: 0.6, swing: 0.05, colour: [72, 43, 30] }),
      ],
    }),
  },
  { ...usual, name: 'brick wall', build: wall, hasSky: false },
];
