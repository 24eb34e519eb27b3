import { describe, expect, test } from 'vitest';
import { type ApiName, type JsonObject, usesOf } from '../contract/index.ts';
import { dialects } from '../dialects/registry.ts';
import { type Face, loadCatalogue } from './catalogue.ts';
import { faceOf } from './face.ts';
import { modelMarkdown } from './markdown.ts';
import { estimateMicros } from './price.ts';
import { readParameters } from './read-parameters.ts';

const catalogue = await loadCatalogue();
const links = ['https://example.com/1.png', 'https://example.com/2.png', 'https://example.com/3.png'];

function face(id: string, api: ApiName = 'foxapi'): Face {
  const dialect = dialects.find((one) => one.api === api);
  const found = dialect && catalogue.faces(api, dialect.names).find(id);
  if (found === undefined) throw new Error(`${api} does not show ${id}`);
  return found;
}

function faults(id: string, given: JsonObject, api?: ApiName): readonly string[] {
  const read = readParameters(face(id, api), { prompt: 'a fox', ...given });
  return read.ok ? [] : read.faults.map(({ field, message }) => `${field} ${message}`);
}

function request(id: string, given: JsonObject, api?: ApiName) {
  const read = readParameters(face(id, api), { prompt: 'a fox', ...given });
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  return read.request;
}

describe('a mode', () => {
  test.each([
    [undefined, 0, 'text-to-video', []],
    ['text-to-video', 0, 'text-to-video', []],
    ['image-to-video', 1, 'image-to-video', ['image']],
    ['first-last-frame', 2, 'image-to-video', ['image', 'last-image']],
    ['reference-to-video', 1, 'reference-to-video', ['reference']],
    ['reference-to-video', 3, 'reference-to-video', ['reference', 'reference', 'reference']],
  ])('%s with %i pictures is %s', (mode, count, operation, roles) => {
    const given = {
      ...(mode !== undefined && { generation_type: mode }),
      ...(count > 0 && { image_urls: links.slice(0, count) }),
    };
    const inputs = roles.map((role, index) => ({ role, url: links[index], field: `image_urls[${index}]` }));
    const read = request('veo-3.1', given);
    expect(read).toMatchObject({ operation, inputs });
    expect(read.inputs).toHaveLength(count);
    expect(read).not.toHaveProperty('mode');
    expect(read).not.toHaveProperty('images');
  });

  test.each([
    ['text-to-video', 1, 'must have no items when generation_type is text-to-video, not 1'],
    [undefined, 2, 'must have no items when generation_type is text-to-video, not 2'],
    ['image-to-video', 0, 'must have exactly 1 item when generation_type is image-to-video, not 0'],
    ['image-to-video', 2, 'must have exactly 1 item when generation_type is image-to-video, not 2'],
    ['first-last-frame', 1, 'must have exactly 2 items when generation_type is first-last-frame, not 1'],
    ['first-last-frame', 3, 'must have exactly 2 items when generation_type is first-last-frame, not 3'],
    ['reference-to-video', 0, 'must have 1 to 3 items when generation_type is reference-to-video, not 0'],
  ])('%s does not take %i pictures', (mode, count, message) => {
    const given = { ...(mode !== undefined && { generation_type: mode }), image_urls: links.slice(0, count) };
    expect(faults('veo-3.1', given)).toEqual([`image_urls ${message}`]);
    expect(faults('veo-3.1', { ...given, ...(count === 0 && { image_urls: null }) })).toHaveLength(1);
  });

  test('is told by the name that the API has for the pictures', () => {
    expect(
      faults('veo-3.1-fast', { generation_type: 'first-last-frame', input_images: [links[0] ?? ''] }, 'oxen'),
    ).toEqual(['input_images must have exactly 2 items when generation_type is first-last-frame, not 1']);
  });

  test('that lite does not have is refused', () => {
    expect(faults('veo-3.1-lite', { generation_type: 'reference-to-video', image_urls: links.slice(0, 1) })).toEqual([
      expect.stringMatching(
        /^generation_type must be one of "text-to-video", "image-to-video", "first-last-frame", not /,
      ),
    ]);
  });

  test('reference is 8 seconds, without seed or negative prompt; what it has of its own nobody else takes', () => {
    const references = { generation_type: 'reference-to-video', image_urls: links };
    expect(faults('veo-3.1', { ...references, duration: 4, seed: 1, negative_prompt: 'fog' })).toEqual([
      'duration must be 8 when generation_type is reference-to-video, not 4',
      'negative_prompt must be left out when generation_type is reference-to-video',
      'seed must be left out when generation_type is reference-to-video',
    ]);
    expect(faults('veo-3.1', { reference_type: 'STYLE' })).toEqual([
      'reference_type must be left out when generation_type is text-to-video',
    ]);
    expect(request('veo-3.1', { ...references, reference_type: 'STYLE' }).options).toEqual({ reference_type: 'STYLE' });
    expect(request('veo-3.1', { ...references, seed: null, negative_prompt: null })).not.toHaveProperty('seed');
  });
});

