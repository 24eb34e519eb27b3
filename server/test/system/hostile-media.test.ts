import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTurnstile } from '../../src/media/turnstile.ts';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';
import type { HostileFile } from '../hostile/hostile-file.ts';
import { hostilePictures, slowPictures } from '../hostile/hostile-pictures.ts';
import { hostileTexts } from '../hostile/hostile-texts.ts';
import { hostileVideos } from '../hostile/hostile-videos.ts';
import { oddClips } from '../hostile/odd-clips.ts';

/**
 * Every hostile file goes to a real server: as an upload, and as the input of a task. Each is refused with a code or handled
 * right, in bounded time and memory; none makes the server read another file or connect anywhere. A sixth of what uploads take
 * becomes a video, and a sixteenth of what they refuse is sent again as a data URI; with `REELAY_HOSTILE=1` it is all of it, in full
 * quality, and those that take long as well.
 */

const thorough = process.env['REELAY_HOSTILE'] === '1';

/** Longest answer to one upload, and most memory of the server itself. */
const patienceMs = 45_000;
const maximumServerBytes = 700e6;

const run = promisify(execFile);
const key = 'hostile-media-test-key-0123456789';
const past = new Date('2020-01-01');

let folder: string;
let server: ServerProcess;
let canary: Server;
let connections = 0;
let secretPath: string;
let files: readonly HostileFile[];

async function makeOddClips(): Promise<readonly HostileFile[]> {
  const turnstile = createTurnstile(2);
  return Promise.all(
    oddClips.map(({ name, args, extension, refused }, index) =>
      turnstile.run(async () => {
        const path = join(folder, `odd-${index}.${extension}`);
        await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-threads', '1', ...args, path]);
        const bytes = await readFile(path);
        return { name, bytes, kind: 'video' as const, ...(refused !== undefined && { refused }) };
      }),
    ),
  );
}

/** A file whose time of access moves when it is read: it lies before the time of change. */
async function unread(path: string): Promise<string> {
  await utimes(path, past, new Date());
  return path;
}

const wasRead = async (path: string) => (await stat(path)).atimeMs !== past.getTime();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-hostile-'));
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  const secretUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
  const shape = { width: 128, height: 96 };
  secretPath = await unread(await sampleVideo(folder, 'secret.ts', shape));
  const samples = {
    clip: await readFile(await sampleVideo(folder, 'clip.mp4', shape)),
    jpeg: await readFile(await samplePicture(folder, 'photo.jpg', shape)),
    png: await readFile(await samplePicture(folder, 'photo.png', shape)),
  };
  const lures = { secretPath, secretUrl };
  files = [
    ...hostileTexts(lures, samples),
    ...hostilePictures(samples),
    ...hostileVideos(samples, lures),
    ...(await makeOddClips()),
    ...(thorough ? slowPictures() : []),
  ];
  server = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    REELAY_LOCAL_QUALITY: thorough ? 'full' : 'draft',
  });
}, 120_000);

afterAll(async () => {
  await server?.stop();
  canary?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly body: any;
}

async function ask(method: string, path: string, body?: FormData | object): Promise<Answer> {
  const isForm = body instanceof FormData;
  const answer = await fetch(server.url + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body && !isForm && { 'Content-Type': 'application/json' }) },
    ...(body && { body: isForm ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(patienceMs),
  });
  return { status: answer.status, body: await answer.json() };
}

function upload({ bytes }: HostileFile): Promise<Answer> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), 'frame%03d.m3u8');
  return ask('POST', '/v1/files/upload/stream', form);
}

/** How a task with this input went: `completed`, or the code that it was refused or failed with. */
async function generate({ kind }: HostileFile, url: string): Promise<string> {
  const input =
    kind === 'video'
      ? { model: 'grok-imagine-edit-video', video_url: url }
      : { model: 'grok-imagine-image-to-video', image_url: url, duration: 1 };
  const { status, body } = await ask('POST', '/v1/videos/generations', { ...input, prompt: 'snow' });
  if (status !== 200) return `${status} ${body.error.code}`;
  for (;;) {
    const { body: task } = await ask('GET', `/v1/tasks/${body.id}`);
    if (task.status === 'completed') return 'completed';
    if (task.status === 'failed') return task.error.code;
    await pause(100);
  }
}

