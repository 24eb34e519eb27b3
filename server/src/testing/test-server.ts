import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { readConfig } from '../config.ts';
import type { JsonObject } from '../contract/index.ts';
import { createLog } from '../log/create-log.ts';
import { type Reelay, startReelay } from '../main.ts';
import { databaseOf } from './databases.ts';
import { DocumentedAnswers, type OpenApiDocument } from './documented.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly body: any;
}

/** A running server. Every answer that a test asks it for is held against its OpenAPI document. */
export interface TestServer {
  readonly url: string;
  readonly key: string;
  readonly folder: string;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** Waits until a FoxAPI task has ended; answers its body. */
  ended(id: string): Promise<Answer['body']>;
  /** Saves what a link leads to; answers the path. */
  download(url: string): Promise<string>;
  stop(options?: { readonly keepData?: boolean }): Promise<void>;
}

export interface RequestOptions {
  readonly json?: JsonObject | readonly unknown[];
  readonly body?: string | Uint8Array | FormData;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the server's first key; `null` sends none. */
  readonly key?: string | null;
}

/** Longest wait for a task, in milliseconds: far above what a draft takes. */
const patienceMs = 120_000;

/**
 * Starts a real server on a free port with a data folder of its own, which `stop` removes. Inputs may come from the
 * loopback; pictures are drafts unless the environment given says otherwise. `logTo` gets the lines of its log.
 */
export async function startTestServer(
  environment: Readonly<Record<string, string>> = {},
  { logTo }: { readonly logTo?: (line: string) => void } = {},
): Promise<TestServer> {
  const folder = environment['REELAY_DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'reelay-test-')));
  const key = environment['REELAY_API_KEY'] ?? `sk-${randomBytes(24).toString('hex')}`;
  const url = await databaseOf(folder);
  const config = readConfig({
    ...(url !== undefined && { DATABASE_URL: url }),
    REELAY_PORT: '0',
    REELAY_DATA_DIR: folder,
    REELAY_API_KEY: key,
    REELAY_LOCAL_QUALITY: 'draft',
    REELAY_ALLOW_ADDRESSES: '127.0.0.1',
    ...environment,
  });
  const quiet = pino({ level: process.env['REELAY_TEST_LOG'] ?? 'silent' });
  const reelay = await startReelay(config, logTo === undefined ? quiet : createLog(config.log, { write: logTo }));
  return clientOf(reelay, { key, folder });
}

function clientOf(reelay: Reelay, { key, folder }: { readonly key: string; readonly folder: string }): TestServer {
  let downloads = 0;
  let documented: Promise<DocumentedAnswers> | undefined;

  async function readDocument(): Promise<DocumentedAnswers> {
    const answer = await fetch(`${reelay.url}/openapi.json`);
    return new DocumentedAnswers((await answer.json()) as OpenApiDocument);
  }

  async function request(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
    const { json, body = json === undefined ? undefined : JSON.stringify(json) } = options;
    const used = options.key === undefined ? key : options.key;
    const answer = await fetch(path.startsWith('http') ? path : reelay.url + path, {
      method,
      headers: {
        ...(used !== null && { Authorization: `Bearer ${used}` }),
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
    });
    const text = await answer.text();
    const isJson = text !== '' && (answer.headers.get('content-type')?.includes('json') ?? false);
    const seen = { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
    documented ??= readDocument();
    (await documented).check({
      ...{ method, status: seen.status, body: seen.body },
      path: new URL(answer.url).pathname,
      contentType: answer.headers.get('content-type') ?? '',
    });
    return seen;
  }

  return {
    url: reelay.url,
    key,
    folder,
    request,
    async ended(id) {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const { body } = await request('GET', `/v1/tasks/${id}`);
        if (body.status === 'completed' || body.status === 'failed') return body;
        if (Date.now() > deadline) throw new Error(`task ${id} did not end: ${JSON.stringify(body)}`);
        await pause(50);
      }
    },
    async download(url) {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
      const path = join(folder, `download-${++downloads}.mp4`);
      await writeFile(path, Buffer.from(await answer.arrayBuffer()));
      return path;
    },
    async stop({ keepData = false } = {}) {
      await reelay.stop();
      if (!keepData) await rm(folder, { recursive: true, force: true });
    },
  };
}