describe('values that go together', () => {
  test.each([
    ['google-veo-3-1', { duration: 4 }, 'duration must be 8 when resolution is 1080p, not 4'],
    ['google-veo-3-1', { duration: 6, resolution: '4k' }, 'duration must be 8 when resolution is 4k, not 6'],
    ['veo-3.1-lite-text-to-video', { duration: 4 }, 'duration must be 8 when resolution is 1080p, not 4'],
  ])('%s %j', (id, given, fault) => {
    expect(faults(id, given)).toEqual([fault]);
    expect(faults(id, { ...given, resolution: '720p' })).toEqual([]);
  });

  test('a value that is wrong by itself is told once', () => {
    expect(faults('google-veo-3-1', { duration: 5 })).toEqual(['duration must be one of 4, 6, 8, not 5']);
  });

  test('are on the page and in the schema', () => {
    const { schema } = face('google-veo-3-1', 'oxen');
    expect(schema['allOf']).toEqual([
      {
        if: { properties: { resolution: { enum: ['1080p', '4k'] } } },
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        then: { properties: { duration: { enum: [8] } } },
      },
    ]);
    expect(modelMarkdown(face('google-veo-3-1'))).toContain('- `duration` must be 8 when `resolution` is 1080p or 4k.');
    expect(modelMarkdown(face('veo-3.1'))).toContain(
      '- `image_urls` must have exactly 2 items when `generation_type` is first-last-frame.',
    );
    expect(modelMarkdown(face('veo-3.1'))).toContain(
      '**Operation:** text-to-video, image-to-video, first-last-frame, reference-to-video',
    );
  });

  test('about a field that the model does not have are a mistake of the declaration', () => {
    const model = face('google-veo-3-1').model;
    const wrong = { ...model, combinations: [{ when: { seed: [1] }, allow: { resolution: ['720p'] } }] };
    const names = dialects[0]?.names;
    expect(() => names && faceOf(wrong, 'foxapi', names)).toThrow('google-veo-3-1 has a rule about seed');
  });
});

describe('a picture', () => {
  test('makes text-to-video image-to-video', () => {
    expect(request('google-veo-3-1', {}).operation).toBe('text-to-video');
    expect(request('google-veo-3-1', { input_image: links[0] ?? '' }, 'oxen')).toMatchObject({
      operation: 'image-to-video',
      inputs: [{ role: 'image', field: 'input_image' }],
    });
  });

  test.each([
    ['foxapi', 'first_image_url', 'last_image_url'],
    ['oxen', 'input_image', 'tail_image_url'],
  ] as const)('that is the first or the last has its name at %s', (api, first, last) => {
    const given = { [first]: links[0] ?? '', [last]: links[1] ?? '' };
    expect(request('veo-3.1-first-last-frame-to-video', given, api)).toMatchObject({
      operation: 'image-to-video',
      inputs: [
        { role: 'image', url: links[0], field: first },
        { role: 'last-image', url: links[1], field: last },
      ],
    });
    expect(face('veo-3.1-first-last-frame-to-video', api).schema).toMatchObject({ required: ['prompt', first, last] });
    expect(faults('veo-3.1-first-last-frame-to-video', { [first]: links[0] ?? '' }, api)).toEqual([
      `${last} is required`,
    ]);
  });
});

test.each([
  ['veo-3.1', ['text-to-video', 'image-to-video', 'first-last-frame', 'reference-to-video']],
  ['google-veo-3-1', ['text-to-video', 'image-to-video']],
  ['veo-3.1-first-last-frame-to-video', ['first-last-frame']],
  ['veo-3.1-extend', ['extend']],
])('%s can be used as %j', (id, uses) => {
  expect(usesOf(face(id).model)).toEqual(uses);
});

test.each([
  ['veo-3.1-text-to-video', {}, 1_600_000],
  ['veo-3.1-text-to-video', { generate_audio: true, duration: 4 }, 1_600_000],
  ['veo-3.1-text-to-video', { resolution: '4k', generate_audio: true }, 4_800_000],
  ['veo-3.1-fast-text-to-video', { resolution: '4k' }, 2_400_000],
  ['veo-3.1-lite-text-to-video', { generate_audio: true }, 640_000],
  ['google-veo-3-1', { resolution: '4k' }, 4_800_000],
  ['grok-imagine-1.5-image-to-video', { image_url: 'https://example.com/1.png', duration: 10 }, 1_410_000],
])('%s %j is expected to cost %i micro-dollars', (id, given, micros) => {
  expect(estimateMicros(face(id).model, request(id, given))).toBe(micros);
});

/** The advanced options of FoxAPI's table, model by model. */
test.each([
  ['veo-3.1-text-to-video', 'auto_fix safety_tolerance enhance_prompt person_generation'],
  ['veo-3.1-image-to-video', 'auto_fix safety_tolerance enhance_prompt person_generation'],
  ['veo-3.1-first-last-frame-to-video', 'auto_fix safety_tolerance enhance_prompt person_generation'],
  ['veo-3.1-reference-to-video', 'auto_fix safety_tolerance enhance_prompt person_generation reference_type'],
  ['veo-3.1', 'auto_fix safety_tolerance enhance_prompt person_generation reference_type'],
  ['veo-3.1-fast-text-to-video', 'auto_fix safety_tolerance'],
  ['veo-3.1-fast-reference-to-video', 'auto_fix safety_tolerance'],
  ['veo-3.1-fast', 'auto_fix safety_tolerance'],
  ['veo-3.1-lite-image-to-video', 'auto_fix'],
  ['veo-3.1-lite', 'auto_fix'],
])('%s has the options %s', (id, names) => {
  const { model } = face(id);
  expect(Object.keys(model.options ?? {}).join(' ')).toBe(names);
  expect('seed' in model.parameters).toBe(!id.includes('reference'));
  const offered = Object.values(model.offers ?? {}).flatMap(({ options = [] }) => options);
  expect(offered.toSorted()).toEqual(names.split(' ').toSorted());
});
