import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Asset, MediaInput } from '../contract/index.ts';
import { ReelayError } from '../errors.ts';
import { parseAddressRules } from './address.ts';
import { createFetcher } from './fetch.ts';
import type { MediaTools } from './ffmpeg.ts';
import { createMediaLibrary, type MediaLibrary } from './library.ts';
import { createLinks } from './links.ts';
import {
  failure,
  ffmpeg,
  h264,
  memoryAssetStore,
  serve,
  type TestServer,
  testFolder,
  testPattern,
  testTools,
  tone,
} from './media.fixture.ts';
import { asStorageError, type MediaStorage } from './storage.ts';
import { createFileStorage } from './storage-fs.ts';

const dayMs = 86_400_000;
const startTime = Date.UTC(2026, 10, 1);
let tools: MediaTools;

beforeAll(async () => {
  tools = await testTools();
});

interface Setup {
  readonly library: MediaLibrary;
  readonly assets: ReturnType<typeof memoryAssetStore>;
  readonly links: ReturnType<typeof createLinks>;
  /** Its methods may be exchanged. */
  readonly storage: { -readonly [Method in keyof MediaStorage]: MediaStorage[Method] };
  readonly folder: string;
  readonly server: TestServer;
  readonly clock: { now: number };
  /** Names of temporary files that are left. */
  leftovers(): Promise<readonly string[]>;
  /** Names of stored files. */
  stored(): Promise<readonly string[]>;
}

/** A library with a loopback server that serves the folder it works in. */
async function setUp(overrides: { readonly storage?: Partial<MediaStorage> } = {}): Promise<Setup> {
  const folder = await testFolder();
  const server = await serve((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url ?? '/', 'http://h').pathname));
    createReadStream(path)
      .on('error', () => response.writeHead(404).end('no such file'))
      .pipe(response);
  });
  const clock = { now: startTime };
  const storage = { ...(await createFileStorage(join(folder, 'media'))), ...overrides.storage };
  const assets = memoryAssetStore();
  const links = createLinks({ secret: 's', publicUrl: () => 'https://video.example', now: () => clock.now });
  const fetcher = createFetcher({
    allow: parseAddressRules(`127.0.0.1:${server.port}`),
    maxBytes: 50e6,
    timeoutMs: 20_000,
  });
  onTestFinished(() => fetcher.close());
  let ids = 0;
  const library = createMediaLibrary({
    storage,
    assets,
    fetcher,
    tools,
    links,
    limits: { maxInputBytes: 20e6, inputLifetimeMs: dayMs, minimumFreeBytes: 1 },
    folder: join(folder, 'work'),
    now: () => clock.now,
    newId: () => `asset${++ids}`,
  });
  return {
    library,
    assets,
    links,
    storage,
    folder,
    server,
    clock,
    leftovers: async () => [
      ...(await readdir(join(folder, 'work')).catch(() => [])),
      ...(await readdir(join(folder, 'media', 'incoming'))),
    ],
    stored: async () => {
      const names = await readdir(join(folder, 'media', 'objects'), { recursive: true });
      return names.filter((name) => name.includes('.')).map((name) => name.split('/').at(-1) ?? '');
    },
  };
}

function unreachable(method: 'put' | 'remove'): Partial<MediaStorage> {
  return { [method]: () => Promise.reject(new ReelayError('storage_unavailable', 'nobody there')) };
}

function input(url: string, field = 'video_url'): MediaInput {
  return { role: 'video', url, field };
}

const upload = { accountId: 'account', purpose: 'upload', maxBytes: 20e6, lifetimeMs: dayMs } as const;

async function clip(folder: string, name = 'clip.mp4', size = '320x180', seconds = 1): Promise<string> {
  return ffmpeg(...testPattern(size, seconds), ...tone(seconds), ...h264, '-c:a', 'aac', join(folder, name));
}

