/** Effects are measured on pictures drawn here: a blue sky over green ground that has texture, with a lake in it. */
import { describe, expect, test } from 'vitest';
import type { Size } from '../geometry.ts';
import { createCameraAnchor } from '../motion/camera-anchor.ts';
import type { StyleName, TimeOfDay, WeatherKind } from '../prompt/lexicon.ts';
import { createColourWash } from './colour-wash.ts';
import { fineNoise, sampleNoise } from './noise.ts';
import { createSceneReader } from './scene-map.ts';
import { createStyle } from './styles.ts';
import { createTimeGrade } from './time-of-day.ts';
import { createWeather } from './weather.ts';

const SIZE: Size = { width: 320, height: 180 };
const HORIZON = 80;
const PIXELS = SIZE.width * SIZE.height;

/** `shift` pans the ground by whole pixels. */
function landscape(shift = 0): Uint8Array {
  const rgb = new Uint8Array(PIXELS * 3);
  const noise = fineNoise();
  for (let i = 0, o = 0; i < PIXELS; i += 1, o += 3) {
    const x = (i % SIZE.width) + shift;
    const y = Math.floor(i / SIZE.width);
    const rough = (sampleNoise(noise, x / 200, y / 200) - 0.5) * 110;
    if (y < HORIZON) rgb.set([96 + y * 0.6, 150 + y * 0.5, 224], o);
    else rgb.set([88 + rough, 112 + rough, 54 + rough * 0.6], o);
  }
  return rgb;
}

function meanOf(rgb: Uint8Array, from = 0, to = SIZE.height): readonly [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  for (let o = from * SIZE.width * 3; o < to * SIZE.width * 3; o += 3) {
    sums[0] += rgb[o] as number;
    sums[1] += rgb[o + 1] as number;
    sums[2] += rgb[o + 2] as number;
  }
  const count = (to - from) * SIZE.width;
  return [sums[0] / count, sums[1] / count, sums[2] / count];
}

function lightOf(rgb: Uint8Array, from = 0, to = SIZE.height): number {
  const [red, green, blue] = meanOf(rgb, from, to);
  return 0.3 * red + 0.59 * green + 0.11 * blue;
}

/** Mean change of brightness between neighbours: what is left of the picture's own detail. */
function detailOf(rgb: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let o = from * SIZE.width * 3; o < to * SIZE.width * 3 - 3; o += 3) {
    sum += Math.abs((rgb[o + 4] as number) - (rgb[o + 1] as number));
  }
  return sum / ((to - from) * SIZE.width);
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}

function weathered(kind: WeatherKind, strength = 1, seconds = 1.9): Uint8Array {
  const rgb = landscape();
  const scene = createSceneReader(SIZE);
  scene.read(rgb);
  const weather = createWeather(kind, SIZE, 5, strength);
  weather.settle(rgb, seconds, scene);
  weather.fall(rgb, seconds, scene);
  return rgb;
}

