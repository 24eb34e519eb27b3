/**
 * Holds what is told of a prompt against the picture: a word that is told as understood changes it, one that is told as ignored
 * leaves every byte as it was. Frames are painted in this process, small and few.
 */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RenderInput, RenderJob, RenderOperation } from '../src/job.ts';
import { createContext, runOperation } from '../src/operations/operations.ts';
import { createRandom } from '../src/pixels/noise.ts';
import { planPrompt } from '../src/prompt/plan.ts';
import { ABILITIES, type Ability, type ReadOperation } from '../src/prompt/understanding.ts';
import { makeJob, makePicture, openWorkshop, run, type Workshop } from './harness.ts';

const WIDTH = 160;
const HEIGHT = 90;
/** Long enough for what moves by itself to have moved; a clip from another has all of its frames painted and is shorter. */
const NEW_SECONDS = 2;
const FRAME = 40;
const SOURCE_SECONDS = 0.125;

/** Each ability in words, none of which is an ability of another kind in every operation. */
const EXAMPLES: Readonly<Record<Ability, readonly string[]>> = {
  camera: ['pan left'],
  wind: ['微风'],
  water: ['sea'],
  lights: ['city'],
  scene: ['a city'],
  reveal: ['zoom out to the city'],
  sky: ['overcast'],
  time: ['夜晚'],
  weather: ['下雪'],
  dust: ['a sandstorm'],
  style: ['黑白'],
  colour: ['purple sky', 'in pink light'],
  'region-colour': ['red ground', 'green water'],
  speed: ['slow motion', '延时摄影'],
};

const BASES: Readonly<Record<ReadOperation, string>> = {
  'text-to-video': 'a village by a lake',
  'image-to-video': 'pull out',
  'first-last-frame': 'a village',
  'reference-to-video': 'pull out',
  edit: 'warmer',
  extend: 'tilt down',
};

let workshop: Workshop;
let inputs: Readonly<Record<ReadOperation, readonly RenderInput[]>>;
const plain = new Map<string, Promise<Uint8Array>>();

/** The frame in the middle of a new clip, or the last one of a clip that is made from another. */
async function paint(operation: ReadOperation, prompt: string, negativePrompt = ''): Promise<Uint8Array> {
  const size = { width: WIDTH, height: HEIGHT };
  const own: RenderOperation = operation === 'first-last-frame' ? 'image-to-video' : operation;
  const isNew = operation !== 'edit' && operation !== 'extend';
  const job: RenderJob = {
    ...makeJob(workshop, operation, {
      operation: own,
      prompt,
      negativePrompt,
      quality: 'full',
      resolution: 'auto',
      audio: false,
    }),
    ...{ inputs: inputs?.[operation] ?? [], durationSeconds: isNew ? NEW_SECONDS : SOURCE_SECONDS },
    ...(isNew && { size }),
  };
  let seen: Uint8Array | undefined;
  const context = createContext(job, {
    ...{ path: job.outputPath, onFrame: () => undefined },
    share: {
      ...{ first: FRAME, step: NEW_SECONDS * 24, room: async () => new Uint8Array(WIDTH * HEIGHT * 3) },
      deliver: async (frames) => {
        for await (const frame of frames) seen = frame.slice();
      },
    },
  });
  await runOperation(context);
  if (seen === undefined) throw new Error(`${operation} painted nothing`);
  return seen;
}

function basePicture(operation: ReadOperation, prompt: string): Promise<Uint8Array> {
  const key = `${operation} ${prompt}`;
  const known = plain.get(key) ?? paint(operation, prompt);
  plain.set(key, known);
  return known;
}

/** Sky, a dark bank with lamps and something like grass, and water that lies flat and mirrors no blue. */
function drawn(): Uint8Array {
  const random = createRandom(5);
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y += 1) {
    const ripple = 104 + 26 * Math.sin(y * 1.7);
    for (let x = 0; x < WIDTH; x += 1) {
      const isLamp = y > 44 && y < 54 && x % 24 < 3 && y % 10 < 3;
      const bank = isLamp ? 245 : 34 + 50 * random();
      const light = y < HEIGHT * 0.42 ? 150 + y : y < HEIGHT * 0.66 ? bank : ripple;
      const o = (y * WIDTH + x) * 3;
      rgb.set([light, light * (y < HEIGHT * 0.66 ? 1 : 0.97), light * (isLamp ? 0.8 : 0.94)], o);
    }
  }
  return rgb;
}

