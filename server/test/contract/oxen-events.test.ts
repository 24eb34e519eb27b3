import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keys } from '../../src/access/keys.ts';
import type { TaskEvent } from '../../src/contract/index.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { DialectDependencies, EventStream } from '../../src/dialects/dialect.ts';
import { registerEvents } from '../../src/dialects/oxen/events.ts';
import { databaseOf } from '../../src/testing/databases.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

const padding = `: ${'.'.repeat(4_096)}\n\n`;

/** The route on a hub that a test speaks through. */
async function createStage() {
  const app = fastify();
  const listeners: ((event: TaskEvent) => void)[] = [];
  const replays: unknown[] = [];
  const streams: string[][] = [];
  const gone = new AbortController();
  let past: readonly TaskEvent[] = [];
  let signed = 0;
  const dependencies = {
    now: () => 1_800_000_000_000,
    links: { sign: ({ id }: { readonly id: string }) => `https://here/files/${id}?signature=${++signed}` },
    openStream: (_request: unknown, reply: { hijack(): void; raw: { end(): void } }): EventStream => {
      const written: string[] = [];
      streams.push(written);
      reply.hijack();
      reply.raw.end();
      return {
        write: (bytes) => written.push(Buffer.from(bytes).toString()),
        isOpen: () => !gone.signal.aborted,
        onClose: (listener) => gone.signal.addEventListener('abort', listener, { once: true }),
      };
    },
    tasks: {
      events: {
        async subscribe(_account: string, listener: (event: TaskEvent) => void, replay: unknown) {
          replays.push(replay);
          for (const event of past) listener(event);
          listeners.push(listener);
          return () => listeners.splice(listeners.indexOf(listener), 1);
        },
      },
    },
  };
  registerEvents(app, dependencies as unknown as DialectDependencies, () => ({
    accountId: 'a',
    accountName: 'a',
    keyId: 'k',
    scopes: ['read'],
  }));
  await app.ready();
  return {
    replays,
    streams,
    gone,
    listeners,
    signed: () => signed,
    listen: (headers = {}) => app.inject({ method: 'GET', url: '/events', headers }),
    remember: (events: readonly TaskEvent[]) => {
      past = events;
    },
    tell: (event: TaskEvent) => {
      for (const listener of listeners) listener(event);
    },
    close: () => app.close(),
  };
}

const base = {
  accountId: 'a',
  taskId: 'd9c1',
  kind: 'state' as const,
  previous: 'storing' as const,
  requestedModel: 'xai-grok-imagine-video-edit-video',
  createdAt: 0,
};
const succeeded: TaskEvent = {
  ...base,
  id: 7,
  state: 'succeeded',
  progress: 100,
  outputs: [{ assetId: 'file-1', filename: 'x.mp4', contentType: 'video/mp4', expiresAt: 1 }],
};
const failed: TaskEvent = {
  ...base,
  id: 8,
  state: 'failed',
  progress: 3,
  error: { code: 'generation_failed', message: 'no\nluck' },
};
const cancelled: TaskEvent = { ...base, id: 9, state: 'cancelled', progress: 3 };
const running: TaskEvent = { ...base, id: 6, kind: 'progress', state: 'running', waiting: false, progress: 40 };
const waiting: TaskEvent = { ...base, id: 5, state: 'running', waiting: true, progress: 0 };

const submitted: TaskEvent = {
  ...base,
  id: 4,
  state: 'submitting',
  progress: 0,
  reading: { understood: [{ text: 'Sea', as: 'scene: sea' }], ignored: ['dragon'], warnings: [] },
};

const succeededText =
  'id: 7\nevent: media_generation_completed\n' +
  'data: {"generation_id":"d9c1","status":"succeeded","media_type":"video",' +
  '"model":"xai-grok-imagine-video-edit-video","url":"https://here/files/file-1?signature=1"}\n\n';
const failedText =
  'id: 8\nevent: media_generation_completed\n' +
  'data: {"generation_id":"d9c1","status":"failed","media_type":"video","error":"no\\nluck"}\n\n';