describe('weather', () => {
  test('the sky and the horizon of a plain landscape are found', () => {
    const scene = createSceneReader(SIZE);
    scene.read(landscape());
    expect(Math.abs(scene.horizon() - HORIZON)).toBeLessThan(10);
    expect(scene.skyRow(20)[160]).toBeGreaterThan(0.9);
    expect(scene.skyRow(150)[160]).toBeLessThan(0.1);
  });

  test('rain darkens, snow and fog brighten the ground, dust warms it', () => {
    const before = landscape();
    expect(lightOf(weathered('rain'))).toBeLessThan(lightOf(before) * 0.95);
    expect(lightOf(weathered('storm'))).toBeLessThan(lightOf(weathered('rain')));
    expect(lightOf(weathered('snow'), HORIZON)).toBeGreaterThan(lightOf(before, HORIZON) * 1.25);
    expect(lightOf(weathered('fog'), HORIZON)).toBeGreaterThan(lightOf(before, HORIZON) * 1.15);
    const [red, , blue] = meanOf(weathered('dust'), 0, HORIZON);
    expect(red).toBeGreaterThan(blue + 20);
  });

  test.each<WeatherKind>(['rain', 'snow', 'fog', 'storm', 'dust'])('%s leaves the near ground readable', (kind) => {
    const before = detailOf(landscape(), 140, 180);
    expect(detailOf(weathered(kind), 140, 180)).toBeGreaterThan(before * 0.35);
    expect(lightOf(weathered(kind), 140, 180)).toBeGreaterThan(30);
    expect(lightOf(weathered(kind, 1.6), 140, 180)).toBeLessThan(225);
  });

  test.each<WeatherKind>(['rain', 'snow', 'fog', 'dust'])('light %s changes less than heavy', (kind) => {
    const before = landscape();
    const [light, plain, heavy] = [0.5, 1, 1.6].map((strength) => difference(before, weathered(kind, strength)));
    expect(plain).toBeGreaterThan((light as number) * 1.1);
    expect(heavy).toBeGreaterThan((plain as number) * 1.05);
  });

  test('fog hides what is far more than what is near', () => {
    const share = (from: number, to: number) => detailOf(weathered('fog'), from, to) / detailOf(landscape(), from, to);
    expect(share(HORIZON + 4, HORIZON + 24)).toBeLessThan(share(156, 180) * 0.7);
  });

  test('fog and heavy rain leave what is near its colours', () => {
    const colourOf = (rgb: Uint8Array) => {
      const [red, green, blue] = meanOf(rgb, 150, 180);
      return (Math.max(red, green, blue) - Math.min(red, green, blue)) / Math.max(red, green, blue);
    };
    for (const kind of ['fog', 'rain'] as const) {
      expect(colourOf(weathered(kind, 1.6))).toBeGreaterThan(colourOf(landscape()) * 0.66);
    }
  });

  test('snow lies on the banks of a lake and not on its water, whatever the water mirrors', () => {
    const before = landscape();
    const shore = 120;
    for (let y = shore; y < SIZE.height; y += 1) {
      const above = 2 * shore - 1 - y;
      for (let i = 0; i < SIZE.width * 3; i += 1) {
        before[y * SIZE.width * 3 + i] = (before[above * SIZE.width * 3 + i] as number) * 0.8;
      }
    }
    const rgb = before.slice();
    const scene = createSceneReader(SIZE);
    scene.read(rgb);
    createWeather('snow', SIZE, 5).settle(rgb, 5, scene);
    const whiter = (from: number, to: number) => lightOf(rgb, from, to) - lightOf(before, from, to);
    expect(whiter(HORIZON + 10, shore - 6)).toBeGreaterThan(25);
    expect(whiter(shore + 6, shore + 34)).toBeLessThan(12);
  });

  test('lightning flashes now and then, never more than three times in a second', () => {
    const storm = createWeather('storm', SIZE, 5);
    const lights = Array.from({ length: 24 * 12 }, (_, frame) => {
      const rgb = new Uint8Array(PIXELS * 3).fill(60);
      storm.fall(rgb, frame / 24);
      return lightOf(rgb);
    });
    const rises = lights.flatMap((light, frame) => (light - (lights[frame - 1] ?? light) > 12 ? [frame] : []));
    expect(rises.length).toBeGreaterThan(2);
    for (const rise of rises)
      expect(rises.filter((other) => other >= rise && other < rise + 24).length).toBeLessThan(4);
  });
});

describe('times of day', () => {
  const graded = (time: TimeOfDay): Uint8Array => {
    const rgb = landscape();
    const scene = createSceneReader(SIZE);
    scene.read(rgb);
    createTimeGrade(time, SIZE)(rgb, { source: landscape(), scene });
    return rgb;
  };

  test('the golden hour is warmer than noon, the blue hour and the night are colder', () => {
    const warmth = (time: TimeOfDay) => {
      const [red, , blue] = meanOf(graded(time), HORIZON);
      return red - blue;
    };
    expect(warmth('golden-hour')).toBeGreaterThan(warmth('noon') + 8);
    expect(warmth('noon')).toBeGreaterThan(warmth('blue-hour') + 8);
    expect(warmth('noon')).toBeGreaterThan(warmth('night') + 8);
  });

  test('at night a lamp goes on shining, and the ground around it stays as it is', () => {
    const source = landscape();
    for (let y = 120; y < 123; y += 1) source.fill(255, (y * SIZE.width + 100) * 3, (y * SIZE.width + 103) * 3);
    const scene = createSceneReader(SIZE);
    scene.read(source);
    const dark = landscape().map((value) => value / 3);
    createTimeGrade('night', SIZE)(dark, { source, scene });
    const at = (x: number, y: number) => dark[(y * SIZE.width + x) * 3] as number;
    expect(at(101, 121)).toBeGreaterThan(150);
    expect(at(200, 121)).toBeLessThan(90);
  });
});

