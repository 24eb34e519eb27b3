import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/open.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ REELAY_LOCAL_QUALITY: 'full', REELAY_RENDER_CONCURRENCY: '1' });
});

afterAll(() => server?.stop());

type Body = Awaited<ReturnType<TestServer['request']>>['body'];

const model = 'grok-imagine-text-to-video';

async function make(prompt: string): Promise<string> {
  const json = { model, prompt, duration: 1, resolution: '480p' };
  return (await server.request('POST', '/v1/videos/generations', { json })).body.id;
}

const nothing = 'Nothing in the prompt can be drawn: the scene was chosen by chance.';

test('a prompt that means nothing becomes a video with a warning', async () => {
  const done = await server.ended(await make('qwertz asdf'));
  expect(done).toMatchObject({ status: 'completed', results: [{ content_type: 'video/mp4' }] });
  expect(done).toMatchObject({ warnings: [nothing], metadata: { understood: [], ignored: ['qwertz', 'asdf'] } });
});

test('a task tells what was understood and what was not, in both APIs; a list does not', async () => {
  const id = await make('A dragon over the sea at night [reelay:slow=60]');
  const metadata = {
    understood: [
      { text: 'sea', as: 'scene: sea' },
      { text: 'night', as: 'time of day: night' },
    ],
    ignored: ['dragon'],
  };
  for (const path of [`/v1/tasks/${id}`, `/v1/tasks/${id}?include=request`, `/api/ai/queue/${id}`]) {
    const { body } = await server.request('GET', path);
    expect(body).toMatchObject({ metadata });
    expect(body).not.toHaveProperty('warnings');
  }
  const { body } = await server.request('GET', `/api/ai/generations/${id}`);
  expect(body.generation).toMatchObject({ metadata });
  const listed = await server.request('GET', '/v1/tasks');
  expect(listed.body.data[0]).not.toHaveProperty('metadata');
  await server.request('POST', `/v1/tasks/${id}/cancel`);
});

test.each([
  ['/v1/videos/generations', '/v1/tasks', (body: Body) => body.id],
  ['/api/ai/queue', '/api/ai/queue', (body: Body) => body.generations[0].generation_id],
])('what a negative prompt leaves out is told by %s', async (path, shown, idOf) => {
  const json = {
    ...{ model: 'veo-3.1-text-to-video', prompt: '雨中的大海 [reelay:slow=60]', duration: 4, resolution: '720p' },
    negative_prompt: '雨, blur, qwertz',
  };
  const made = await server.request('POST', path, { json });
  const { body } = await server.request('GET', `${shown}/${idOf(made.body)}`);
  expect(body.metadata).toEqual({
    understood: [
      { text: '雨', as: 'left out' },
      { text: '大海', as: 'scene: sea' },
      { text: 'blur', as: 'left out' },
    ],
    ignored: ['qwertz'],
  });
  expect(body).not.toHaveProperty('warnings');
  await server.request('DELETE', `/api/ai/queue/${idOf(made.body)}`);
});

test('a draft follows no words, and says nothing of them', async () => {
  const { body } = await server.request('GET', `/v1/tasks/${await make('sunset [reelay:fast]')}`);
  expect(body).not.toHaveProperty('metadata');
});

test('an ended task tells the reading that was kept with it; one of an earlier version is read anew', async () => {
  const id = await make('A dragon over the sea');
  const done = await server.ended(id);
  const paths = [`/v1/tasks/${id}`, `/api/ai/queue/${id}`];
  const show = async () => Promise.all(paths.map(async (path) => (await server.request('GET', path)).body));
  const kept = { understood: [{ text: 'dragon', as: 'scene: dragon' }], ignored: [] };
  await write(server.folder, id, JSON.stringify({ ...kept, warnings: ['kept'] }));
  for (const body of await show()) expect(body).toMatchObject({ metadata: kept, warnings: ['kept'] });
  await write(server.folder, id, 'null');
  for (const body of await show()) expect(body).not.toHaveProperty('metadata');
  await write(server.folder, id, null);
  for (const body of await show()) expect(body.metadata).toEqual(done.metadata);
});

async function write(folder: string, id: string, reading: string | null): Promise<void> {
  const { db, close } = await openDatabase({ folder, url: await databaseOf(folder) });
  await db.updateTable('tasks').set({ reading }).where('id', '=', id).execute();
  await close();
}
