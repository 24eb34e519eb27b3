import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { Asset } from '../contract/index.ts';
import { type AssetStore, keptMs } from './asset-store.ts';
import { findMediaTools, type MediaTools } from './ffmpeg.ts';

/** What the tests of this folder share. Nothing here leaves the loopback interface. */

const run = promisify(execFile);

/** A folder that is gone when the test has ended. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-media-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function testTools(): Promise<MediaTools> {
  const tools = await findMediaTools();
  if ('missing' in tools) throw new Error(tools.missing);
  return tools;
}

/** Runs ffmpeg quietly; the last argument is the file it writes. */
export async function ffmpeg(...args: readonly string[]): Promise<string> {
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args]);
  return args.at(-1) ?? '';
}

export function testPattern(size: string, seconds: number, rate = 24): readonly string[] {
  return ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=${rate}:duration=${seconds}`];
}

export function tone(seconds: number): readonly string[] {
  return ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
}

export const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'] as const;

export interface TestServer {
  readonly port: number;
  readonly origin: string;
  /** Requests that arrived. */
  hits(): number;
  /** Connections that were made, with or without a request. */
  connections(): number;
}

/** A loopback server that is gone when the test has ended. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  let hits = 0;
  let connections = 0;
  const server = createServer((request, response) => {
    hits += 1;
    listener(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, hits: () => hits, connections: () => connections };
}

/** Rows of assets in memory. */
export function memoryAssetStore(): AssetStore & { all(): readonly Asset[] } {
  const rows = new Map<string, Asset>();
  const loose = new Map<string, number>();
  return {
    all: () => [...rows.values()],
    announce: async (key, dueAt) => void loose.set(key, dueAt),
    insert: async (asset) => {
      if (!loose.delete(asset.storageKey)) throw new Error('not announced');
      rows.set(asset.id, asset);
    },
    get: async (id) => rows.get(id),
    keep: async ({ accountId, ids, at }) => {
      for (const asset of rows.values()) {
        if (!ids.includes(asset.id) || asset.accountId !== accountId || asset.expiresAt >= at + keptMs / 2) continue;
        rows.set(asset.id, { ...asset, expiresAt: at + keptMs });
      }
    },
    remove: async ({ id, storageKey }, dueAt) => {
      if (rows.delete(id)) loose.set(storageKey, dueAt);
    },
    loose: async (now, limit) => [...loose].flatMap(([key, dueAt]) => (dueAt <= now ? [key] : [])).slice(0, limit),
    forget: async (key) => void loose.delete(key),
    expired: async (now, limit) =>
      [...rows.values()]
        .filter(({ expiresAt }) => expiresAt <= now)
        .sort((left, right) => left.expiresAt - right.expiresAt)
        .slice(0, limit),
  };
}

/** The error a promise fails with, reduced to what a client sees. */
export async function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    return { code: String(code), message };
  }
  throw new Error('it did not fail');
}