describe('ingest', () => {
  it('stores a stream with its probe, hash, size and a safe name, and leaves no temporary file', async () => {
    const { library, folder, leftovers, assets } = await setUp();
    const path = await clip(folder);
    const stream = createReadStream(path);
    const asset = await library.ingest({ ...upload, source: { stream }, filename: '../../etc/holiday.exe' });
    expect(asset).toMatchObject({
      id: 'asset1',
      storageKey: 'asset1.mp4',
      filename: 'holiday.mp4',
      sizeBytes: (await stat(path)).size,
      createdAt: startTime,
      expiresAt: startTime + dayMs,
      probe: { kind: 'video', width: 320, height: 180, videoCodec: 'h264', audioCodec: 'aac' },
    });
    expect(asset.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(assets.all()).toEqual([asset]);
    const stored = await library.open(asset);
    expect(stored && (await buffer(stored))).toEqual(await readFile(path));
    const part = await library.open(asset, { start: 4, end: 7 });
    expect(part && (await buffer(part)).toString('latin1')).toBe('ftyp');
    expect(await readFile(await library.materialise(asset, folder))).toEqual(await readFile(path));
    expect(await leftovers()).toEqual([]);
  });

  it('leaves the file of a path where it is', async () => {
    const { library, folder } = await setUp();
    const path = await clip(folder);
    await library.ingest({ ...upload, purpose: 'output', source: { path } });
    expect((await stat(path)).size).toBeGreaterThan(0);
  });

  it('refuses what is no media, is too large or damaged, and keeps nothing of it', async () => {
    const { library, folder, leftovers, stored, assets } = await setUp();
    const path = await clip(folder);
    const bytes = await readFile(path);
    const page = Readable.from([Buffer.from('<!doctype html><title>x</title>')]);
    expect(await failure(library.ingest({ ...upload, source: { stream: page }, filename: 'a.mp4' }))).toEqual({
      code: 'invalid_file_type',
      message: 'file: is an HTML page, not a media file',
    });
    const large = library.ingest({ ...upload, source: { stream: createReadStream(path) }, maxBytes: 1_000 });
    expect((await failure(large)).code).toBe('file_too_large');
    const cut = Readable.from([bytes.subarray(0, bytes.length / 2)]);
    expect((await failure(library.ingest({ ...upload, source: { stream: cut } }))).code).toBe('input_unreadable');
    const broken = new Readable({
      read() {
        this.destroy(new Error('the client went away'));
      },
    });
    expect((await failure(library.ingest({ ...upload, source: { stream: broken } }))).message).toContain('went away');
    expect([await leftovers(), await stored(), assets.all()]).toEqual([[], [], []]);
  });

  it('removes the bytes again when the row cannot be written', async () => {
    const { library, folder, assets, stored, leftovers } = await setUp();
    assets.insert = async () => {
      throw new Error('the database is gone');
    };
    const path = await clip(folder);
    expect((await failure(library.ingest({ ...upload, source: { path } }))).message).toBe('the database is gone');
    expect([await stored(), await leftovers()]).toEqual([[], []]);
  });

  it('says that the storage is full when its own folder cannot grow', async () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const put = async () => {
      throw asStorageError(full);
    };
    const { library, folder, assets, leftovers } = await setUp({ storage: { put } });
    const path = await clip(folder);
    expect((await failure(library.ingest({ ...upload, source: { path } }))).code).toBe('storage_full');
    expect([assets.all(), await leftovers()]).toEqual([[], []]);
  });

  it('says that the storage is full before it reads a byte', async () => {
    const { library } = await setUp({ storage: { freeBytes: async () => 0 } });
    const stream = Readable.from([Buffer.from('x')]);
    expect((await failure(library.ingest({ ...upload, source: { stream } }))).code).toBe('storage_full');
    expect(stream.destroyed).toBe(true);
  });

  it('fetches an upload from a URL and names it after the URL', async () => {
    const { library, folder, server } = await setUp();
    await clip(folder, 'my clip.mp4');
    const asset = await library.ingest({ ...upload, source: { url: `${server.origin}/my%20clip.mp4` } });
    expect(asset.filename).toBe('my clip.mp4');
  });
});

