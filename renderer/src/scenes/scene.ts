/**
 * A scene is a multiplane picture, as animators built them: a sky that is painted anew for every frame, textures at several
 * depths that are painted once and slide past each other, and water that mirrors what stands above it.
 */
import type { Size } from '../geometry.ts';
import type { Rgb, SkyPalette } from '../pixels/palette.ts';
import type { SceneNoun } from '../prompt/lexicon.ts';
import type { Absent } from '../prompt/plan.ts';
import type { SceneMoment } from './draw-layer.ts';
import type { Life } from './life.ts';
import type { OpenSea } from './open-sea.ts';
import type { PropName } from './props.ts';
import type { Canvas } from './texels.ts';

export interface Layer extends Size {
  /** Red, green, blue, opacity. */
  readonly rgba: Uint8Array;
  /** The same memory, one pixel per element, opacity in the highest byte. */
  readonly texels: Uint32Array;
  /** Where the texture's corner is in the frame when the camera rests. */
  readonly left: number;
  readonly top: number;
  /** How much the texture's first and last rows take part in the camera's moves: 0 far, 1 near. */
  readonly depthTop: number;
  readonly depthBottom: number;
  /** How far, in pixels, the first row sways in the wind; the last row stands still. */
  readonly sway?: number;
  /** How far, in pixels, the whole texture goes up and down as on water. */
  readonly bob?: number;
  /** How far it goes to the right in a second, in pixels. */
  readonly drift?: number;
}

/** What a colour makes of a grey: the first in the shadows, the second in the light. */
export interface Tint {
  readonly dark: Rgb;
  readonly bright: Rgb;
  readonly share: number;
}

export interface Water {
  /** First row of the water. */
  readonly top: number;
  /** 0 a calm lake, 1 an open sea. */
  readonly waves: number;
  /** The colour that deep water has by itself, before the sky's light. */
  readonly colour: readonly [number, number, number];
  /** The colour that it is asked to have, whatever it mirrors. */
  readonly tint?: Tint;
  /** Paints it as waves that stand up, in place of ripples. */
  readonly surface?: OpenSea;
}

export interface Scene {
  readonly palette: SkyPalette;
  /** The row where the sky ends. */
  readonly horizon: number;
  /** From far to near. */
  readonly layers: readonly Layer[];
  readonly water: Water | undefined;
  /** Layers before the water, nearer than what it mirrors. */
  readonly foreground: readonly Layer[];
  /** What moves by itself: lights, birds. */
  readonly life?: Life;
  /** What is seen in true perspective, over the layers. */
  readonly stage?: Stage;
}

/** What is seen of the picture behind a stage: the first rows between two columns. */
export interface Opening {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

export interface Stage {
  /** Begins the picture of a moment. */
  readonly begin: (moment: SceneMoment) => Opening;
  /** Paints the whole picture, with what an RGB frame of floats holds in the opening. */
  readonly paint: (frame: Float32Array, moment: SceneMoment) => Canvas;
}

export interface SceneOptions {
  readonly size: Size;
  readonly palette: SkyPalette;
  readonly seed: number;
  readonly lake: boolean;
  /** All that the picture is to show. */
  readonly nouns: ReadonlySet<SceneNoun>;
  readonly props: ReadonlySet<PropName>;
  /** The sky is dark: windows are lit. */
  readonly dark: boolean;
  /** It rains: what is level mirrors. */
  readonly wet: boolean;
  /** What it is to be without, of what it would draw unasked. */
  readonly absent?: Absent;
}

export type SceneBuilder = (options: SceneOptions) => Scene;
