import { basename } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject, JsonValue } from '../contract/index.ts';
import { dialects } from '../dialects/registry.ts';
import { type Face, loadCatalogue, loadModel, modelFiles } from './catalogue.ts';
import { modelMarkdown } from './markdown.ts';
import { estimateMicros } from './price.ts';
import { readParameters } from './read-parameters.ts';
import { writeParameters } from './write-parameters.ts';

const catalogue = await loadCatalogue();
const faces = dialects.flatMap((dialect) => catalogue.faces(dialect.api, dialect.names).all);

test('the seven models are there', () => {
  expect(catalogue.models.map((model) => model.id)).toEqual(
    expect.arrayContaining([
      'grok-imagine-edit-video',
      'grok-imagine-image-to-video',
      'grok-imagine-reference-to-video',
      'grok-imagine-text-to-video',
      'grok-imagine-video-extension',
      'veo-3.1-extend',
      'veo-3.1-extend-fast',
    ]),
  );
});

describe.each(modelFiles().map((file) => [basename(file), file]))('%s alone yields', (_name, file) => {
  test('routes, schema, price and docs in every API', async () => {
    const model = await loadModel(file);
    for (const dialect of dialects) {
      const face = catalogue.faces(dialect.api, dialect.names).find(model.id);
      if (face === undefined) throw new Error(`${dialect.api} does not serve ${model.id}`);
      expect(() => new Ajv2020({ strict: false, validateFormats: false }).compile(face.schema)).not.toThrow();
      const read = readParameters(face, face.sample);
      expect(read).toMatchObject({ ok: true, request: { operation: model.operation, prompt: expect.any(String) } });
      const ownHardware = Object.keys(model.offers ?? {}).every((provider) => provider === 'openai-compatible');
      if (read.ok) expect(estimateMicros(model, read.request) > 0).toBe(!ownHardware);
      if (ownHardware) expect(model.price.source).toContain('own hardware');
      expect(modelMarkdown(face)).toContain(`**Model ID:** \`${face.id}\``);
      for (const parameter of face.parameters) expect(modelMarkdown(face)).toContain(`\`${parameter.name}\``);
    }
  });
});

test('ids and defaults that a face changes are its own', () => {
  const oxen = dialects.find((dialect) => dialect.api === 'oxen');
  if (oxen === undefined) return;
  const edit = catalogue.faces('oxen', oxen.names).find('xai-grok-imagine-video-edit-video');
  expect(edit?.schema).toMatchObject({
    required: ['prompt', 'input_video'],
    properties: { resolution: { type: 'string', default: 'auto', enum: ['auto', '480p', '720p'] } },
  });
  const image = catalogue.faces('oxen', oxen.names).find('xai-grok-imagine-video-image-to-video');
  expect(image?.schema['properties']).toMatchObject({
    resolution: { default: '480p', enum: ['720p', '480p'] },
    duration: { default: 6, enum: [3, 6, 8, 10, 15] },
    aspect_ratio: { default: '16:9' },
  });
});

test('Wan has the parameters of its page, and its length from its pictures', () => {
  const oxen = dialects.find((dialect) => dialect.api === 'oxen');
  const face = oxen && catalogue.faces('oxen', oxen.names).find('wan-ai-wan2-2-t2v-a14b-diffusers');
  if (face === undefined) throw new Error('there is no such model');
  expect(face.schema).toMatchObject({
    required: ['prompt'],
    properties: {
      height: { type: 'integer', default: 480, minimum: 1, maximum: 720 },
      width: { type: 'integer', default: 832, minimum: 1, maximum: 832 },
      negative_prompt: { type: 'string' },
      num_inference_steps: { type: 'integer', default: 4, minimum: 1, maximum: 100 },
      num_frames: { type: 'integer', default: 41, minimum: 1, maximum: 120, 'x-step': 4 },
      guidance_scale: { type: 'number', default: 5 },
      seed: { type: 'integer' },
      run_fast: { type: 'boolean', default: true },
    },
  });
  expect(Object.keys(face.schema['properties'] as JsonObject)).toHaveLength(9);
  const read = (given: JsonObject) => readParameters(face, { prompt: 'a fox', ...given });
  expect(read({})).toMatchObject({ ok: true, request: { durationSeconds: 41 / 16, options: {} } });
  expect(read({ num_frames: 1, guidance_scale: 4.5 })).toMatchObject({
    ok: true,
    request: { durationSeconds: 1 / 16, options: { num_frames: 1, guidance_scale: 4.5 } },
  });
  expect(read({ num_frames: 42 })).toMatchObject({
    faults: [{ field: 'num_frames', message: 'must be 1 plus a multiple of 4, such as 41 or 45, not 42' }],
  });
  expect(read({ num_frames: 120 })).toMatchObject({
    faults: [{ field: 'num_frames', message: 'must be 1 plus a multiple of 4, such as 117, not 120' }],
  });
  expect(read({ num_frames: 121 })).toMatchObject({
    faults: [{ field: 'num_frames', message: 'must be between 1 and 120, not 121' }],
  });
  expect(read({ guidance_scale: '5' })).toMatchObject({
    faults: [{ field: 'guidance_scale', message: 'must be a number, not "5"' }],
  });
});