/** Two at a time, as many as there are cores; what `check` says of a file is put after its name. */
async function complaints(
  list: readonly HostileFile[],
  check: (file: HostileFile) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const turnstile = createTurnstile(2);
  const found = await Promise.all(
    list.map((file) =>
      turnstile.run(async () => {
        const complaint = await check(file).catch(String);
        return complaint === undefined ? [] : [`${file.name}: ${complaint}`];
      }),
    ),
  );
  return found.flat();
}

/** What may be said of an input: its own fault, in words that a person can act on. */
const aboutTheInput =
  /^(completed|input_\w+|aspect_ratio_mismatch|(400|413|422) (invalid_url|input_\w+|invalid_parameters))$/;

describe('a hostile file', () => {
  const links = new Map<HostileFile, string>();

  test('is one of many, each with its own name', () => {
    expect(files.length).toBeGreaterThan(150);
    expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
  });

  test('is refused as an upload with a code that says why, or taken for what it is', async () => {
    const found = await complaints(files, async (file) => {
      const { status, body } = await upload(file);
      if (status === 200) links.set(file, body.url);
      const code = status === 200 ? undefined : body.error.code;
      if (status >= 500 || code !== file.refused) return `${status} ${JSON.stringify(body.error ?? body)}`;
      return undefined;
    });
    expect(found).toEqual([]);
  }, 600_000);

  test('is served as what it is, and runs nowhere', async () => {
    const found = await complaints([...links.keys()], async (file) => {
      const { headers } = await fetch(links.get(file) ?? '', { method: 'HEAD' });
      const type = headers.get('content-type') ?? '';
      const safe =
        headers.get('x-content-type-options') === 'nosniff' &&
        headers.get('content-security-policy')?.includes('sandbox');
      return /^(video|audio|image)\/[a-z0-9-]+$/.test(type) && safe ? undefined : JSON.stringify([...headers]);
    });
    expect(found).toEqual([]);
  }, 600_000);

  test('that was taken makes a video, or ends its task with a code about the input', async () => {
    let completed = 0;
    const slice = [...links.keys()].filter((_file, index) => thorough || index % 6 === 0);
    const found = await complaints(slice, async (file) => {
      const ending = await generate(file, links.get(file) ?? '');
      if (ending === 'completed') completed += 1;
      return aboutTheInput.test(ending) ? undefined : ending;
    });
    expect(found).toEqual([]);
    // Odd files, not broken ones: most can be used.
    expect(completed).toBeGreaterThan(slice.length / 2);
  }, 600_000);

  test('that is sent in a data URI ends its task with a code about the input', async () => {
    const small = files.filter(({ bytes, refused }) => refused !== undefined && bytes.length < 20e6);
    const slice = thorough ? small : small.filter((_file, index) => index % 16 === 0);
    const found = await complaints(slice, async (file) => {
      const ending = await generate(
        file,
        `data:${file.kind === 'video' ? 'video/mp4' : 'image/png'};base64,${file.bytes.toString('base64')}`,
      );
      return aboutTheInput.test(ending) && ending !== 'completed' ? undefined : ending;
    });
    expect(found).toEqual([]);
  }, 600_000);

  test('opened no file that it names, and no connection', async () => {
    const control = await unread(join(folder, 'clip.mp4'));
    await readFile(control);
    // Some file systems keep no time of access.
    if (await wasRead(control)) expect(await wasRead(secretPath)).toBe(false);
    expect(connections).toBe(0);
  });

  test('left the server as it was', async () => {
    expect((await ask('GET', '/readyz')).body).toMatchObject({ status: 'ready' });
    const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8');
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
    expect(peak).toBeLessThan(maximumServerBytes);
  });
});
