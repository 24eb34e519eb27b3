import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Nobody listens at either address: what is told here is told before anything is fetched or sent. */
const nowhere = 'http://127.0.0.1:1';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ XAI_API_KEY: 'xai-key', XAI_BASE_URL: nowhere });
});

afterAll(() => server?.stop());

const edit = { model: 'grok-imagine-edit-video', prompt: 'snow', video_url: `${nowhere}/clip.mp4` };
const warning = 'resolution is ignored by the provider xai';

test.each([
  [{ resolution: '720p' }, [warning]],
  [{ resolution: 'auto' }, []],
  [{}, []],
])('a dry run of an edit with %j warns of %j', async (fields, warnings) => {
  const { body } = await server.request('POST', '/v1/videos/generations', {
    json: { ...edit, ...fields, dry_run: true },
  });
  expect(body).toMatchObject({ provider: 'xai', warnings });
});

test('a text-to-video has the resolution that it asks for', async () => {
  const json = { model: 'grok-imagine-text-to-video', prompt: 'snow', resolution: '720p', dry_run: true };
  const { body } = await server.request('POST', '/v1/videos/generations', { json });
  expect(body).toMatchObject({ provider: 'xai', warnings: [] });
});

test('the accepted task carries the warning, in both APIs', async () => {
  const made = await server.request('POST', '/v1/videos/generations', { json: { ...edit, resolution: '720p' } });
  expect((await server.request('GET', `/v1/tasks/${made.body.id}`)).body).toMatchObject({ warnings: [warning] });
  const { prompt, video_url: input_video } = edit;
  const json = { model: 'xai-grok-imagine-video-edit-video', prompt, input_video, resolution: '720p' };
  const queued = await server.request('POST', '/api/ai/queue', { json });
  const [{ generation_id: id }] = queued.body.generations;
  expect((await server.request('GET', `/api/ai/queue/${id}`)).body).toMatchObject({ warnings: [warning] });
});