beforeAll(async () => {
  workshop = await openWorkshop();
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${WIDTH}x${HEIGHT}`, '-r', '24'];
  const path = workshop.path('picture.png');
  await writeFile(workshop.path('picture.rgb'), drawn());
  await run('ffmpeg', ['-v', 'error', ...raw, '-i', workshop.path('picture.rgb'), '-y', path]);
  const other = workshop.path('other.png');
  const last = { ...(await makePicture(other, WIDTH, HEIGHT)), role: 'last-image' as const };
  const video = workshop.path('video.mp4');
  const zoom = `zoompan=z='1+in/200':d=1:s=${WIDTH}x${HEIGHT}:fps=24`;
  const loop = ['-loop', '1', '-i', path, '-t', String(SOURCE_SECONDS), '-vf', zoom, '-pix_fmt', 'yuv420p'];
  await run('ffmpeg', ['-v', 'error', ...loop, '-y', video]);
  const shape = { width: WIDTH, height: HEIGHT };
  const picture: RenderInput = { role: 'image', path, demuxer: 'png_pipe', ...shape };
  const clip: RenderInput = { role: 'video', path: video, demuxer: 'mov', ...shape, durationSeconds: SOURCE_SECONDS };
  inputs = {
    'text-to-video': [],
    'image-to-video': [picture],
    'first-last-frame': [picture, last],
    'reference-to-video': [{ ...picture, role: 'reference' }],
    edit: [clip],
    extend: [clip],
  };
});
afterAll(() => workshop.close());

/** Share of the values that anybody would see change. */
function changed(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + (Math.abs(value - (b[i] as number)) > 5 ? 1 : 0), 0) / a.length;
}

const operations = Object.keys(ABILITIES) as ReadOperation[];
const abilities = Object.entries(EXAMPLES) as [Ability, readonly string[]][];

/** A way between two pictures takes long to plan, and follows the camera alone. */
const OF_PASSAGES: ReadonlySet<Ability> = new Set(['camera', 'wind', 'weather', 'speed']);

describe.each(operations)('%s', (operation) => {
  const tested = operation === 'first-last-frame' ? abilities.filter(([name]) => OF_PASSAGES.has(name)) : abilities;
  test.each(tested)('what is told of %s is true', async (ability, examples) => {
    // Only what moves can be slow.
    const base = BASES[operation] + (ability === 'speed' ? ', windy' : '');
    const before = await basePicture(operation, base);
    for (const example of examples) {
      const prompt = `${base}, ${example}`;
      const { understood, ignored } = planPrompt(prompt, operation);
      const isUnderstood = understood.some(({ text }) => example.includes(text));
      if (ABILITIES[operation].has(ability)) expect(isUnderstood, example).toBe(true);
      const after = await paint(operation, prompt);
      if (isUnderstood) {
        expect(changed(before, after), `${example} changes nothing`).toBeGreaterThan(0.002);
      } else {
        expect(ignored.some((text) => example.includes(text))).toBe(true);
        expect(
          after.every((value, i) => value === before[i]),
          `${example} changes something`,
        ).toBe(true);
      }
    }
  });
});

/** Of each scene one that it has room for and one that it has not, if there is such a thing. */
test.each([
  ['a sea', 'palms', 'a forest'],
  ['a city', 'mountains', 'a lighthouse'],
  ['a street', 'hot air balloons', 'a boat'],
  ['a desert', 'a road', 'flowers'],
  ['a forest', 'a river', 'a field'],
  ['a lake', 'a boat', 'a road'],
  ['mountains', 'birds', 'palms'],
  ['a meadow', 'a village', 'a boat'],
])('%s has room for %s and none for %s', async (base, shown, missing) => {
  const before = await basePicture('text-to-video', base);
  const other = await paint('text-to-video', `${base}, ${shown}`);
  expect(changed(before, other)).toBeGreaterThan(0.0003);
  expect(planPrompt(`${base}, ${shown}`).ignored).toEqual([]);
  expect(await paint('text-to-video', `${base}, ${missing}`)).toEqual(before);
  expect(planPrompt(`${base}, ${missing}`).ignored).toHaveLength(1);
});

test.each([
  ['a sea', 'birds', [], true],
  ['a sea under clouds', 'clouds', [], true],
  ['a sea in the rain', 'rain', [], true],
  ['a street', 'people', [], true],
  ['a sea', 'forest, blur', [], false],
  ['a lake', 'mountains', ['mountains'], false],
])('%s without %s', async (prompt, negativePrompt, ignored, isSeen) => {
  expect(planPrompt({ prompt, negativePrompt }).ignored).toEqual(ignored);
  const before = await basePicture('text-to-video', prompt);
  const share = changed(before, await paint('text-to-video', prompt, negativePrompt));
  if (isSeen) expect(share).toBeGreaterThan(0.0003);
  else expect(share).toBe(0);
});
