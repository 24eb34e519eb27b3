import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../src/catalogue/catalogue.ts';
import { openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { samplePicture } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});

afterAll(async () => {
  await server?.stop();
});

const clip = { model: 'grok-imagine-text-to-video', duration: 1, resolution: '480p' };

async function create(json: Record<string, unknown>): Promise<string> {
  const { body } = await server.request('POST', '/v1/videos/generations', { json: { ...clip, ...json } as never });
  return body.id;
}

async function ids(query: string): Promise<readonly string[]> {
  const answer = await server.request('GET', `/v1/tasks?limit=100&${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.data.map(({ id }: { readonly id: string }) => id);
}

describe('models in detail', () => {
  test('every model says what a page needs to draw its form', async () => {
    const { body } = await server.request('GET', '/v1/models?include=details');
    const { models } = await loadCatalogue();
    expect(body.data).toHaveLength(models.length);
    for (const model of body.data) {
      expect(model, model.id).toMatchObject({
        display_name: expect.any(String),
        operation: expect.stringMatching(/^(text|image|reference)-to-video$|^edit$|^extend$/),
        developer: { name: expect.any(String), slug: expect.any(String) },
        summary: expect.any(String),
        description: expect.any(String),
        pricing: { currency: 'USD', per_output_second: expect.any(Object), source: expect.any(String) },
        provider: 'local',
        providers: ['local'],
        typical_seconds: expect.any(Number),
      });
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(model.schema);
      expect(validate(model.sample), JSON.stringify(validate.errors)).toBe(true);
      const fields = Object.values<Record<string, unknown>>(model.schema.properties).map((one) => one['x-parameter']);
      expect(fields).toContain('prompt');
    }
  });

  test('the schema names our fields, the advanced ones and the rules of media', async () => {
    const { body } = await server.request('GET', '/v1/models?include=details');
    const find = (id: string) => body.data.find((model: { readonly id: string }) => model.id === id);
    expect(find('grok-imagine-edit-video').schema.properties.video_url).toMatchObject({
      'x-parameter': 'video',
      'x-placeholder': 'https://example.com/input-video.mp4',
      'x-media-rules': { normalise: { fitWithin: { longSide: 854, shortSide: 480 }, maximumSeconds: 8 } },
    });
    const veo = find('veo-3.1');
    expect(veo.modes['first-last-frame']).toEqual({
      operation: 'image-to-video',
      images: { minimum: 2, maximum: 2, parts: ['image', 'last-image'] },
    });
    expect(veo.schema.properties).toMatchObject({
      seed: { 'x-parameter': 'seed', 'x-advanced': true, 'x-placeholder': '42' },
      auto_fix: { 'x-advanced': true },
    });
    expect(veo.schema.properties.resolution).not.toHaveProperty('x-advanced');
    expect(veo.schema.properties.auto_fix).not.toHaveProperty('x-parameter');
    expect(veo.pricing.per_output_second_with_audio['4k']).toBe(0.6);
  });

  test('without it, and with something else', async () => {
    const plain = await server.request('GET', '/v1/models');
    expect(Object.keys(plain.body.data[0])).toEqual([
      'id',
      'object',
      'created',
      'owned_by',
      'supported_endpoint_types',
    ]);
    for (const query of ['include=all', 'include=', 'include=details&include=details']) {
      expect(await server.request('GET', `/v1/models?${query}`), query).toMatchObject({
        status: 422,
        body: { error: { code: 'invalid_parameters', details: [{ field: 'include' }] } },
      });
    }
  });
});

test('who runs a model, and why nobody does', async () => {
  const vendors = await startTestServer({ XAI_API_KEY: 'xai-not-a-real-key', XAI_BASE_URL: 'http://127.0.0.1:9' });
  try {
    const { body } = await vendors.request('GET', '/v1/models?include=details');
    const find = (id: string) => body.data.find((model: { readonly id: string }) => model.id === id);
    expect(find('grok-imagine-edit-video')).toMatchObject({ provider: 'xai', providers: ['xai', 'local'] });
    expect(find('veo-3.1-extend')).toMatchObject({
      provider: null,
      provider_problem: expect.stringContaining('no configured provider serves veo-3.1-extend'),
      providers: ['local'],
    });
  } finally {
    await vendors.stop();
  }
});

describe('tasks in detail', () => {
  test('a finished task has its request, its times and its cost', async () => {
    const id = await create({ prompt: 'a lighthouse' });
    await server.ended(id);
    const { body } = await server.request('GET', `/v1/tasks/${id}?include=request`);
    expect(body).toMatchObject({
      request: {
        model: clip.model,
        operation: 'text-to-video',
        api: 'foxapi',
        parameters: { prompt: 'a lighthouse', duration: 1, resolution: '480p' },
      },
      started: expect.any(Number),
      completed: expect.any(Number),
      queue_position: null,
      cost_usd: 0,
    });
    const again = await server.request('POST', '/v1/videos/generations', {
      json: { model: body.request.model, ...body.request.parameters, dry_run: true },
    });
    expect(again.status).toBe(200);
  });

  test('a task of the other API is told in the names of this one', async () => {
    const json = {
      model: 'xai-grok-imagine-video-image-to-video',
      prompt: 'waves [reelay:fail]',
      input_image: 'https://example.com/first.png',
      duration: 3,
    };
    const { body } = await server.request('POST', '/api/ai/queue', { json });
    const [{ generation_id: id }] = body.generations;
    const task = await server.request('GET', `/v1/tasks/${id}?include=request`);
    expect(task.body.request).toEqual({
      model: 'grok-imagine-image-to-video',
      operation: 'image-to-video',
      api: 'oxen',
      parameters: {
        prompt: json.prompt,
        image_url: json.input_image,
        duration: 3,
        aspect_ratio: '16:9',
        resolution: '480p',
      },
    });
  });

  test('data URIs are whole in a task and cut in a list', async () => {
    const png = `data:image/png;base64,${'A'.repeat(10_000)}`;
    const id = await create({ ...clip, model: 'grok-imagine-image-to-video', prompt: 'a still', image_url: png });
    const one = await server.request('GET', `/v1/tasks/${id}?include=request`);
    expect(one.body.request.parameters.image_url).toBe(png);
    const list = await server.request('GET', '/v1/tasks?limit=1&include=request');
    expect(list.body.data[0].request.parameters.image_url).toBe(`${png.slice(0, 64)}...`);
  });

  test('links to own files are fresh, those to the files of others are as they were', async () => {
    const form = new FormData();
    const picture = await samplePicture(server.folder, 'first.png');
    form.set('file', new Blob([await readFile(picture)]), 'first.png');
    const { body: file } = await server.request('POST', '/v1/files/upload/stream', { body: form });
    const old = new URL(file.url);
    const id = await create({ model: 'grok-imagine-image-to-video', prompt: 'a still', image_url: file.url });
    const { body } = await server.request('GET', `/v1/tasks/${id}?include=request`);
    const fresh = new URL(body.request.parameters.image_url);
    expect(fresh.pathname).toBe(old.pathname);
    expect((await fetch(fresh)).status).toBe(200);
  });

  test.each(['include=details', 'include=request&include=request'])('%s is refused', async (query) => {
    expect((await server.request('GET', `/v1/tasks?${query}`)).status).toBe(422);
    expect((await server.request('GET', `/v1/tasks/any?${query}`)).status).toBe(422);
  });
});

describe('filters', () => {
  test('search finds words of the prompt, whatever their case', async () => {
    const fox = await create({ prompt: 'A RED Fox runs 100% of the way_home' });
    const owl = await create({ prompt: 'Ein Käuzchen über dem Fluß' });
    expect(await ids('search=red+fox')).toEqual([fox]);
    expect(await ids('search=fox%20RED')).toEqual([fox]);
    expect(await ids('search=fo')).toContain(fox);
    expect(await ids(`search=${encodeURIComponent('KÄUZCHEN')}`)).toEqual([owl]);
    expect(await ids(`search=${encodeURIComponent('100%')}`)).toEqual([fox]);
    expect(await ids(`search=${encodeURIComponent('%')}`)).toEqual([fox]);
    expect(await ids('search=way_home')).toEqual([fox]);
    expect(await ids('search=r_d')).toEqual([]);
    expect(await ids('search=red+owl')).toEqual([]);
    expect(await ids(`search=${encodeURIComponent("'; drop table tasks; --")}`)).toEqual([]);
    expect(await ids(`search=${encodeURIComponent('\\')}`)).toEqual([]);
  });

  test('operation, with the others', async () => {
    const still = await create({
      model: 'grok-imagine-image-to-video',
      prompt: 'filtered [reelay:fail]',
      image_url: 'https://example.com/a.png',
    });
    expect(await ids('operation=image-to-video&search=filtered')).toEqual([still]);
    expect(await ids('operation=edit')).toEqual([]);
    expect(await ids('operation=text-to-video&search=filtered')).toEqual([]);
  });

  test.each([
    ['search=', 'search'],
    ['search=%20%20', 'search'],
    [`search=${'x'.repeat(201)}`, 'search'],
    [`search=${Array.from({ length: 17 }, (_, at) => `w${at}`).join('+')}`, 'search'],
    ['search=a&search=b', 'search'],
    ['operation=paint', 'operation'],
    ['operation=edit&operation=edit', 'operation'],
    ['limit=5&limit=6', 'limit'],
    ['status=completed&status=failed', 'status'],
  ])('%s is refused', async (query, field) => {
    const { status, body } = await server.request('GET', `/v1/tasks?${query}`);
    expect(status).toBe(422);
    expect(body.error.details[0].field).toBe(field);
  });

  test('of many tasks a few are found, page by page', async () => {
    const beside = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
    try {
      const row = await beside.db
        .selectFrom('tasks')
        .selectAll()
        .where('completed_at', 'is not', null)
        .executeTakeFirstOrThrow();
      const many = Array.from({ length: 2_600 }, (_, at) => ({
        ...row,
        id: `many-${String(at).padStart(5, '0')}`,
        created_at: 1_000 + Math.floor(at / 3),
        prompt_text: at % 500 === 0 ? 'needle in the hay' : 'hay',
      }));
      for (let at = 0; at < many.length; at += 200) {
        await beside.db
          .insertInto('tasks')
          .values(many.slice(at, at + 200))
          .execute();
      }
      const found = [2_500, 2_000, 1_500, 1_000, 500, 0].map((at) => `many-${String(at).padStart(5, '0')}`);
      expect(await ids('search=needle')).toEqual(found);
      const first = await server.request('GET', '/v1/tasks?search=needle&limit=4');
      expect(first.body).toMatchObject({ has_more: true, next_cursor: found[3] });
      const rest = await server.request('GET', `/v1/tasks?search=needle&limit=4&cursor=${found[3]}`);
      expect(rest.body.data.map(({ id }: { readonly id: string }) => id)).toEqual(found.slice(4));
      expect(rest.body).toMatchObject({ has_more: false, next_cursor: null });
    } finally {
      await beside.close();
    }
  });
});
