import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PathProxy, startPathProxy } from '../../src/testing/path-proxy.ts';
import { prepareSamplePrograms } from '../../src/testing/sample-programs.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/** Behind a proxy that shows the server under a path, and takes that away. Whatever leaves out the path finds nothing. */

const key = 'sk-test-behind-a-proxy-0123456789';
const authorization = { Authorization: `Bearer ${key}` };
const clip = { model: 'grok-imagine-text-to-video', prompt: 'a calm sea', duration: 1, resolution: '480p' };

let folder: string;
let proxy: PathProxy;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-base-path-'));
  proxy = await startPathProxy('/on/reelay');
  server = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    REELAY_PUBLIC_URL: `${proxy.url}/`,
  });
  proxy.forwardTo(server.url);
});

afterAll(async () => {
  await server?.stop();
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Found {
  readonly url: string;
  readonly type: string;
  readonly text: string;
}

async function read(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Found> {
  const answer = await fetch(url, { headers });
  const type = answer.headers.get('content-type') ?? '';
  expect([url, answer.status]).toEqual([url, 200]);
  return { url: answer.url, type, text: await answer.text() };
}

/** Where a document leads: by its elements, its links in Markdown, or the files that a script or a style sheet loads. */
function linksOf({ url, type, text }: Found): readonly string[] {
  const patterns: Readonly<Record<string, RegExp>> = {
    'text/html': /\s(?:href|src)="([^"]+)"/g,
    'text/markdown': /\]\(([^)\s]+)\)/g,
    'text/plain': /\]\(([^)\s]+)\)/g,
    'text/javascript': /["'`](\.\/[\w-]+-[\w-]{8}\.(?:js|css))["'`]/g,
    'text/css': /url\(["']?([^"')]+)/g,
  };
  const pattern = patterns[type.split(';')[0] ?? ''];
  if (pattern === undefined) return [];
  return [...text.matchAll(pattern)].map(([, link = '']) => new URL(link.replaceAll('&amp;', '&'), url).href);
}

/** Follows every link from some pages on, as far as they stay with this host; answers what was found. */
async function follow(starts: readonly string[], accept: string): Promise<readonly Found[]> {
  const { host } = new URL(proxy.url);
  const seen = new Map<string, Found>();
  const open = [...starts];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (seen.has(url) || new URL(url).host !== host) continue;
    const found = await read(url, { Accept: accept });
    seen.set(url, found);
    open.push(...linksOf(found));
  }
  return [...seen.values()];
}

describe('every link leads somewhere', () => {
  test('of the pages for people', async () => {
    const found = await follow([`${proxy.url}/workbench/?model=x`, `${proxy.url}/docs`], 'text/html, */*;q=0.8');
    const paths = found.map(({ url }) => url.slice(proxy.url.length));
    expect(paths).toContain('/workbench?model=x');
    expect(paths).toContain('/docs/assets/scalar.js');
    expect(paths).toContain('/docs/guides/from-oxen.md');
    expect(paths.filter((path) => /^\/workbench\/assets\/.*\.js$/.test(path)).length).toBeGreaterThan(5);
    expect(paths.filter((path) => path.endsWith('.css'))).not.toEqual([]);
  });

  test('of the documents for programs', async () => {
    const found = await follow([`${proxy.url}/llms.txt`], '*/*');
    const paths = found.map(({ url }) => url.slice(proxy.url.length));
    expect(paths).toContain('/openapi.json');
    expect(paths).toContain('/docs/guides/your-own-keys.md');
    expect(paths).toContain('/docs/models/grok-imagine-text-to-video.md');
    expect(found.filter(({ type }) => type.startsWith('text/html'))).toEqual([]);
  });

  test('of the OpenAPI document, as it stands and on its page', async () => {
    const { text } = await read(`${proxy.url}/openapi.json`);
    const { servers, info } = JSON.parse(text);
    expect(servers).toEqual([{ url: proxy.url, description: 'This server' }]);
    const base = { type: 'text/markdown', text: String(info.description) };
    for (const url of [`${proxy.url}/openapi.json`, `${proxy.url}/docs`]) {
      const links = linksOf({ ...base, url });
      expect(links.length).toBeGreaterThan(6);
      for (const link of links) await read(link);
    }
  });
});

test('a video of each API has a link that works, also as an input', async () => {
  const post = async (path: string, body: object) => {
    const headers = { ...authorization, 'Content-Type': 'application/json' };
    const answer = await fetch(proxy.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: JSON.parse(text) };
  };
  const { body: made } = await post('/api/ai/videos/generate', clip);
  const [{ url }] = made.videos;
  expect(url.startsWith(`${proxy.url}/files/`)).toBe(true);
  const part = await fetch(url, { headers: { Range: 'bytes=0-9' } });
  expect([part.status, (await part.bytes()).length]).toEqual([206, 10]);
  const edit = { model: 'grok-imagine-edit-video', prompt: 'at night', video_url: url };
  const created = await post('/v1/videos/generations', edit);
  expect(created).toMatchObject({ status: 200 });
  await expect
    .poll(async () => JSON.parse((await read(`${proxy.url}/v1/tasks/${created.body.id}`, authorization)).text), {
      timeout: 50_000,
    })
    .toMatchObject({ status: 'completed', results: [{ url: expect.stringContaining(`${proxy.url}/files/`) }] });
});

test("a program from a model's page makes a video", async () => {
  const programs = await prepareSamplePrograms(folder);
  const { text } = await read(`${proxy.url}/docs/models/grok-imagine-text-to-video.md`);
  const [, program = ''] = /^### Async, cURL\n\n```bash\n(.*?)^```$/ms.exec(text) ?? [];
  const printed = await programs.succeed('bash', program, { env: { REELAY_API_KEY: key }, timeoutMs: 50_000 });
  expect(printed.startsWith(`${proxy.url}/files/`)).toBe(true);
  expect((await fetch(printed.trim(), { method: 'HEAD' })).status).toBe(200);
});
