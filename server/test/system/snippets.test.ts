import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ApiName, JsonObject } from '../../src/contract/index.ts';
import { modesOf, type SnippetMode } from '../../src/docs/snippets/routes.ts';
import {
  type SampleMedia,
  type SnippetDepth,
  type SnippetLanguage,
  type SnippetModel,
  snippet,
  snippetBody,
  snippetChoices,
  snippetLanguages,
} from '../../src/docs/snippets/snippet.ts';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { startReceiver } from '../../src/testing/receiver.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { type ProgramRun, prepareSamplePrograms, type SamplePrograms } from '../../src/testing/sample-programs.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/** Longest run of one program, in milliseconds. Several run at once, and a draft in 1080p may wait for its turn. */
const timeoutMs = 150_000;

vi.setConfig({ testTimeout: timeoutMs + 30_000 });

const key = 'sk-test-of-the-snippets-0123456789';

let folder: string;
let files: FileServer;
let server: ServerProcess;
let programs: SamplePrograms;
let media: SampleMedia;
let webhookSecret: string;

/** By the ids of each API, as its own route lists them. */
const models: Record<ApiName, Map<string, SnippetModel>> = { foxapi: new Map(), oxen: new Map() };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-snippets-'));
  programs = await prepareSamplePrograms(folder);
  await sampleVideo(folder, 'clip.mp4', { width: 640, height: 360, seconds: 3 });
  await samplePicture(folder, 'first.jpg', { width: 640, height: 360 });
  await samplePicture(folder, 'second.jpg', { width: 640, height: 360 });
  files = await serveFiles(folder);
  media = { pictures: [`${files.url}/first.jpg`, `${files.url}/second.jpg`], video: `${files.url}/clip.mp4` };
  server = await startServerProcess({ REELAY_DATA_DIR: join(folder, 'data'), REELAY_API_KEY: key });
  webhookSecret = ((await (await request('/v1/webhooks/secret')).json()) as { readonly secret: string }).secret;
  for (const { id, schema } of await listed('/v1/models?include=details')) {
    models.foxapi.set(String(id), { modelId: String(id), schema: schema as JsonObject, media });
  }
  for (const { id, request_schema: schema } of await listed('/api/ai/models')) {
    models.oxen.set(String(id), { modelId: String(id), schema: schema as JsonObject, media });
  }
});

afterAll(async () => {
  await server?.stop();
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

function request(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(server.url + path, { ...init, headers: { Authorization: `Bearer ${key}`, ...init.headers } });
}

async function listed(path: string): Promise<readonly JsonObject[]> {
  const answer = await request(path);
  return ((await answer.json()) as { readonly data: readonly JsonObject[] }).data;
}

function modelOf(api: ApiName, id: string): SnippetModel {
  const model = models[api].get(id);
  if (model === undefined) throw new Error(`${api} does not list ${id}`);
  return model;
}

/** One program, run; `values` make it that of `Your values`. */
async function run(
  cell: { readonly api: ApiName; readonly mode: SnippetMode; readonly language: SnippetLanguage },
  options: {
    readonly model: string;
    readonly depth?: SnippetDepth;
    readonly values?: JsonObject;
    readonly usedKey?: string;
  },
): Promise<ProgramRun> {
  const { model, depth = 'Your values', values = {}, usedKey = key } = options;
  const cwd = await mkdtemp(join(folder, 'run-'));
  await using hook = await receiverFor(cell, cwd);
  const { text, language } = snippet({
    ...{ ...cell, depth, baseUrl: server.url, callbackUrl: `http://127.0.0.1:${hook.port}/`, values },
    ...modelOf(cell.api, model),
  });
  const env = { REELAY_API_KEY: usedKey, REELAY_WEBHOOK_SECRET: webhookSecret, PORT: String(hook.port) };
  // Its receiver is there until it has ended.
  return await programs.run(language, text, { env, cwd, timeoutMs });
}

/** Where a program's webhook comes to: a port that is free for it or, for a shell, a receiver that keeps what comes in files. */
async function receiverFor({ mode, language }: (typeof cells)[number], cwd: string) {
  const receiver = await startReceiver();
  const { port, close } = receiver;
  if (mode !== 'Webhook' || language !== 'cURL') {
    await close();
    return { port, [Symbol.asyncDispose]: async () => undefined };
  }
  receiver.answer = async (request, response) => {
    const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await writeFile(join(cwd, 'delivery.headers'), lines.join(''));
    await writeFile(join(cwd, 'delivery.part'), receiver.received[0]?.body ?? '');
    await rename(join(cwd, 'delivery.part'), join(cwd, 'delivery.json'));
    response.writeHead(204).end();
  };
  return { port, [Symbol.asyncDispose]: close };
}

const apis: readonly ApiName[] = ['foxapi', 'oxen'];
const cells = apis.flatMap((api) =>
  modesOf[api].flatMap((mode) => snippetLanguages.map((language) => ({ api, mode, language }))),
);

/** Without the flag every program is run in one depth and with one fault, in turn. */
const isWhole = process.env['REELAY_SNIPPETS'] === '1';

function inTurn<Item>(items: readonly Item[], index: number): readonly Item[] {
  return isWhole ? items : items.slice(index % items.length).slice(0, 1);
}

/** What the programs make, in turn: every operation gets its share. */
const made: Readonly<Record<ApiName, readonly string[]>> = {
  foxapi: [
    'grok-imagine-text-to-video',
    'veo-3.1-fast-first-last-frame-to-video',
    'grok-imagine-video-extension',
    'veo-3.1',
    'grok-imagine-reference-to-video',
    'wan-ai-wan2-2-i2v-a14b-diffusers',
  ],
  oxen: [
    'xai-grok-imagine-video-edit-video',
    'google-veo-3-1',
    'grok-imagine-video-extension',
    'wan-ai-wan2-2-t2v-a14b-diffusers',
    'xai-grok-imagine-video-1-5-image-to-video',
  ],
};

const runs = cells
  .flatMap((cell, index) => inTurn(['Minimal', 'All parameters'] as const, index).map((depth) => ({ ...cell, depth })))
  .map((cell, index) => ({ ...cell, model: made[cell.api][index % made[cell.api].length] ?? '' }));

describe.concurrent('every program ends with a video', () => {
  test.each(runs)('$api / $mode / $depth / $language, $model', async ({ depth, model, ...cell }) => {
    const ended = await run(cell, { model, depth });
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http:\S+\n$/) });
    const answer = await fetch(ended.stdout.trim());
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    await answer.body?.cancel();
    expect(await probeFacts(ended.stdout.trim())).toMatchObject({ videoCodec: 'h264' });
  });
});