describe('windows at night', () => {
  /** A wall with dark windows in rows and columns, moved by whole pixels, over grass. */
  function house(shift: number): Uint8Array {
    const rgb = landscape(shift);
    for (let y = 30; y < 130; y += 1) {
      for (let x = 60; x < 240; x += 1) {
        const isWindow = (x - 60) % 12 >= 4 && (x - 60) % 12 < 9 && (y - 30) % 12 >= 4 && (y - 30) % 12 < 10;
        rgb.fill(isWindow ? 70 : 150, (y * SIZE.width + x - shift) * 3, (y * SIZE.width + x - shift + 1) * 3);
      }
    }
    return rgb;
  }

  function nights(clip: readonly Uint8Array[]): Uint8Array[] {
    const scene = createSceneReader(SIZE);
    const follow = createCameraAnchor(SIZE);
    const grade = createTimeGrade('night', SIZE, { seed: 3 });
    return clip.map((source) => {
      scene.read(source);
      const rgb = source.map((value) => value / 3);
      grade(rgb, { source, scene, anchor: follow(source) });
      return rgb;
    });
  }

  const isLit = (rgb: Uint8Array, x: number, y: number) => (rgb[(y * SIZE.width + x) * 3] as number) > 110;

  test('some are lit, warm, and the same ones while the camera pans', () => {
    const step = 2;
    const frames = nights(Array.from({ length: 10 }, (_, frame) => house(frame * step)));
    const states = frames.map((rgb, frame) => {
      return Array.from({ length: 15 * 8 }, (_, i) => {
        return isLit(rgb, 66 + (i % 15) * 12 - frame * step, 37 + Math.floor(i / 15) * 12);
      });
    });
    const lit = (states[0] ?? []).filter(Boolean).length;
    expect(lit).toBeGreaterThan(15);
    expect(lit).toBeLessThan(90);
    for (const state of states) {
      expect(state.filter((value, i) => !value && states[0]?.[i]).length).toBe(0);
      // A row that the sky's mask had touched may come to light.
      expect(state.filter((value, i) => value && !states[0]?.[i]).length).toBeLessThan(lit * 0.2);
    }
    const first = frames[0] as Uint8Array;
    let warmth = 0;
    for (let o = 0; o < first.length; o += 3) {
      if ((first[o] as number) > 110) warmth += (first[o] as number) - (first[o + 2] as number);
    }
    expect(warmth / lit).toBeGreaterThan(200);
  });

  test('grass and rocks have none', () => {
    const [rgb] = nights([landscape()]);
    const bright = Array.from({ length: PIXELS }, (_, i) => i).filter(
      (i) => ((rgb as Uint8Array)[i * 3] as number) > 110,
    );
    expect(bright.length).toBe(0);
  });
});

test('a colour given to the ground changes the ground alone, and not its brightness', () => {
  const rgb = landscape();
  const scene = createSceneReader(SIZE);
  scene.read(rgb);
  createColourWash(SIZE, { colours: ['purple'], region: 'ground', strength: 1 })(rgb, scene);
  expect(difference(landscape().subarray(0, 60 * SIZE.width * 3), rgb.subarray(0, 60 * SIZE.width * 3))).toBeLessThan(
    1,
  );
  const [red, green, blue] = meanOf(rgb, 110);
  expect(Math.min(red, blue)).toBeGreaterThan(green);
  expect(Math.abs(lightOf(rgb, 110) - lightOf(landscape(), 110))).toBeLessThan(4);
});

