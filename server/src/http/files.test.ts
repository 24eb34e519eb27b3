import { open, truncate, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { Asset } from '../contract/index.ts';
import type { MediaLibrary } from '../media/library.ts';
import type { Links } from '../media/links.ts';
import { testFolder } from '../media/media.fixture.ts';
import { registerFiles } from './files.ts';

/** Far more than the system takes ahead for a connection. */
const sizeBytes = 256 * 1024 ** 2;

test('an attack by readers who take nothing more: their connections end, and their files are closed', async () => {
  const path = join(await testFolder(), 'file');
  await writeFile(path, '');
  await truncate(path, sizeBytes);
  let opened = 0;
  let closed = 0;
  const asset = { sizeBytes, filename: 'a.mp4', sha256: '', createdAt: 0, probe: { contentType: 'video/mp4' } };
  const media = {
    get: async () => asset as Asset,
    openFile: async () => {
      const handle = await open(path);
      opened += 1;
      const close = handle.close.bind(handle);
      handle.close = async () => {
        closed += 1;
        await close();
      };
      return handle;
    },
  };
  const app = fastify();
  onTestFinished(() => app.close());
  registerFiles(app, {
    media: media as unknown as MediaLibrary,
    links: { verify: () => ({ assetId: 'a' }) } as unknown as Links,
    patienceMs: 200,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const readers = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
  onTestFinished(() => {
    for (const reader of readers) reader.destroy();
  });
  for (const reader of readers) reader.pause().write('GET /files/a/a.mp4 HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => opened, { timeout: 10_000 }).toBe(20);
  await expect.poll(() => closed, { timeout: 10_000 }).toBe(20);
});