describe.concurrent('what goes wrong is told, and the program fails', () => {
  const model = 'grok-imagine-text-to-video';
  const faults = [
    {
      what: 'a job that fails',
      values: { prompt: '[reelay:moderation] x' },
      told: /content.policy|moderation/i,
      usedKey: key,
    },
    { what: 'a value that is refused', values: { prompt: 'x', duration: 99 }, told: /duration: must be/, usedKey: key },
    { what: 'a wrong key', values: { prompt: 'x' }, told: /key/i, usedKey: 'sk-wrong' },
  ];
  test.each(
    cells.flatMap((cell, index) =>
      inTurn(faults, index + Math.floor(index / 3)).map((fault) => ({ ...cell, ...fault })),
    ),
  )('$what: $api / $mode / $language', async ({ values, told, usedKey, ...cell }) => {
    const ended = await run(cell, { model, values, usedKey });
    expect(ended).toMatchObject({ stdout: '', stderr: expect.stringMatching(told) });
    expect(ended.code).toBeGreaterThan(0);
  });
});

describe('a job that somebody else cancels', () => {
  const cancellable = cells.filter(({ api, mode }) => api === 'oxen' && mode !== 'Sync');
  test.each(cancellable)('ends $mode / $language', async (cell) => {
    const ended = run(cell, { model: 'grok-imagine-text-to-video', values: { prompt: '[reelay:stuck] x' } });
    await expect.poll(runningId, { timeout: timeoutMs, interval: 50 }).toEqual(expect.any(String));
    await request(`/api/ai/queue/${await runningId()}`, { method: 'DELETE' });
    expect(await ended).toMatchObject({ stdout: '', stderr: expect.stringContaining('cancelled') });
    expect((await ended).code).toBeGreaterThan(0);
  });

  async function runningId(): Promise<string | undefined> {
    const answer = await request('/api/ai/queue?status=processing');
    const { generations } = (await answer.json()) as { readonly generations: readonly { generation_id: string }[] };
    return generations[0]?.generation_id;
  }
});

test('a pasted shell program leaves the shell as it was', async () => {
  const { text } = snippet({
    ...{ api: 'foxapi', mode: 'Async', depth: 'Your values', language: 'cURL', baseUrl: server.url, values: {} },
    ...modelOf('foxapi', 'veo-3.1'),
  });
  const ended = await programs.run('bash', `${text}\necho "$- still here"`, {
    env: { REELAY_API_KEY: key },
    timeoutMs,
  });
  expect(ended.stdout).toMatch(/^[^e]* still here\n$/);
});

const createPaths: Readonly<Record<ApiName, readonly string[]>> = {
  foxapi: ['/v1/videos/generations'],
  oxen: ['/api/ai/videos/generate', '/api/ai/queue'],
};

describe.each(apis)('every body of %s is one that the server takes', (api) => {
  test('dry run of all models and depths', async () => {
    let bodies = 0;
    for (const model of models[api].values()) {
      for (const depth of snippetChoices(api, model).depths) {
        for (const path of createPaths[api]) {
          const answer = await request(path, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'X-Reelay-Dry-Run': 'true' },
            body: JSON.stringify(snippetBody(depth, model)),
          });
          const body = await answer.json();
          expect(answer.status, `${model.modelId} / ${depth}: ${JSON.stringify(body)}`).toBe(200);
          expect(body).toMatchObject({ dry_run: true, model: model.modelId });
          bodies += 1;
        }
      }
    }
    expect(bodies).toBeGreaterThanOrEqual(models[api].size * createPaths[api].length);
  });
});