describe('styles', () => {
  const PAINTED: readonly StyleName[] = [
    'oil-painting',
    'watercolour',
    'cartoon',
    'pencil',
    'neon',
    'sepia',
    'black-and-white',
  ];

  const styled = (name: StyleName, shift = 0, strength = 1): Uint8Array => {
    const rgb = landscape(shift);
    createStyle(name, SIZE, strength)(rgb, 3);
    return rgb;
  };

  test.each(PAINTED)('%s changes the picture, and half of it changes it less', (name) => {
    const all = difference(landscape(), styled(name));
    expect(all).toBeGreaterThan(5);
    expect(difference(landscape(), styled(name, 0, 0.5))).toBeLessThan(all * 0.6);
  });

  /** How much of the change between neighbouring rows and columns falls on a grid: square patches would give them away. */
  test.each<StyleName>(['oil-painting', 'watercolour', 'cartoon'])(
    '%s has no more straight edges than slanted ones',
    (name) => {
      const rgb = styled(name);
      const light = (x: number, y: number) => rgb[(y * SIZE.width + x) * 3 + 1] as number;
      let straight = 0;
      let slanted = 0;
      for (let y = 110; y < 170; y += 1) {
        for (let x = 10; x < 300; x += 1) {
          const across = Math.abs(light(x + 1, y) - light(x - 1, y));
          const down = Math.abs(light(x, y + 1) - light(x, y - 1));
          const size = Math.hypot(across, down);
          if (Math.min(across, down) < size * 0.2) straight += size;
          else slanted += size;
        }
      }
      // Directions within 11.5 degrees of the axes are a quarter of all.
      expect(straight / (straight + slanted)).toBeLessThan(0.36);
    },
  );

  /** A sheet that stayed on the screen would look like a dirty window in front of the picture. */
  test.each<StyleName>(['oil-painting', 'watercolour', 'pencil', 'neon'])(
    'what %s is painted on goes with the camera',
    (name) => {
      const step = 6;
      const paint = createStyle(name, SIZE);
      const follow = createCameraAnchor(SIZE);
      const frames = Array.from({ length: 6 }, (_, frame) => {
        const source = landscape(frame * step);
        const rgb = source.slice();
        paint(rgb, frame, follow(source));
        return rgb;
      });
      const [before, after] = [frames[4] as Uint8Array, frames[5] as Uint8Array];
      let along = 0;
      let onScreen = 0;
      for (let y = 100; y < 170; y += 1) {
        for (let x = 20; x < 290; x += 1) {
          const now = after[(y * SIZE.width + x) * 3 + 1] as number;
          along += Math.abs(now - (before[(y * SIZE.width + x + step) * 3 + 1] as number));
          onScreen += Math.abs(now - (before[(y * SIZE.width + x) * 3 + 1] as number));
        }
      }
      expect(along).toBeLessThan(onScreen * 0.3);
    },
  );

  test('a zoom does not make strokes broader without end, and passes from one size to the next without a jump', () => {
    const flat = (zoom: number) => {
      const rgb = new Uint8Array(PIXELS * 3).fill(96);
      createStyle('pencil', SIZE)(rgb, 0, { a: 1 / zoom, b: 0, x: 0, y: 0 });
      return rgb;
    };
    expect(detailOf(flat(3.9), 100, 170) / detailOf(flat(1), 100, 170)).toBeGreaterThan(0.7);
    const half = 2 ** 1.5;
    expect(difference(flat(half - 0.0005), flat(half + 0.0005))).toBeLessThan(2);
  });

  /** What is drawn of a picture that moves by whole pixels must move with it, or it would boil. */
  test('a cartoon moves with its picture', () => {
    const shift = 7;
    const still = styled('cartoon');
    const moved = styled('cartoon', shift);
    let sum = 0;
    let count = 0;
    for (let y = 100; y < 170; y += 1) {
      for (let x = 20; x < 290; x += 1, count += 1) {
        const a = still[(y * SIZE.width + x + shift) * 3 + 1] as number;
        sum += Math.abs(a - (moved[(y * SIZE.width + x) * 3 + 1] as number));
      }
    }
    expect(sum / count).toBeLessThan(difference(still, moved) * 0.45);
  });
});
