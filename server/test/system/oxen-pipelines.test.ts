import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, sampleVideo } from '../../src/testing/sample-media.ts';
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts';

/** Longest run of one sample, in milliseconds. A stream that waited for its keep-alive would take 15 seconds more. */
const boundMs = { Sync: 30_000, Async: 35_000, 'Async with SSE': 12_000 } as const;

const publishedInput = 'https://hub.oxen.ai/api/repos/ox/Oxen-AI-Assets/file/main/images/winter_summer_ox.mp4';
const fixture = new URL('../../src/dialects/oxen/__fixtures__/edit-video-samples.md', import.meta.url);

const samples = [
  ...readFileSync(fixture, 'utf8').matchAll(/^## (.+) \/ (.+) \/ (cURL|Python)\n\n```\w+\n([\s\S]+?)\n```$/gm),
].map(([, route, depth, language, code]) => ({
  route: route as keyof typeof boundMs,
  name: `${route} / ${depth} / ${language}`,
  language: language as 'cURL' | 'Python',
  code: String(code),
}));

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const missing = {
  cURL: ['curl', 'jq', 'bash'].filter((tool) => !has(tool, '--version')),
  Python: ['python3'].filter((tool) => !has(tool, '--version')),
};

let server: TestServer;
let files: FileServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-pipelines-'));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'python'));
  const { stdout } = spawnSync('which', ['mawk'], { encoding: 'utf8' });
  // Debian's awk reads a pipe in whole blocks, others line by line: the strictest one there is counts.
  if (stdout.trim() !== '') await symlink(stdout.trim(), join(folder, 'bin', 'awk'));
  if (process.env['REELAY_TEST_OWN_REQUESTS'] || !has('python3', '-c', 'import requests')) {
    await writeFile(join(folder, 'python', 'requests.py'), requestsModule);
  }
  await sampleVideo(folder, 'winter.mp4', { width: 640, height: 360, seconds: 2 });
  files = await serveFiles(folder);
  server = await startTestServer();
});

afterAll(async () => {
  await server?.stop();
  await files?.close();
  await rm(folder, { recursive: true, force: true });
});

function local(code: string): string {
  return code.replaceAll(publishedInput, `${files.url}/winter.mp4`).replaceAll('https://hub.oxen.ai', server.url);
}

async function run(language: 'cURL' | 'Python', code: string, timeout: number): Promise<string> {
  const [command, flag] = language === 'cURL' ? ['bash', '-c'] : ['python3', '-c'];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const env = {
    ...process.env,
    PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
    PYTHONPATH: join(folder, 'python'),
    OXEN_API_KEY: server.key,
  };
  execFile(command, [flag, code], { env, timeout, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else reject(new Error(`${error.killed ? `not done in ${timeout} ms` : error.message}\n${stdout}\n${stderr}`));
  });
  return promise;
}

/** The link in what a sample prints: JSON from jq and curl, a dictionary or a sentence from Python. */
function linkIn(output: string): string {
  const link = /https?:\/\/[^\s"']+\/files\/[^\s"']+/.exec(output)?.[0];
  if (link === undefined) throw new Error(`no link in: ${output}`);
  return link;
}

describe('the published samples of the edit model run as they are', () => {
  test('all twelve are here', () => {
    expect(samples).toHaveLength(12);
    expect(samples.every(({ code }) => code.includes('https://hub.oxen.ai/api/'))).toBe(true);
  });

  test.each(samples)('$name', async ({ route, language, code }) => {
    if (missing[language].length > 0) throw new Error(`install ${missing[language].join(', ')} to run this sample`);
    const output = await run(language, local(code), boundMs[route]);
    if (route === 'Async' && language === 'cURL') expect(output).toContain('"status": "succeeded"');
    const video = await probeFacts(await server.download(linkIn(output)));
    expect(video).toMatchObject({ width: 640, height: 360, videoCodec: 'h264', audioCodec: 'aac' });
  });

  test('the model details carry the schema under the name that the page says', async () => {
    const published = 'https://hub.oxen.ai/api/ai/models/xai-grok-imagine-video-edit-video';
    const output = await run('cURL', local(`curl -s -H "Authorization: Bearer $OXEN_API_KEY" ${published}`), 10_000);
    expect(JSON.parse(output).json_request_schema.required).toEqual(['prompt', 'input_video']);
  });

  test.each([
    ['fails at once', '[reelay:moderation] x', { status: 'failed', error: expect.any(String) }],
    ['takes a while', '[reelay:slow=2] x', { status: 'succeeded', model: expect.any(String), url: expect.any(String) }],
  ])('the SSE pipeline prints exactly the completion of a job that %s', async (_what, prompt, rest) => {
    const sse = samples.find(({ route, language }) => route === 'Async with SSE' && language === 'cURL');
    const code = local(String(sse?.code)).replace('"<prompt>"', JSON.stringify(prompt));
    const output = await run('cURL', code, boundMs['Async with SSE']);
    expect(JSON.parse(output)).toEqual({ generation_id: expect.any(String), media_type: 'video', ...rest });
  });
});

/** As much of Python's `requests` as the samples use, for machines without it. */
const requestsModule = `
import json as _json
import urllib.error
import urllib.request


class Response:
    def __init__(self, raw):
        self._raw = raw
        self.status_code = raw.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._raw.close()

    def raise_for_status(self):
        if self.status_code >= 400:
            raise RuntimeError(f"{self.status_code}: {self._raw.read()}")

    def json(self):
        return _json.loads(self._raw.read())

    def iter_lines(self, decode_unicode=False):
        for line in self._raw:
            line = line.rstrip(b"\\r\\n")
            yield line.decode() if decode_unicode else line


def _send(method, url, headers=None, json=None, stream=False):
    body = None if json is None else _json.dumps(json).encode()
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        return Response(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        return Response(error)


def get(url, **options):
    return _send("GET", url, **options)


def post(url, **options):
    return _send("POST", url, **options)
`;