describe('the bytes of the stream', () => {
  test.each([
    ['success', succeeded, [succeededText + padding]],
    ['failure', failed, [failedText + padding]],
    [
      'cancellation, which never completes',
      cancelled,
      ['id: 9\nevent: media_generation_progress\ndata: {"generation_id":"d9c1","status":"cancelled","progress":3}\n\n'],
    ],
    [
      'progress',
      running,
      [
        'id: 6\nevent: media_generation_progress\ndata: {"generation_id":"d9c1","status":"processing","progress":40}\n\n',
      ],
    ],
    [
      'what was understood of the prompt',
      submitted,
      [
        'id: 4\nevent: media_generation_progress\ndata: {"generation_id":"d9c1","status":"processing","progress":0,' +
          '"metadata":{"understood":[{"text":"Sea","as":"scene: sea"}],"ignored":["dragon"]}}\n\n',
      ],
    ],
    [
      'waiting at the provider',
      waiting,
      ['id: 5\nevent: media_generation_progress\ndata: {"generation_id":"d9c1","status":"queued","progress":0}\n\n'],
    ],
  ])('%s', async (_name, event, expected) => {
    const stage = await createStage();
    await stage.listen();
    stage.tell(event);
    expect(stage.streams).toEqual([expected]);
    expect(Buffer.byteLength(padding)).toBeGreaterThanOrEqual(4_096);
    expect(stage.streams.flat().join('')).not.toContain('\r');
    stage.gone.abort();
    await stage.close();
  });

  test('a frame is built once, however many listen', async () => {
    const stage = await createStage();
    await Promise.all([stage.listen(), stage.listen(), stage.listen()]);
    stage.tell(succeeded);
    expect(stage.streams).toEqual(Array(3).fill([succeededText + padding]));
    expect(stage.signed()).toBe(1);
    stage.gone.abort();
    await stage.close();
  });

  test('the past shares one padding behind the last of it', async () => {
    const stage = await createStage();
    stage.remember([succeeded, failed]);
    await stage.listen();
    expect(stage.streams).toEqual([[succeededText, failedText, padding]]);
    stage.gone.abort();
    await stage.close();
  });

  test('a comment soon after a completion ends pipelines that have what they came for', async () => {
    const stage = await createStage();
    // The last is BusyBox, which tells no version.
    const pipers = ['curl/8.5.0', 'Wget/1.21.3', 'HTTPie/3.2.4', 'xh/0.24.0', 'Wget'];
    for (const agent of ['Mozilla/5.0', ...pipers]) await stage.listen({ 'user-agent': agent });
    stage.tell(succeeded);
    const [browser, ...piped] = stage.streams;
    for (const stream of piped) await expect.poll(() => stream.at(-1)).toBe(':\n\n');
    expect(browser).toEqual([succeededText + padding]);
    stage.gone.abort();
    await stage.close();
  });

  test('a client that has gone is told nothing and forgotten', async () => {
    const stage = await createStage();
    await stage.listen();
    await expect.poll(() => stage.listeners.length).toBe(1);
    stage.gone.abort();
    expect(stage.listeners).toHaveLength(0);
    expect(stage.streams).toEqual([[]]);
    await stage.close();
  });
});

describe('what a listener gets from the past', () => {
  test.each([
    ['nothing said: the ends of the last minute', {}, { endedSince: 1_800_000_000_000 - 60_000 }],
    ['from the beginning', { 'last-event-id': '0' }, { afterId: 0 }],
    ['after an event', { 'last-event-id': '41' }, { afterId: 41 }],
  ])('%s', async (_name, headers, replay) => {
    const stage = await createStage();
    await stage.listen(headers);
    expect(stage.replays).toEqual([replay]);
    stage.gone.abort();
    await stage.close();
  });
});

