import { afterEach, expect, test } from 'vitest';
import { createDirectLinks } from '../media/direct-links.ts';
import { createLinks } from '../media/links.ts';
import { createScriptedProvider } from '../testing/scripted-provider.ts';
import { createTaskBenches } from '../testing/task-bench.ts';

const { bench, closeAll } = createTaskBenches();
afterEach(closeAll);

test('a removal that breaks off is asked for again, and loses no result on the way', async () => {
  const provider = createScriptedProvider({ free: true });
  provider.script.status = async () => ({ kind: 'done', outputs: [{ path: '/dev/null' }], costMicros: 0 });
  const at = await bench({ providers: [provider] });
  const id = await at.accept();
  const ended = await at.reached(id, 'succeeded');
  const removed: string[] = [];
  at.media.remove = async () => {
    throw new Error('database is locked');
  };
  await expect(at.tasks.remove(at.caller.accountId, id)).rejects.toThrow('locked');
  at.media.remove = async (assetId) => {
    removed.push(assetId);
  };
  await at.tasks.remove(at.caller.accountId, id);
  expect(removed).toEqual(ended.state === 'succeeded' && ended.outputs.map(({ assetId }) => assetId));
  expect(removed).toHaveLength(1);
  expect(await at.tasks.find(at.caller.accountId, id)).toBeUndefined();
});

const now = () => 1_800_000_000_000;
const links = createLinks({ secret: 'secret', publicUrl: () => 'https://video.example.org', now });
const bucket = { endpoint: 'https://store.example.org', region: 'auto', bucket: 'videos' };
const settings = { ...bucket, accessKeyId: 'id', secretAccessKey: 'secret' };
const kindsOfLinks = [
  ['this server', links],
  ['the store', createDirectLinks({ links, settings, now })],
] as const;

test.each(kindsOfLinks)('an upload stays while a live task needs it, by a link to %s', async (_, { sign }) => {
  let room = 0;
  const at = await bench({ providers: [createScriptedProvider({ room: () => room })] });
  const upload = { ...(await at.media.ingest({} as never)), id: 'file-1800000000-a', purpose: 'upload' as const };
  const removed: string[] = [];
  Object.assign(at.media, {
    get: async () => upload,
    prepareInput: async () => upload,
    remove: async (id: string) => void removed.push(id),
  });
  const inputs = [{ role: 'image' as const, url: sign(upload), field: 'image_url' }];
  const id = await at.accept({ request: { operation: 'image-to-video', prompt: 'a sea', inputs, options: {} } });
  const refused = { code: 'not_terminal', message: expect.stringContaining(id) };
  const remove = () => at.tasks.removeUpload(at.caller.accountId, upload.id);
  expect((await at.get(id)).state).toBe('queued');
  await expect(remove()).rejects.toMatchObject(refused);
  room = 1;
  await at.reached(id, 'running');
  await expect(remove()).rejects.toMatchObject(refused);
  expect(removed).toEqual([]);
  await at.tasks.cancel(at.caller.accountId, id);
  await remove();
  expect(removed).toEqual([upload.id]);
});
