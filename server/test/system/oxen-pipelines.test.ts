import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileServer, serveFiles } from '../../src/testing/file-server.ts';
import { probeFacts, sampleVideo } from '../../src/testing/sample-media.ts';
import { prepareSamplePrograms, type SamplePrograms } from '../../src/testing/sample-programs.ts';
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
  language: language === 'cURL' ? ('bash' as const) : ('python' as const),
  code: String(code),
}));

let server: TestServer;
let files: FileServer;
let folder: string;
let programs: SamplePrograms;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-pipelines-'));
  programs = await prepareSamplePrograms(folder);
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

function run(language: 'bash' | 'python', code: string, timeoutMs: number): Promise<string> {
  return programs.succeed(language, code, { env: { OXEN_API_KEY: server.key }, timeoutMs });
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
    const output = await run(language, local(code), boundMs[route]);
    if (route === 'Async' && language === 'bash') expect(output).toContain('"status": "succeeded"');
    const video = await probeFacts(await server.download(linkIn(output)));
    expect(video).toMatchObject({ width: 640, height: 360, videoCodec: 'h264', audioCodec: 'aac' });
  });

  test('the model details carry the schema under the name that the page says', async () => {
    const published = 'https://hub.oxen.ai/api/ai/models/xai-grok-imagine-video-edit-video';
    const output = await run('bash', local(`curl -s -H "Authorization: Bearer $OXEN_API_KEY" ${published}`), 10_000);
    expect(JSON.parse(output).json_request_schema.required).toEqual(['prompt', 'input_video']);
  });

  test.each([
    ['fails at once', '[reelay:moderation] x', { status: 'failed', error: expect.any(String) }],
    ['takes a while', '[reelay:slow=2] x', { status: 'succeeded', model: expect.any(String), url: expect.any(String) }],
  ])('the SSE pipeline prints exactly the completion of a job that %s', async (_what, prompt, rest) => {
    const sse = samples.find(({ route, language }) => route === 'Async with SSE' && language === 'bash');
    const code = local(String(sse?.code)).replace('"<prompt>"', JSON.stringify(prompt));
    const output = await run('bash', code, boundMs['Async with SSE']);
    expect(JSON.parse(output)).toEqual({ generation_id: expect.any(String), media_type: 'video', ...rest });
  });
});
