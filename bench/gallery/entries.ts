/** What the gallery shows: every effect on our own clips, every scene, and what can be done with pictures. */
import type { RenderOperation } from '@reelay/renderer';

export interface Clip {
  readonly name: string;
  readonly prompt: string;
}

export interface Entry extends Clip {
  readonly group: string;
  readonly operation: RenderOperation;
  /** The names of the source clips that it starts from; pictures are frames of them. */
  readonly from: readonly string[];
}

/** Rendered first; everything that needs a video or a picture starts from these. */
export const sources: readonly Clip[] = [
  { name: 'lake', prompt: 'A calm mountain lake under a clear blue day sky, the camera slowly pans right' },
  {
    name: 'village',
    prompt: 'A village with a road between green fields and trees at noon, the camera slowly pushes in',
  },
  { name: 'city', prompt: 'A city skyline by a river by day, the camera pans left' },
];

/** Whole words of it, 48 characters at most. */
function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .replace(/^(.{1,48})(?:-.*)?$/, '$1');
}

interface Group {
  readonly group: string;
  readonly operation: RenderOperation;
  /** A prompt, or a prompt and what it starts from. */
  readonly prompts: readonly (readonly [prompt: string, ...from: string[]])[];
}

const groups: readonly Group[] = [
  {
    group: 'Sky and time of day',
    operation: 'edit',
    prompts: [
      ['Change the sky to a sunset with orange and purple clouds', 'lake'],
      ['Make it night with stars', 'lake'],
      ['An aurora in the sky', 'lake'],
      ['Golden hour', 'village'],
      ['Blue hour', 'city'],
      ['Dawn', 'village'],
      ['Night', 'city'],
    ],
  },
  {
    group: 'Weather',
    operation: 'edit',
    prompts: [
      ['Heavy rain', 'city'],
      ['Light snow', 'village'],
      ['Heavy snow', 'lake'],
      ['Thick fog', 'lake'],
      ['A thunderstorm', 'village'],
      ['A dust storm', 'city'],
    ],
  },
  {
    group: 'Styles and speed',
    operation: 'edit',
    prompts: [
      ['Black and white', 'village'],
      ['Vintage film', 'city'],
      ['Oil painting', 'lake'],
      ['Watercolour', 'village'],
      ['Cartoon', 'city'],
      ['Pencil drawing', 'village'],
      ['Neon', 'city'],
      ['Timelapse', 'lake'],
      ['Sunset, then make it an oil painting', 'city'],
    ],
  },
  {
    group: 'Scenes',
    operation: 'text-to-video',
    prompts: [
      ['The sea at sunset with a boat'],
      ['A lighthouse by the sea in a storm at night'],
      ['Snowy mountains at dawn'],
      ['Mountains behind a lake with an aurora'],
      ['A city skyline at night, the camera pans right'],
      ['A forest in the morning fog'],
      ['A desert at noon'],
      ['A snowfield with falling snow'],
      ['Deep space with a planet'],
      ['A field of flowers under a blue sky with a hot air balloon'],
      ['A road through autumn hills at golden hour'],
      ['A village at blue hour'],
      ['A tropical beach with palms by day'],
    ],
  },
  {
    group: 'From a picture',
    operation: 'image-to-video',
    prompts: [
      ['Slowly push in while wind moves the grass', 'village'],
      ['Orbit around the lake', 'lake'],
      ['Pull out, then pan right', 'city'],
    ],
  },
  {
    group: 'From several pictures',
    operation: 'reference-to-video',
    prompts: [['From @Image2 to @Image1, then @Image3', 'lake', 'village', 'city']],
  },
  {
    group: 'Extension',
    operation: 'extend',
    prompts: [
      ['The camera pulls out to reveal a city skyline at sunset', 'lake'],
      ['The camera goes on and night falls', 'city'],
      ['It begins to snow', 'village'],
    ],
  },
];

export const entries: readonly Entry[] = groups.flatMap(({ group, operation, prompts }) =>
  prompts.map(([prompt, ...from]) => ({ group, operation, prompt, from, name: slug([prompt, ...from].join(' ')) })),
);

function nameOf(prompt: string): string {
  const entry = entries.find((candidate) => candidate.prompt === prompt);
  if (entry === undefined) throw new Error(`The gallery has no prompt "${prompt}".`);
  return entry.name;
}

/** What the README shows: in each row a source clip and what became of it. */
export const shownBeforeAfter: readonly (readonly string[])[] = [
  [
    'lake',
    ...['Change the sky to a sunset with orange and purple clouds', 'An aurora in the sky', 'Oil painting'].map(nameOf),
  ],
  ['village', ...['Golden hour', 'Watercolour', 'Light snow'].map(nameOf)],
];