describe('prepareInput', () => {
  it('fetches, checks and stores a video that fits as it is', async () => {
    const { library, folder, server, leftovers } = await setUp();
    const path = await clip(folder);
    const request = { accountId: 'account', kind: 'video', input: input(`${server.origin}/clip.mp4`) } as const;
    const asset = await library.prepareInput({ ...request, rules: { normalise: { maximumSeconds: 8 } } });
    expect(asset).toMatchObject({ purpose: 'input', sizeBytes: (await stat(path)).size, filename: 'clip.mp4' });
    expect(await leftovers()).toEqual([]);
  });

  it('converts what the model takes smaller and shorter', async () => {
    const { library, folder, server, stored, leftovers } = await setUp();
    await clip(folder, 'large.mp4', '720x1280', 3);
    const asset = await library.prepareInput({
      accountId: 'account',
      kind: 'video',
      input: input(`${server.origin}/large.mp4`),
      rules: { normalise: { fitWithin: { longSide: 854, shortSide: 480 }, maximumSeconds: 2 } },
    });
    expect(asset.probe).toMatchObject({ width: 480, height: 854, videoCodec: 'h264', audioCodec: 'aac' });
    expect(asset.probe.durationSeconds).toBeCloseTo(2, 1);
    expect([await stored(), await leftovers()]).toEqual([['asset1.mp4'], []]);
  });

  it('reads its own link from storage, whatever the host, and never over the network', async () => {
    const { library, folder, server, links, clock } = await setUp();
    const asset = await library.ingest({ ...upload, source: { path: await clip(folder) }, lifetimeMs: 3 * dayMs });
    const link = new URL(library.link(asset));
    link.host = `127.0.0.1:${server.port}`;
    const request = { accountId: 'account', kind: 'video', input: input(link.href) } as const;
    expect(await library.prepareInput(request)).toEqual(asset);
    const stranger = { ...request, accountId: 'stranger' };
    expect(await library.prepareInput(stranger)).toEqual(asset);

    clock.now += 2 * dayMs;
    expect(links.recognise(link.href)).toEqual({ assetId: asset.id, expired: true });
    expect(await library.prepareInput(request)).toEqual(asset);
    expect(await failure(library.prepareInput(stranger))).toMatchObject({
      code: 'input_unreachable',
      message: expect.stringMatching(/^video_url: .*expired/),
    });
    clock.now += 2 * dayMs;
    expect((await failure(library.prepareInput(request))).code).toBe('input_unreachable');
    expect(server.hits()).toBe(0);
  });

  it('takes an own file that has expired since it was named, as long as it is there, and keeps it on', async () => {
    const { library, folder, clock } = await setUp();
    const asset = await library.ingest({ ...upload, source: { path: await clip(folder) } });
    const named = {
      accountId: 'account',
      kind: 'video',
      input: input(library.link(asset)),
      namedAt: clock.now,
    } as const;
    clock.now += dayMs + 60_000;
    expect((await failure(library.prepareInput({ ...named, namedAt: clock.now }))).code).toBe('input_unreachable');
    expect((await failure(library.prepareInput({ ...named, accountId: 'stranger' }))).code).toBe('input_unreachable');
    expect((await library.prepareInput(named)).id).toBe(asset.id);
    await library.sweepExpired(clock.now + 1_800_000);
    expect(await library.get(asset.id)).toBeDefined();
  });

  it('converts the file behind its own link into a new one', async () => {
    const { library, folder } = await setUp();
    const asset = await library.ingest({ ...upload, source: { path: await clip(folder) } });
    const rules = { normalise: { fitWithin: { longSide: 160, shortSide: 90 } } };
    const request = { accountId: 'account', kind: 'video', input: input(library.link(asset)), rules } as const;
    const small = await library.prepareInput(request);
    expect(small).toMatchObject({ purpose: 'input', probe: { width: 160, height: 90 } });
    expect(small.id).not.toBe(asset.id);
    expect((await library.get(asset.id))?.probe.width).toBe(320);
  });

  it('takes a data URI', async () => {
    const { library, folder } = await setUp();
    const path = await ffmpeg(...testPattern('64x48', 1), '-frames:v', '1', join(folder, 'p.png'));
    const url = `data:image/jpeg;base64,${(await readFile(path)).toString('base64')}`;
    const request = { accountId: 'account', kind: 'image', input: input(url, 'image_url') } as const;
    expect(await library.prepareInput(request)).toMatchObject({
      filename: 'image.png',
      probe: { kind: 'image', contentType: 'image/png', width: 64, height: 48 },
    });
  });

  it.each([
    ['missing.mp4', 'video', 'input_unreachable', 'video_url: answers 404 Not Found instead of the file'],
    ['page.mp4', 'video', 'input_not_media', 'video_url: is an HTML page, not a media file'],
    ['clip.mp4', 'image', 'input_wrong_kind', 'video_url: is a video (mp4); a picture is taken here'],
    [
      'clip.mp4',
      'video',
      'input_duration',
      'video_url: is 1 s long; this model takes 2 to 15 s, so at least 1 s are missing',
    ],
  ] as const)('refuses %s as %s with %s', async (name, kind, code, message) => {
    const { library, folder, server, stored, leftovers } = await setUp();
    await clip(folder);
    await writeFile(join(folder, 'page.mp4'), '<html><body>sign in</body></html>');
    const rules = { require: { durationSeconds: { minimum: 2, maximum: 15 } } };
    const url = `${server.origin}/${name}`;
    const refused = library.prepareInput({ accountId: 'account', kind, input: input(url), rules });
    expect(await failure(refused)).toEqual({ code, message });
    expect([await stored(), await leftovers()]).toEqual([[], []]);
  });

  it('stops with the reason of an abort and leaves nothing', async () => {
    const { library, leftovers, stored } = await setUp();
    const drip = await serve((_request, response) => void response.writeHead(200).write('x'));
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const blocked = library.prepareInput({
      accountId: 'account',
      kind: 'video',
      input: input(`${drip.origin}/a.mp4`),
      signal: abort.signal,
    });
    expect((await failure(blocked)).code).toBe('blocked_address');

    const stream = new Readable({ read: () => undefined });
    const waiting = library.ingest({ ...upload, source: { stream }, signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect([await stored(), await leftovers()]).toEqual([[], []]);
  });
});

describe('removal', () => {
  it('removes one asset, and what has expired, bytes and rows', async () => {
    const { library, folder, assets, stored } = await setUp();
    const path = await clip(folder);
    const kept: Asset[] = [];
    for (const lifetimeMs of [1_000, 2_000, dayMs]) {
      kept.push(await library.ingest({ ...upload, source: { path }, lifetimeMs }));
    }
    expect(await library.sweepExpired(startTime + 2_000)).toBe(2);
    expect(await stored()).toEqual(['asset3.mp4']);
    await library.remove('asset3');
    await library.remove('asset3');
    expect([assets.all(), await stored()]).toEqual([[], []]);
    const [first] = kept;
    expect(first && (await library.open(first))).toBeUndefined();
    expect(first && (await failure(library.materialise(first, await testFolder()))).code).toBe('input_unreachable');
  });

  it('goes at once for everybody also while the storage cannot be reached; its bytes go with a later sweep', async () => {
    const { library, folder, storage, stored, assets } = await setUp({ storage: unreachable('remove') });
    const asset = await library.ingest({ ...upload, source: { path: await clip(folder) } });
    await library.remove(asset.id);
    expect([assets.all(), await stored()]).toEqual([[], ['asset1.mp4']]);
    await expect(library.sweepExpired(startTime)).rejects.toMatchObject({ code: 'storage_unavailable' });
    storage.remove = (await createFileStorage(join(folder, 'media'))).remove;
    await library.sweepExpired(startTime);
    expect(await stored()).toEqual([]);
  });

  it('goes where it was stored and the answer was lost: never before its time, never twice kept', async () => {
    const lost = await createFileStorage(join(await testFolder(), 'other'));
    const put: MediaStorage['put'] = async (key, source) => {
      await lost.put(key, source);
      throw new ReelayError('storage_unavailable', 'no answer');
    };
    const { library, folder, storage, assets } = await setUp({ storage: { put, remove: lost.remove } });
    const path = await clip(folder);
    await expect(library.ingest({ ...upload, source: { path } })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    storage.put = lost.put;
    await library.ingest({ ...upload, source: { path }, lifetimeMs: 30 * dayMs });
    await library.sweepExpired(startTime);
    expect(await lost.stat('asset1.mp4')).toBeDefined();
    await library.sweepExpired(startTime + dayMs);
    expect(await lost.stat('asset1.mp4')).toBeUndefined();
    expect(await lost.stat('asset2.mp4')).toBeDefined();
    expect(assets.all()).toHaveLength(1);
  });
});

describe('a storage that cannot be reached', () => {
  it('leaves what was received where it is asked to, so that it is received once', async () => {
    const { library, folder, storage, leftovers, clock } = await setUp({ storage: unreachable('put') });
    const sparePath = join(folder, 'attempt', 'result-0');
    const result = { ...upload, purpose: 'output', sparePath } as const;
    const bytes = await readFile(await clip(folder));
    await expect(library.ingest({ ...result, source: { stream: Readable.from([bytes]) } })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    expect(await leftovers()).toEqual([]);
    await expect(library.ingest({ ...result, source: { path: sparePath } })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    storage.put = (await createFileStorage(join(folder, 'media'))).put;
    clock.now += 1;
    const asset = await library.ingest({ ...result, source: { path: sparePath } });
    const stream = await library.open(asset);
    expect((stream && (await buffer(stream)))?.equals(bytes)).toBe(true);
  });
});
