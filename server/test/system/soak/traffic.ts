/** Clients of every kind, each at its own pace. They come again after what passes, and remember what must not have been. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, fetch, type RequestInit } from 'undici';
import { samplePicture } from '../../../src/testing/sample-media.ts';
import type { Stand } from './stand.ts';

export interface Traffic {
  /** Tasks whose acceptance a client has seen. */
  readonly accepted: ReadonlySet<string>;
  /** Those of them that a client has deleted after their end, or may have: an answer got lost, or told of a fault in the midst. */
  readonly deleted: ReadonlySet<string>;
  /** How often each request was answered how: `create 200`; `lost` where the connection broke. */
  readonly answers: ReadonlyMap<string, number>;
  /** Answers that no client should ever get. */
  readonly offences: readonly string[];
  /** Ids of the events that a listener has got, across broken streams. */
  readonly events: readonly number[];
  /** Ends all clients but the listener. */
  stop(): Promise<void>;
  stopListening(): Promise<void>;
}

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of two APIs
  readonly body: any;
}

const answerTimeoutMs = 30_000;
const comeAgainMs = 400;

/** Connections that rest are given up soon, so that what the server holds at the end is its own. */
const dispatcher = new Agent({ keepAliveTimeout: 1_000, keepAliveMaxTimeout: 1_000 });

/** Every so many submissions, the vendor takes a job and its answer gets lost. */
const lostAnswers = 9;

export async function startTraffic(stand: Stand, folder: string): Promise<Traffic> {
  const photo = await readFile(await samplePicture(folder, 'photo.png'));
  const clients = createClients(stand, photo.toString('base64'));
  const ended = new AbortController();
  const silent = new AbortController();
  const paced = async (everyMs: number, act: () => Promise<void>): Promise<void> => {
    while (!ended.signal.aborted) {
      await act();
      await pause(everyMs);
    }
  };
  const { create, seen } = clients;
  stand.xai.fate = 'done';
  stand.fal.fate = 'done';
  const acting = Promise.all([
    paced(1_100, () => create('xai', ended.signal)),
    paced(2_700, () => create('fal', ended.signal)),
    paced(6_000, () => create('local', ended.signal)),
    paced(400, clients.read),
    paced(2_000, clients.list),
    paced(7_000, clients.edit(ended.signal)),
    paced(1_500, clients.download),
    paced(4_000, clients.cancel),
    paced(1_500, clients.remove),
  ]);
  const listening = clients.listen(silent.signal);
  return {
    ...seen,
    async stop() {
      ended.abort();
      await acting;
    },
    async stopListening() {
      silent.abort();
      await listening;
    },
  };
}

