/** Paints a scene's frame three times: with its own sky, and over black and white, which tells exactly what is sky. */
import type { Size } from '../../renderer/src/geometry.ts';
import { createEnlarger } from '../../renderer/src/pixels/enlarge.ts';
import { createSkyBuffer, paintSky } from '../../renderer/src/pixels/sky.ts';
import { createStars, eachStarPixel } from '../../renderer/src/pixels/stars.ts';
import type { Layer, Scene } from '../../renderer/src/scenes/scene.ts';

export interface TruePicture extends Size {
  /** Packed RGB, 0 to 255. */
  readonly colours: Float32Array;
  /** The same without its sky: what light of the foreground arrives, 0 where all is sky. */
  readonly foreground: Float32Array;
  /** How much of each pixel is sky, 0 to 1. */
  readonly sky: Float32Array;
}

/** What moves by itself before a scene: where it is after some seconds. */
export type Subject = (seconds: number) => Layer;

export interface PaintedScene {
  readonly scene: Scene;
  readonly size: Size;
  readonly subjects: readonly Subject[];
}

/** The scene after some seconds; the picture is reused. */
export type ScenePainter = (seconds: number) => TruePicture;

/** Draws a layer at rest over an RGB frame of floats. */
function drawAtRest(frame: Float32Array, size: Size, layer: Layer): void {
  const left = Math.round(layer.left);
  for (let y = Math.max(0, layer.top); y < Math.min(size.height, layer.top + layer.height); y += 1) {
    const row = (y - layer.top) * layer.width;
    for (let x = Math.max(0, left); x < Math.min(size.width, left + layer.width); x += 1) {
      const i = (row + x - left) * 4;
      const opacity = (layer.rgba[i + 3] as number) / 255;
      if (opacity === 0) continue;
      const o = (y * size.width + x) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const under = frame[o + channel] as number;
        frame[o + channel] = under + ((layer.rgba[i + channel] as number) - under) * opacity;
      }
    }
  }
}

/** Everything from row `top` on mirrors what is above it, darker and broken by waves that run. */
function mirror(frame: Float32Array, { width, height }: Size, top: number, seconds: number): void {
  for (let y = top; y < height; y += 1) {
    const near = (y - top) / (height - top);
    for (let x = 0; x < width; x += 1) {
      const wave = Math.sin(y * (0.9 - near * 0.5) + seconds * 4 + Math.sin(x * 0.013 + y * 0.07) * 2);
      const fromY = Math.max(0, top - 1 - Math.round((y - top) * 1.1 + Math.abs(wave) * near * 9));
      const fromX = Math.min(width - 1, Math.max(0, Math.round(x + wave * (1 + near * 5))));
      for (let channel = 0; channel < 3; channel += 1) {
        const value = frame[(fromY * width + fromX) * 3 + channel] as number;
        frame[(y * width + x) * 3 + channel] = value * (0.8 - 0.2 * near + 0.06 * wave) + channel * 4;
      }
    }
  }
}

export function createScenePainter({ scene, size, subjects }: PaintedScene): ScenePainter {
  const count = size.width * size.height;
  const plane = () => new Float32Array(count * 3);
  const picture = { ...size, colours: plane(), foreground: plane(), sky: new Float32Array(count) };
  const white = plane();
  const buffer = createSkyBuffer(size.width, size.height);
  const rows = createEnlarger({
    ...{ values: buffer.rgb, width: buffer.width, height: buffer.height, channels: 3 },
    ...{ fullWidth: size.width, fullHeight: size.height },
  });
  const stars = scene.palette.stars ? createStars(5) : [];

  function drawSky(seconds: number): void {
    const { colours, foreground } = picture;
    const view = { seconds, horizon: Math.max(1, scene.horizon), offsetX: 0, offsetY: 0, seed: 0.31 };
    paintSky(buffer, scene.palette, view, size.height);
    for (let y = 0; y < size.height; y += 1) colours.set(rows.row(y), y * size.width * 3);
    eachStarPixel(stars, { ...size, ...view }, (x, y, light) => {
      for (let o = (y * size.width + x) * 3, end = o + 3; o < end; o += 1) colours[o] = (colours[o] as number) + light;
    });
    foreground.fill(0);
    white.fill(255);
  }

  return (seconds) => {
    const { colours, foreground, sky } = picture;
    drawSky(seconds);
    const targets = [colours, foreground, white];
    for (const target of targets) for (const layer of scene.layers) drawAtRest(target, size, layer);
    if (scene.water !== undefined) {
      const top = Math.round(scene.water.top);
      mirror(colours, size, top, seconds);
      const water = colours.subarray(top * size.width * 3);
      foreground.set(water, top * size.width * 3);
      white.set(water, top * size.width * 3);
    }
    const nearest = [...scene.foreground, ...subjects.map((subject) => subject(seconds))];
    for (const target of targets) for (const layer of nearest) drawAtRest(target, size, layer);
    for (let i = 0; i < count; i += 1) {
      sky[i] = Math.min(1, Math.max(0, ((white[i * 3] as number) - (foreground[i * 3] as number)) / 255));
    }
    return picture;
  };
}

export interface Similarity {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly turn: number;
}

/** Looks at a larger picture as a camera does that shifts, zooms and turns: `x` and `y` in pixels from its middle. */
export function lookAt(source: TruePicture, { x, y, zoom, turn }: Similarity, target: TruePicture): void {
  const cos = Math.cos(turn) / zoom;
  const sin = Math.sin(turn) / zoom;
  for (let row = 0, i = 0; row < target.height; row += 1) {
    for (let column = 0; column < target.width; column += 1, i += 1) {
      const dx = column - target.width / 2;
      const dy = row - target.height / 2;
      const fx = Math.min(source.width - 2, Math.max(0, source.width / 2 + x + dx * cos - dy * sin));
      const fy = Math.min(source.height - 2, Math.max(0, source.height / 2 + y + dx * sin + dy * cos));
      const at = (fy | 0) * source.width + (fx | 0);
      const tx = fx - (fx | 0);
      const ty = fy - (fy | 0);
      const read = (values: Float32Array, stride: number, channel: number): number => {
        const a = values[at * stride + channel] as number;
        const b = values[(at + 1) * stride + channel] as number;
        const c = values[(at + source.width) * stride + channel] as number;
        const d = values[(at + source.width + 1) * stride + channel] as number;
        return (a + (b - a) * tx) * (1 - ty) + (c + (d - c) * tx) * ty;
      };
      target.sky[i] = read(source.sky, 1, 0);
      for (let channel = 0; channel < 3; channel += 1) {
        target.colours[i * 3 + channel] = read(source.colours, 3, channel);
        target.foreground[i * 3 + channel] = read(source.foreground, 3, channel);
      }
    }
  }
}
