import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/contract/index.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, samplePicture } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Veo 3.1 and Grok Imagine 1.5 through both APIs: what is understood, what is refused and how, what comes out. */

let server: TestServer;
let files: FileServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-veo-'));
  await Promise.all([
    samplePicture(folder, 'first.png', { width: 320, height: 180 }),
    samplePicture(folder, 'last.jpg', { width: 320, height: 180 }),
    samplePicture(folder, 'third.png', { width: 320, height: 180 }),
  ]);
  files = await serveFiles(folder);
  server = await startTestServer();
});

afterAll(async () => {
  await server?.stop();
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

type Api = 'foxapi' | 'oxen';

const paths: Readonly<Record<Api, string>> = { foxapi: '/v1/videos/generations', oxen: '/api/ai/videos/generate' };

const post = (api: Api, json: object) =>
  server.request('POST', paths[api], { json: JSON.parse(JSON.stringify(json).replaceAll('{files}', files.url)) });

const [first, last, third] = ['https://example.com/1.png', 'https://example.com/2.png', 'https://example.com/3.png'];
const standard = { durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p', audio: false };
const frames = { duration: 4, aspect_ratio: '9:16', resolution: '720p', generate_audio: true };
const framesRead = { durationSeconds: 4, aspectRatio: '9:16', resolution: '720p', audio: true };
const wishes = { negative_prompt: 'fog, rain', seed: 42 };
const wishesRead = { negativePrompt: 'fog, rain', seed: 42 };
const optionsOf = {
  '': { auto_fix: true, safety_tolerance: 3, enhance_prompt: false, person_generation: 'allow_adult' },
  '-fast': { auto_fix: true, safety_tolerance: 3 },
  '-lite': { auto_fix: true },
} as const;

interface Case {
  readonly name: string;
  readonly api: Api;
  readonly body: JsonObject;
  readonly read: JsonObject;
}

const inputs = (...list: readonly (readonly [role: string, field: string])[]) =>
  list.map(([role, field]) => ({ role, field }));

/** The names that each API has for first and last picture, references and the list of the unified models. */
const names = {
  foxapi: {
    image: 'image_url',
    first: 'first_image_url',
    last: 'last_image_url',
    references: 'reference_image_urls',
    images: 'image_urls',
  },
  oxen: {
    image: 'input_image',
    first: 'input_image',
    last: 'tail_image_url',
    references: 'input_images',
    images: 'input_images',
  },
} as const;

function casesOf(api: Api, tier: keyof typeof optionsOf): readonly Case[] {
  const options = optionsOf[tier];
  const { image, first: one, last: other, references, images } = names[api];
  const all = { ...frames, ...wishes, ...options };
  const allRead = { ...framesRead, ...wishesRead, options };
  const made = (model: string, media: JsonObject, read: JsonObject): readonly Case[] => {
    const body = { model: `veo-3.1${tier}${model}`, prompt: 'a fox', ...media };
    return [
      { name: `${body.model}, the least`, api, body, read: { ...standard, ...read, options: {} } },
      { name: `${body.model}, all of it`, api, body: { ...body, ...all }, read: { ...allRead, ...read } },
    ];
  };
  const pair = inputs(['image', one], ['last-image', other]);
  const listed = (...roles: readonly string[]) =>
    inputs(...roles.map((role, at) => [role, `${images}[${at}]`] as const));
  return [
    ...made('-text-to-video', {}, { operation: 'text-to-video', inputs: [] }),
    ...made('-image-to-video', { [image]: first }, { operation: 'image-to-video', inputs: inputs(['image', image]) }),
    ...made(
      '-first-last-frame-to-video',
      { [one]: first, [other]: last },
      { operation: 'image-to-video', inputs: pair },
    ),
    ...made('', {}, { operation: 'text-to-video', inputs: [] }),
    ...made(
      '',
      { generation_type: 'image-to-video', [images]: [first] },
      { operation: 'image-to-video', inputs: listed('image') },
    ),
    ...made(
      '',
      { generation_type: 'first-last-frame', [images]: [first, last] },
      { operation: 'image-to-video', inputs: listed('image', 'last-image') },
    ),
    ...(tier === '-lite' ? [] : referenceCases(api, tier, { references, images })),
  ];
}

/** 8 seconds, without seed and negative prompt. */
function referenceCases(
  api: Api,
  tier: '' | '-fast',
  { references, images }: { readonly references: string; readonly images: string },
): readonly Case[] {
  const options = { ...optionsOf[tier], ...(tier === '' && { reference_type: 'STYLE' }) };
  const all = { ...frames, duration: 8, ...options };
  const operation = 'reference-to-video';
  return [
    [`veo-3.1${tier}-reference-to-video`, references, {}] as const,
    [`veo-3.1${tier}`, images, { generation_type: operation }] as const,
  ].flatMap(([model, field, mode]) => {
    const body = { model, prompt: '@Image1 runs', ...mode, [field]: [first, last, third] };
    const read = {
      operation,
      inputs: inputs(...[0, 1, 2].map((index) => ['reference', `${field}[${index}]`] as const)),
    };
    return [
      { name: `${model} with references, the least`, api, body, read: { ...standard, ...read, options: {} } },
      {
        name: `${model} with references, all of it`,
        api,
        body: { ...body, ...all },
        read: { ...framesRead, durationSeconds: 8, ...read, options },
      },
    ];
  });
}

/** Of the pages at Oxen; FoxAPI serves them under their own ids with its own names. */
const others: readonly Case[] = [
  {
    name: 'google-veo-3-1, the least',
    api: 'oxen',
    body: { model: 'google-veo-3-1', prompt: 'a fox' },
    read: { operation: 'text-to-video', durationSeconds: 8, aspectRatio: '16:9', resolution: '1080p', inputs: [] },
  },
  {
    name: 'google-veo-3-1 with a picture',
    api: 'oxen',
    body: { model: 'google-veo-3-1', prompt: 'a fox', input_image: first, resolution: '720p', duration: 6 },
    read: {
      operation: 'image-to-video',
      durationSeconds: 6,
      resolution: '720p',
      inputs: inputs(['image', 'input_image']),
    },
  },
  {
    name: 'google-veo-3-1 in 4k',
    api: 'foxapi',
    body: { model: 'google-veo-3-1', prompt: 'a fox', image_url: first, resolution: '4k', aspect_ratio: '9:16' },
    read: {
      operation: 'image-to-video',
      resolution: '4k',
      aspectRatio: '9:16',
      inputs: inputs(['image', 'image_url']),
    },
  },
  {
    name: 'Grok 1.5, the least',
    api: 'oxen',
    body: { model: 'xai-grok-imagine-video-1-5-image-to-video', prompt: 'a fox', input_image: first },
    read: {
      operation: 'image-to-video',
      durationSeconds: 6,
      resolution: '720p',
      inputs: inputs(['image', 'input_image']),
    },
  },
  {
    name: 'Grok 1.5, all of it',
    api: 'foxapi',
    body: {
      model: 'grok-imagine-1.5-image-to-video',
      prompt: 'a fox',
      image_url: first,
      duration: 15,
      resolution: '480p',
    },
    read: {
      operation: 'image-to-video',
      durationSeconds: 15,
      resolution: '480p',
      inputs: inputs(['image', 'image_url']),
    },
  },
];

const tiers = ['', '-fast', '-lite'] as const;

describe('request → neutral', () => {
  const cases = (['foxapi', 'oxen'] as const).flatMap((api) => tiers.flatMap((tier) => casesOf(api, tier)));

  test.each([...cases, ...others])('$api: $name', async ({ api, body, read }) => {
    const answer = await post(api, { ...body, dry_run: true });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({
      model: body['model'],
      provider: 'local',
      estimated_cost_usd: 0,
      request: read,
    });
    const ignored = Object.keys((read['options'] ?? {}) as JsonObject);
    expect(answer.body.warnings).toEqual(ignored.map((option) => `${option} is ignored by the provider local`));
  });
});

describe('faults', () => {
  const unified = { model: 'veo-3.1', prompt: 'a fox' };
  const pair = {
    model: 'veo-3.1-first-last-frame-to-video',
    prompt: 'a fox',
    first_image_url: first,
    last_image_url: last,
  };
  const references = { model: 'veo-3.1-reference-to-video', prompt: 'a fox', reference_image_urls: [first] };
  const lite = { model: 'veo-3.1-lite-text-to-video', prompt: 'a fox' };
  const google = { model: 'google-veo-3-1', prompt: 'a fox' };
  const grok = { model: 'grok-imagine-1.5-image-to-video', prompt: 'a fox', image_url: first };

  const table: readonly (readonly [body: JsonObject, message: string])[] = [
    [{ model: 'veo-3.1-text-to-video' }, 'prompt: is required'],
    [{ ...unified, model: 'veo-3.1-image-to-video' }, 'image_url: is required'],
    [
      { ...unified, model: 'veo-3.1-text-to-video', image_url: first },
      'image_url: is not a parameter of veo-3.1-text-to-video',
    ],
    [{ ...pair, image_url: first }, 'image_url: is not a parameter of veo-3.1-first-last-frame-to-video'],
    [{ ...pair, last_image_url: null }, 'last_image_url: must be a string, not null'],
    [{ ...pair, duration: 5 }, 'duration: must be one of 4, 6, 8, not 5'],
    [{ ...pair, duration: null }, 'duration: must be one of 4, 6, 8, not null'],
    [{ ...pair, aspect_ratio: '1:1' }, 'aspect_ratio: must be one of "16:9", "9:16", not "1:1"'],
    [{ ...pair, safety_tolerance: 7 }, 'safety_tolerance: must be between 1 and 6, not 7'],
    [{ ...pair, person_generation: 'allow_all' }, 'person_generation: must be one of "dont_allow", "allow_adult"'],
    [{ ...pair, reference_type: 'ASSET' }, 'reference_type: is not a parameter of veo-3.1-first-last-frame-to-video'],
    [
      { ...pair, model: 'veo-3.1-fast-first-last-frame-to-video', enhance_prompt: true },
      'enhance_prompt: is not a parameter',
    ],
    [
      { ...pair, model: 'veo-3.1-lite-first-last-frame-to-video', resolution: '4k' },
      'resolution: must be one of "720p", "1080p", not "4k"',
    ],
    [{ ...references, reference_image_urls: [] }, 'reference_image_urls: must have 1 to 3 items, not 0'],
    [
      { ...references, reference_image_urls: [first, first, first, first] },
      'reference_image_urls: must have 1 to 3 items, not 4',
    ],
    [{ ...references, duration: 4 }, 'duration: must be one of 8, not 4'],
    [{ ...references, seed: 1 }, 'seed: is not a parameter of veo-3.1-reference-to-video'],
    [{ ...references, negative_prompt: 'fog' }, 'negative_prompt: is not a parameter of veo-3.1-reference-to-video'],
    [
      { ...references, model: 'veo-3.1-lite-reference-to-video' },
      'there is no model "veo-3.1-lite-reference-to-video"',
    ],
    [{ ...lite, safety_tolerance: 3 }, 'safety_tolerance: is not a parameter of veo-3.1-lite-text-to-video'],
    [{ ...lite, duration: 4 }, 'duration: must be 8 when resolution is 1080p, not 4'],
    [{ ...google, duration: 4 }, 'duration: must be 8 when resolution is 1080p, not 4'],
    [{ ...google, duration: 6, resolution: '4k' }, 'duration: must be 8 when resolution is 4k, not 6'],
    [{ ...google, generate_audio: true }, 'generate_audio: is not a parameter of google-veo-3-1'],
    [{ ...unified, generation_type: 'extend' }, 'generation_type: must be one of "text-to-video"'],
    [
      { ...unified, image_urls: [first] },
      'image_urls: must have no items when generation_type is text-to-video, not 1',
    ],
    [
      { ...unified, generation_type: 'first-last-frame', image_urls: [first] },
      'image_urls: must have exactly 2 items when generation_type is first-last-frame, not 1',
    ],
    [
      { ...unified, generation_type: 'image-to-video' },
      'image_urls: must have exactly 1 item when generation_type is image-to-video, not 0',
    ],
    [
      { ...unified, generation_type: 'reference-to-video', image_urls: [first, first, first, first] },
      'image_urls: must have 0 to 3 items, not 4',
    ],
    [
      { ...unified, generation_type: 'reference-to-video', image_urls: [first], duration: 6 },
      'duration: must be 8 when generation_type is reference-to-video, not 6',
    ],
    [
      { ...unified, generation_type: 'reference-to-video', image_urls: [first], seed: 6 },
      'seed: must be left out when generation_type is reference-to-video',
    ],
    [{ ...unified, model: 'veo-3.1-lite', generation_type: 'reference-to-video' }, 'generation_type: must be one of'],
    [
      { ...unified, generation_type: 'image-to-video', image_urls: ['http://10.0.0.8/a.png'] },
      'image_urls[0]: leads to the address 10.0.0.8',
    ],
    [{ ...grok, duration: 16 }, 'duration: must be between 1 and 15, not 16'],
    [{ ...grok, resolution: '1080p' }, 'resolution: must be one of "480p", "720p", not "1080p"'],
    [{ ...grok, aspect_ratio: '16:9' }, 'aspect_ratio: is not a parameter of grok-imagine-1.5-image-to-video'],
  ];

  test.each(table)('FoxAPI answers 422 to %j', async (body, message) => {
    const answer = await post('foxapi', body);
    expect(answer.status).toBe(422);
    expect(answer.body.error.message).toContain(message);
    const field = message.split(': ')[0] ?? '';
    if (!message.startsWith('there is')) {
      expect(answer.body.error.details.map((fault: { readonly field: string }) => fault.field)).toContain(field);
    }
  });

  test('Oxen refuses at once where it waits, and lets the job fail in the queue', async () => {
    const json = { model: 'veo-3.1-fast', prompt: 'a fox', generation_type: 'first-last-frame', input_images: [first] };
    const sentence = 'input_images: must have exactly 2 items when generation_type is first-last-frame, not 1';
    const blocked = await post('oxen', json);
    expect(blocked).toMatchObject({ status: 400, body: { error: { type: 'invalid_params', detail: sentence } } });
    const queued = await server.request('POST', '/api/ai/queue', { json: { ...json, input_images: [first ?? ''] } });
    expect(queued.status).toBe(200);
    const [{ generation_id: id }] = queued.body.generations;
    const row = async () => (await server.request('GET', `/api/ai/queue/${id}`)).body;
    await expect.poll(async () => (await row()).status, { timeout: 60_000 }).toBe('failed');
    expect((await row()).error_message).toContain(sentence);
  });
});

describe('models', () => {
  test.each([
    ['veo-3.1', { input: ['text', 'image'], output: ['video'] }, 0.2, 0.4],
    ['veo-3.1-lite-first-last-frame-to-video', { input: ['text', 'image'], output: ['video'] }, 0.05, 0.08],
    ['veo-3.1-fast-text-to-video', { input: ['text'], output: ['video'] }, 0.1, 0.15],
    ['google-veo-3-1', { input: ['text', 'image'], output: ['video'] }, 0.4, undefined],
  ])('Oxen shows %s', async (id, capabilities, price, withAudio) => {
    const { body } = await server.request('GET', `/api/ai/models/${id}`);
    expect(body).toMatchObject({
      id,
      capabilities,
      pricing: { method: 'per_video_output_second', cost_per_second: price },
    });
    expect(body.pricing.cost_per_second_with_audio).toBe(withAudio);
    expect(body.request_schema.allOf === undefined).toBe(id === 'veo-3.1-fast-text-to-video');
  });

  test('Oxen shows first what the unified model is about', async () => {
    const { body } = await server.request('GET', '/api/ai/models/veo-3.1');
    expect(body.request_schema.basic).toEqual(['generation_type', 'input_images']);
    expect(body.pricing.cost_per_second_by_resolution).toEqual({ '720p': 0.2, '1080p': 0.2, '4k': 0.4 });
    const grok = await server.request('GET', '/api/ai/models/xai-grok-imagine-video-1-5-image-to-video');
    expect(grok.body).toMatchObject({
      display_name: 'Grok Imagine 1.5 - Image to Video',
      pricing: { cost_per_second: 0.14 },
      request_schema: { required: ['prompt', 'input_image'] },
    });
  });
});

/** Drafts, so that size, length and sound are what is looked at. */
const clips = [
  {
    name: 'text to video without sound, as the default has it',
    api: 'foxapi',
    body: { model: 'veo-3.1-lite-text-to-video', duration: 4, resolution: '720p' },
    result: { width: 1280, height: 720, frames: 96, audioCodec: undefined },
  },
  {
    name: 'first and last frame, upright, with sound',
    api: 'foxapi',
    body: {
      model: 'veo-3.1-fast-first-last-frame-to-video',
      first_image_url: '{files}/first.png',
      last_image_url: '{files}/last.jpg',
      duration: 4,
      resolution: '720p',
      aspect_ratio: '9:16',
      generate_audio: true,
    },
    result: { width: 720, height: 1280, frames: 96, audioCodec: 'aac' },
  },
  {
    name: 'the unified model from a first and a last frame',
    api: 'foxapi',
    body: {
      model: 'veo-3.1',
      generation_type: 'first-last-frame',
      image_urls: ['{files}/first.png', '{files}/last.jpg'],
      duration: 4,
      resolution: '720p',
    },
    result: { width: 1280, height: 720, frames: 96, audioCodec: undefined },
  },
  {
    name: 'the unified model from references',
    api: 'oxen',
    body: {
      model: 'veo-3.1-fast',
      generation_type: 'reference-to-video',
      input_images: ['{files}/first.png', '{files}/last.jpg', '{files}/third.png'],
      resolution: '720p',
    },
    result: { width: 1280, height: 720, frames: 192, audioCodec: undefined },
  },
  {
    name: 'Google’s model from a picture, with sound',
    api: 'oxen',
    body: { model: 'google-veo-3-1', input_image: '{files}/first.png', duration: 4, resolution: '720p' },
    result: { width: 1280, height: 720, frames: 96, audioCodec: 'aac' },
  },
  {
    name: 'Grok 1.5',
    api: 'oxen',
    body: { model: 'xai-grok-imagine-video-1-5-image-to-video', input_image: '{files}/first.png', duration: 1 },
    result: { width: 1280, height: 720, frames: 24, audioCodec: 'aac' },
  },
] as const;

describe('a clip comes out', () => {
  test.each(clips)('$api: $name', async ({ api, body, result }) => {
    const answer = await post(api, { ...body, prompt: 'a fox crosses a snowy field' });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    const url = api === 'oxen' ? answer.body.videos[0].url : (await server.ended(answer.body.id)).results?.[0].url;
    expect(await probeFacts(await server.download(url))).toMatchObject(result);
  });
});