function createClients(stand: Stand, photo: string) {
  const accepted = new Set<string>();
  const live = new Set<string>();
  const over = new Set<string>();
  const deleted = new Set<string>();
  const links: string[] = [];
  const answers = new Map<string, number>();
  const offences: string[] = [];
  const events: number[] = [];
  let takes = 0;

  function note(what: string, outcome: string | number): void {
    const name = `${what} ${outcome}`;
    answers.set(name, (answers.get(name) ?? 0) + 1);
  }

  /** Undefined where no answer came. */
  async function ask(what: string, path: string, init: RequestInit = {}): Promise<Answer | undefined> {
    try {
      const answer = await fetch(path.startsWith('http') ? path : stand.server.url + path, {
        ...init,
        headers: { ...stand.headers, ...(init.body && { 'Content-Type': 'application/json' }), ...init.headers },
        signal: AbortSignal.timeout(answerTimeoutMs),
        dispatcher,
      });
      const text = await answer.text();
      const { status } = answer;
      note(what, status);
      const passes = status === 503 && answer.headers.has('retry-after');
      if (status >= 500 && !passes) offences.push(`${what} ${status} ${text}`);
      const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
      return { status, body: isJson ? JSON.parse(text) : text };
    } catch {
      note(what, 'lost');
      return undefined;
    }
  }

  /** Posts under one key until it is taken, as a careful client does, and sometimes once more. */
  async function createUntilTaken(api: 'foxapi' | 'oxen', json: object, { provider, ended }: Wanted): Promise<void> {
    const path = api === 'foxapi' ? '/v1/videos/generations' : '/api/ai/queue';
    const headers = { 'Idempotency-Key': randomUUID(), ...(provider === 'local' && { 'X-Reelay-Provider': provider }) };
    const twice = takes % 5 === 0;
    let id: string | undefined;
    for (let tries = 0; tries < 2 || id === undefined; tries += 1) {
      const answer = await ask('create', path, { method: 'POST', headers, body: JSON.stringify(json) });
      if (answer?.status === 200) {
        const taken = api === 'foxapi' ? answer.body.id : answer.body.generations[0].generation_id;
        if (id !== undefined && taken !== id) offences.push(`one key made ${id} and ${taken}`);
        id = String(taken);
        accepted.add(id);
        live.add(id);
        if (!twice) return;
      } else if (answer !== undefined && answer.status < 500) {
        offences.push(`create ${answer.status} ${JSON.stringify(answer.body)}`);
        return;
      }
      if (ended.aborted) return;
      await pause(comeAgainMs);
    }
  }

  async function create(provider: Wanted['provider'], ended: AbortSignal): Promise<void> {
    takes += 1;
    const lost = { kind: takes % lostAnswers === 0 ? 'accept-then-drop' : 'accept' } as const;
    stand.xai.submission = lost;
    stand.fal.submission = lost;
    const clip = { prompt: `a sea, take-${takes}-`, resolution: '480p', duration: 1 };
    const json =
      provider === 'fal'
        ? { prompt: clip.prompt, model: 'veo-3.1-lite-text-to-video' }
        : { ...clip, model: 'grok-imagine-text-to-video' };
    await createUntilTaken(takes % 3 === 0 ? 'oxen' : 'foxapi', json, { provider, ended });
  }

  function someOf<Item>(items: Iterable<Item>): Item | undefined {
    const all = [...items];
    return all[Math.floor(Math.random() * all.length)];
  }

  return {
    seen: { accepted, deleted, answers, offences, events },
    create,

    async read(): Promise<void> {
      const id = someOf(live);
      if (id === undefined) return;
      const answer = await ask('read', `/v1/tasks/${id}`);
      if (answer?.status === 404) offences.push(`the accepted task ${id} is not there`);
      if (!/completed|failed/.test(answer?.body.status)) return;
      live.delete(id);
      over.add(id);
      const link = answer?.body.results?.[0]?.url;
      if (link !== undefined) links.push(link);
    },

    async list(): Promise<void> {
      await ask('list', '/v1/tasks?limit=20');
      await ask('list', '/api/ai/generations?page_size=20');
    },

    /** Uploads a picture and has it moved. */
    edit: (ended: AbortSignal) => async (): Promise<void> => {
      const body = JSON.stringify({ file_data: photo });
      const uploaded = await ask('upload', '/v1/files/upload/base64', { method: 'POST', body });
      if (uploaded?.status !== 200) return;
      takes += 1;
      const json = {
        model: 'grok-imagine-image-to-video',
        prompt: `wind, take-${takes}-`,
        image_url: uploaded.body.url,
      };
      await createUntilTaken('foxapi', { ...json, duration: 1 }, { provider: 'xai', ended });
    },

    async download(): Promise<void> {
      const link = someOf(links.slice(-20));
      // The server may have another port by now.
      if (link !== undefined) await ask('download', new URL(link).pathname + new URL(link).search);
    },

    async cancel(): Promise<void> {
      const id = someOf(live);
      if (id !== undefined) await ask('cancel', `/v1/tasks/${id}/cancel`, { method: 'POST' });
    },

    async remove(): Promise<void> {
      const [id] = over;
      if (id === undefined || over.size < 10) return;
      const answer = await ask('delete', `/v1/tasks/${id}`, { method: 'DELETE' });
      if (answer === undefined || answer.status === 200 || answer.status >= 500) deleted.add(id);
      if (answer === undefined || answer.status < 500) over.delete(id);
    },

    async listen(silent: AbortSignal): Promise<void> {
      while (!silent.aborted) {
        try {
          const since = { 'Last-Event-ID': String(events.at(-1) ?? 0) };
          const answer = await fetch(`${stand.server.url}/api/events`, {
            headers: { ...stand.headers, ...since },
            signal: silent,
            dispatcher,
          });
          let text = '';
          for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
            text += Buffer.from(chunk).toString();
            const lines = text.split('\n');
            text = lines.pop() ?? '';
            for (const line of lines) if (line.startsWith('id: ')) events.push(Number(line.slice(4)));
          }
        } catch {
          await pause(comeAgainMs);
        }
      }
    },
  };
}

interface Wanted {
  readonly provider: 'xai' | 'fal' | 'local';
  readonly ended: AbortSignal;
}
