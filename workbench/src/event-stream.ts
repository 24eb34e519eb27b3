/**
 * The account's server-sent events, read with fetch because EventSource cannot send a key. A stream that ends or falls silent is
 * opened again from the last event that was seen.
 */
import { serverUrl } from './server-url.ts';

export interface TaskNews {
  readonly taskId: string;
  readonly status: string;
  /** Absent once the task has ended. */
  readonly progress?: number;
}

export type Connection = 'connecting' | 'live' | 'lost';

interface Follow {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onNews: (news: TaskNews) => void;
  readonly onConnection: (connection: Connection) => void;
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;

/** The server says something every 15 seconds; after this long it is taken for gone. */
const silenceMs = 40_000;

export async function followEvents({ key, signal, onNews, onConnection }: Follow): Promise<void> {
  let lastId: string | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      for await (const frame of readStream(key, { lastId, signal, onOpen: () => onConnection('live') })) {
        pauseMs = firstPauseMs;
        lastId = frame.id ?? lastId;
        const news = newsOf(frame);
        if (news !== undefined) onNews(news);
      }
    } catch (error) {
      if (error instanceof RefusedKey) return;
    }
    if (signal.aborted) return;
    onConnection('lost');
    await pause(pauseMs * (0.75 + Math.random() / 2), signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

class RefusedKey extends Error {}

interface Frame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

interface ReadOptions {
  readonly lastId: string | undefined;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
}

async function* readStream(key: string, { lastId, signal, onOpen }: ReadOptions): AsyncGenerator<Frame> {
  const watchdog = new AbortController();
  let timer = window.setTimeout(() => watchdog.abort(), silenceMs);
  try {
    const response = await fetch(`${serverUrl}/api/events`, {
      headers: { Authorization: `Bearer ${key}`, ...(lastId !== undefined && { 'Last-Event-ID': lastId }) },
      cache: 'no-store',
      signal: AbortSignal.any([signal, watchdog.signal]),
    });
    if (response.status === 401) throw new RefusedKey();
    if (!response.ok || response.body === null) throw new Error(`the stream answered ${response.status}`);
    onOpen();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => watchdog.abort(), silenceMs);
      const frames = (text + part.value).split('\n\n');
      text = frames.pop() ?? '';
      yield* frames.map(frameOf);
    }
  } finally {
    window.clearTimeout(timer);
    watchdog.abort();
  }
}

function frameOf(text: string): Frame {
  const field = (name: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return { id: field('id'), event: field('event') ?? '', data: field('data') ?? '' };
}

function newsOf({ event, data }: Frame): TaskNews | undefined {
  if (event !== 'media_generation_progress' && event !== 'media_generation_completed') return undefined;
  const { generation_id: taskId, status, progress } = JSON.parse(data) as Record<string, unknown>;
  if (typeof taskId !== 'string' || typeof status !== 'string') return undefined;
  return { taskId, status, ...(typeof progress === 'number' && { progress }) };
}

/** Ends early when the page is shown again or the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      window.clearTimeout(timer);
      window.removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = window.setTimeout(done, ms);
    window.addEventListener('online', done, { once: true });
    signal.addEventListener('abort', done, { once: true });
  });
}