/** Values that a property's schema allows. */
function valid(schema: JsonObject): fc.Arbitrary<JsonValue> {
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as JsonValue[]));
  switch (schema['type']) {
    case 'integer': {
      const [min, max, step] = [
        Number(schema['minimum'] ?? -1e6),
        Number(schema['maximum'] ?? 1e6),
        Number(schema['x-step'] ?? 1),
      ];
      return fc.integer({ min: 0, max: Math.floor((max - min) / step) }).map((steps) => min + steps * step);
    }
    case 'number':
      return fc.double({ min: Number(schema['minimum'] ?? -1e6), max: Number(schema['maximum'] ?? 1e6), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(fc.webUrl(), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: Number(schema['maxItems'] ?? 3),
      });
    default:
      if (schema['format'] === 'uri') return fc.webUrl();
      return fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
        .filter((text) => text.trim() !== '' && text.isWellFormed() && !text.includes('\0'));
  }
}

/** Requests whose single values are right; whether they go together is left to chance. */
function requests(face: Face): fc.Arbitrary<JsonObject> {
  const properties = face.schema['properties'] as Readonly<Record<string, JsonObject>>;
  const required = face.schema['required'] as readonly string[];
  const fields = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valid(schema)]));
  return fc.record(fields, { requiredKeys: [...required] }) as fc.Arbitrary<JsonObject>;
}

describe.each(faces.map((face) => [`${face.api} ${face.id}`, face] as const))('%s', (_name, face) => {
  test('every request that its schema allows is read, and nothing of it is lost; no other is', () => {
    const isAllowed = new Ajv2020({ strict: false, validateFormats: false }).compile(face.schema);
    fc.assert(
      fc.property(requests(face), (parameters) => {
        const read = readParameters(face, parameters);
        expect(read.ok, JSON.stringify(read)).toBe(isAllowed(parameters));
        fc.pre(read.ok);
        expect(read.request.prompt).toBe(parameters['prompt']);
        const urls = read.request.inputs.map((input) => input.url);
        const given = face.parameters
          .filter(({ type }) => type.startsWith('url'))
          .flatMap(({ name }) => parameters[name] ?? []);
        expect(urls).toEqual(given);
      }),
      { numRuns: 60 },
    );
  });

  test('a request that was read can be written again, and reads the same', () => {
    fc.assert(
      fc.property(requests(face), (parameters) => {
        const read = readParameters(face, parameters);
        fc.pre(read.ok);
        expect(readParameters(face, writeParameters(face, read.request))).toEqual(read);
      }),
      { numRuns: 60 },
    );
  });

  test('a wrong value is named by its field', () => {
    const junk = fc.oneof(
      fc.constant({}),
      fc.constant([[]]),
      fc.double({ min: 1e9, noInteger: true }),
      fc.constant(''),
    );
    const parameter = fc.constantFrom(...face.parameters);
    fc.assert(
      fc.property(requests(face), parameter, junk, (parameters, { name, type }, value) => {
        fc.pre(!(type === 'string' && value === '' && name !== 'prompt'));
        fc.pre(!(type === 'url' && value === ''));
        const read = readParameters(face, { ...parameters, [name]: value as JsonValue });
        expect(read.ok).toBe(false);
        if (!read.ok) expect(read.faults.map((fault) => fault.field.replace(/\[.*/, ''))).toContain(name);
      }),
      { numRuns: 60 },
    );
  });

  test('a field that is not there is refused', () => {
    const read = readParameters(face, { ...face.sample, 'no such field': 1 });
    expect(read).toMatchObject({ ok: false, faults: [{ field: 'no such field' }] });
  });
});