describe('on a real server', () => {
  let server: TestServer;
  let otherKey: string;

  beforeAll(async () => {
    server = await startTestServer();
    const database = await openDatabase({ folder: server.folder, url: await databaseOf(server.folder) });
    otherKey = (await new Keys(database.db, Date.now).create({ account: 'other' })).key;
    await database.close();
  });

  afterAll(async () => {
    await server?.stop();
  });

  async function enqueue(prompt: string, key = server.key): Promise<string> {
    const json = { model: 'grok-imagine-text-to-video', prompt, duration: 1, resolution: '480p' };
    const { body } = await server.request('POST', '/api/ai/queue', { json, key });
    return body.generations[0].generation_id;
  }

  function listen(headers: Readonly<Record<string, string>> = {}, key = server.key) {
    const controller = new AbortController();
    let text = '';
    const opened = fetch(`${server.url}/api/events`, {
      headers: { Authorization: `Bearer ${key}`, ...headers },
      signal: controller.signal,
    });
    const read = async () => {
      const { body } = await opened;
      const decoder = new TextDecoder();
      for await (const chunk of body ?? []) text += decoder.decode(chunk, { stream: true });
    };
    const reading = read().catch((error: unknown) => {
      if (!controller.signal.aborted) throw error;
    });
    return {
      opened,
      text: () => text,
      has: (part: string) => expect.poll(() => text, { timeout: 30_000 }).toContain(part),
      async close() {
        controller.abort();
        await reading;
      },
    };
  }

  const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  const completionOf = (text: string, id: string) =>
    new RegExp(
      `^id: (\\d+)\\nevent: media_generation_completed\\ndata: (\\{"generation_id":"${id}".*\\})\\n\\n`,
      'm',
    ).exec(text);

  test('a completion carries a link that works, after rising progress, in order', async () => {
    const stream = listen();
    const { headers, status } = await stream.opened;
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    const id = await enqueue('a sea');
    await stream.has(`data: {"generation_id":"${id}","status":"succeeded"`);
    await stream.has(padding);
    const data = JSON.parse(completionOf(stream.text(), id)?.[2] ?? '{}');
    expect(Object.keys(data)).toEqual(['generation_id', 'status', 'media_type', 'model', 'url']);
    expect((await fetch(data.url)).headers.get('content-type')).toBe('video/mp4');
    const ids = idsOf(stream.text());
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    await stream.close();
  });

  test('who comes late gets the completions of the last minute', async () => {
    const id = await enqueue('[reelay:fail] a sea');
    await server.ended(id);
    const stream = listen();
    await stream.has(`"generation_id":"${id}","status":"failed"`);
    await stream.close();
  });

  test('who comes again with Last-Event-ID gets everything after it, once each', async () => {
    const first = listen({ 'Last-Event-ID': '0' });
    const id = await enqueue('[reelay:fail] again');
    await first.has(`"generation_id":"${id}","status":"failed"`);
    const last = Number(completionOf(first.text(), id)?.[1]);
    expect(idsOf(first.text())[0]).toBe(1);
    await first.close();
    const second = listen({ 'Last-Event-ID': String(last - 1) });
    await second.has(`"generation_id":"${id}","status":"failed"`);
    expect(idsOf(second.text())).toEqual([last]);
    await second.close();
  });

  test('an id of another installation does not silence what comes', async () => {
    const stream = listen({ 'Last-Event-ID': '999999999' });
    await stream.opened;
    const id = await enqueue('[reelay:fail] later');
    await stream.has(`"generation_id":"${id}","status":"failed"`);
    await stream.close();
  });

  test('nothing of one account reaches another', async () => {
    const mine = listen({ 'Last-Event-ID': '0' });
    const theirs = listen({ 'Last-Event-ID': '0' }, otherKey);
    const [ours, other] = [await enqueue('[reelay:fail] ours'), await enqueue('[reelay:fail] theirs', otherKey)];
    await mine.has(`"generation_id":"${ours}","status":"failed"`);
    await theirs.has(`"generation_id":"${other}","status":"failed"`);
    expect(mine.text()).not.toContain(other);
    expect(theirs.text()).not.toContain(ours);
    expect(idsOf(theirs.text())[0]).toBe(1);
    await mine.close();
    await theirs.close();
  });

  test('a cancelled generation does not complete', async () => {
    const stream = listen();
    await stream.opened;
    const id = await enqueue('[reelay:stuck] a sea');
    await stream.has(`"generation_id":"${id}","status":"processing"`);
    await server.request('DELETE', `/api/ai/queue/${id}`);
    await stream.has(`event: media_generation_progress\ndata: {"generation_id":"${id}","status":"cancelled"`);
    expect(completionOf(stream.text(), id)).toBeNull();
    await stream.close();
  });

  test.each(['-1', 'x', '1.5', '', '99999999999999999999'])('Last-Event-ID %j is refused', async (value) => {
    const answer = await server.request('GET', '/api/events', { headers: { 'Last-Event-ID': value } });
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_params' } } });
    expect(answer.body.error.detail).toContain('Last-Event-ID');
  });

  test('the stream needs a key', async () => {
    expect(await server.request('GET', '/api/events', { key: null })).toMatchObject({
      status: 401,
      body: { error: { type: 'unauthenticated' }, status: 'error', status_message: 'unauthenticated' },
    });
  });
});
