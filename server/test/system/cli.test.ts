import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

const entry = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'reelay-cli-'));
const data = join(folder, 'data');
const apiKey = 'sk-test-cccccccccccccccccccccccc';
let server: ServerProcess;
const clipName = 'clip.mp4';
let clip: string;

beforeAll(async () => {
  server = await startServerProcess({ REELAY_DATA_DIR: data, REELAY_API_KEY: apiKey });
  clip = await sampleVideo(folder, clipName);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tool as a user would, in the test's folder and in an environment that holds nothing else. */
function reelay(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, TMPDIR: folder, REELAY_API_KEY: apiKey, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, ...args], { env, cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

const online = (...args: readonly string[]) => reelay(args, { REELAY_URL: server.url });

async function videoOf(path: string): Promise<{ width: number; height: number; seconds: number }> {
  const args = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'stream=width,height,duration',
    '-of',
    'json',
  ];
  const { stdout } = await promisify(execFile)('ffprobe', [...args, path]);
  const [stream] = JSON.parse(stdout).streams;
  return { width: stream.width, height: stream.height, seconds: Number(stream.duration) };
}

describe('help', () => {
  const commands = [
    ...['serve', 'demo', 'doctor', 'generate', 'generate grok-imagine-edit-video', 'models', 'tasks', 'tasks cancel'],
    ...['tasks resolve', 'keys create', 'keys update', 'keys list', 'keys revoke', 'accounts list'],
    ...['accounts update', 'accounts delete', 'usage', 'emulate', 'explain', 'render', 'migrate', 'backup', 'restore'],
    ...['webhooks list', 'webhooks show', 'webhooks redeliver', 'webhooks secret'],
  ];

  test.each(commands)('reelay %s --help', async (command) => {
    const { code, stdout, stderr } = await reelay([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: reelay ${command}`);
    expect(stdout).toMatch(/\nExamples?:\n {2}reelay /);
  });

  test('the overview names every command, without colours in a pipe', async () => {
    const { code, stdout } = await reelay(['--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toContain(`  ${command.replace(/ grok.*/, '')}  `);
    expect(stdout).not.toContain('\u001b');
  });

  test('explain shows the plan of a prompt, in columns that hold in Chinese too', async () => {
    const { code, stdout } = await reelay(['explain', '--operation', 'edit', '把天空变成日落，不要下雪，加上dragon']);
    expect(code).toBe(0);
    expect(stdout).toContain('Plan\n  Looks  sunset\n');
    expect(stdout).toContain('  天空  there now\n  日落  time of day: sunset\n  下雪  left out\n');
    expect(stdout).toContain('Ignored\n  dragon\n');
    expect(stdout).not.toContain('Warning');
  });

  test('explain --json prints the whole plan, and a warning for a prompt that means nothing', async () => {
    const { stdout } = await reelay(['explain', '--json', 'push in, then pan left']);
    expect(JSON.parse(stdout)).toMatchObject({
      operation: 'text-to-video',
      cameraMoves: [
        { move: 'push-in', start: 0, end: 0.5 },
        { move: 'pan-left', start: 0.5, end: 1 },
      ],
      warnings: [],
    });
    const { stdout: told } = await reelay(['explain', 'a sea', '--negative', 'rain, qwertz']);
    expect(told).toContain('rain  left out\n');
    expect(told).toContain('Ignored\n  qwertz\n');
    const directed = await reelay(['explain', '[reelay:slow=5] a sea [reelay:fial]', '--json']);
    expect(JSON.parse(directed.stdout)).toMatchObject({
      understood: [{ text: 'sea' }],
      warnings: [expect.stringContaining('[reelay:fial] is no directive')],
    });
    expect((await reelay(['explain', 'asdf'])).stdout).toContain('Warning: Nothing in the prompt can be drawn');
    expect(await reelay(['explain', 'x', '--operation', 'film'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There is no operation "film"'),
    });
  });

  test('--version', async () => {
    expect(await reelay(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('a wrong call exits with 2 and says what would be right', () => {
  test.each([
    [[], 'Usage: reelay'],
    [['serv'], 'did you mean "serve"?'],
    [['keys'], 'reelay keys create'],
    [['keys', 'delete'], 'There is no command "keys delete"'],
    [['--frobnicate'], 'There is no option --frobnicate'],
    [['tasks', '--limt', '3'], 'did you mean --limit?'],
    [['tasks', '--limit'], '--limit needs a value'],
    [['tasks', 'a', 'b'], '"b" is one argument too many'],
    [['tasks', 'cancel'], 'ID is missing'],
    [['tasks', 'resolve', 'x'], 'exactly one of --attach JOB, --resubmit and --fail'],
    [['tasks', 'resolve', 'x', '--fail', '--resubmit'], 'exactly one of'],
    [['tasks', 'resolve', 'x', '--attach', ' '], 'takes the id of a job'],
    [['generate'], 'MODEL is missing'],
    [['generate', 'grok-imagine-edit-vide'], 'did you mean grok-imagine-edit-video?'],
    [['generate', 'grok-imagine-edit-video', '--video', 'x.mp4'], '--prompt is required'],
    [['generate', 'grok-imagine-edit-video', '--promt', 'x'], 'did you mean --prompt?'],
    [
      ['generate', 'grok-imagine-text-to-video', '--prompt', 'x', '--duration', 'long'],
      '--duration must be an integer',
    ],
    [['keys', 'create', '--account', ' '], '--account must not be empty'],
    [['render', 'sea', '--last-image', 'x.png'], '--last-image needs one --image'],
    [['render', 'sea', '--seconds', '0'], '--seconds must be more than 0'],
    [['emulate'], 'PROVIDER is missing'],
    [['emulate', 'sora'], 'There are xai, fal, vertex, openai.'],
    [['emulate', 'toString'], 'There is no emulator'],
    [['emulate', 'xai', '--fault', 'stuk'], 'did you mean "stuck"?'],
    [['emulate', 'xai', '--fault', 'stuck=2'], 'takes a chance from 0 to 1 or every-N'],
    [['emulate', 'openai', '--fault', 'moderated'], 'There is no fault "moderated" at openai'],
    [['emulate', 'xai', '--port', '70000'], '--port must be a number from 0 to 65535'],
    [['emulate', 'xai', '--job-seconds', 'long'], '--job-seconds must be a number'],
    [['emulate', 'fal', '--webhooks', 'here'], '--webhooks must be an address'],
  ])('reelay %j', async (args, message) => {
    const { code, stdout, stderr } = await reelay(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

const damaged = join(folder, 'damaged');
mkdirSync(damaged);
writeFileSync(join(damaged, 'reelay.sqlite'), 'no database '.repeat(100));

const noDatabase = 'postgres://reelay:secret@127.0.0.1:1/reelay';

describe('a failure exits with 1, in a sentence and without a stack', () => {
  test.each([
    [['models'], { REELAY_URL: 'http://127.0.0.1:59999' }, 'Start the server with "npm start"'],
    [['models'], { REELAY_URL: 'somewhere' }, 'REELAY_URL must be'],
    [['keys', 'list', '--data', 'nowhere'], {}, 'There is no Reelay database in'],
    [['serve', '--data', damaged, '--port', '0'], {}, 'the file is damaged, or its disk fails\nLook at'],
    [['usage'], { DATABASE_URL: noDatabase }, '127.0.0.1:1: it does not answer\nCheck that'],
    [['serve'], { DATABASE_URL: noDatabase }, '127.0.0.1:1: it does not answer\nCheck that'],
    [['serve', '--data', clipName, '--port', '0'], {}, 'has to be a folder'],
    [['accounts', 'update', 'nobody', '--budget-day', '1', '--data', data], {}, '"reelay accounts list" shows all'],
    [['serve', '--port', '70000'], {}, 'REELAY_PORT must be at most 65535'],
    [['serve', '--data', data, '--port', '0'], {}, 'another Reelay server is running on the data folder'],
    [['serve', '--data', 'other', '--host', '203.0.113.7', '--port', '0'], {}, 'not an address of this machine'],
    [['serve', '--data', 'other', '--port', '0'], { PATH: '/nowhere' }, 'ffmpeg is not on the PATH'],
  ])('reelay %j', async (args, environment, message) => {
    const { code, stdout, stderr } = await reelay(args, environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test('a taken port', async () => {
    const port = new URL(server.url).port;
    const { code, stderr } = await reelay(['serve', '--data', 'other', '--port', port]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `Error: Port ${port} is taken by another program.\nChoose another with --port or REELAY_PORT.\n`,
    });
  });
});

describe('serve', () => {
  test('stops with 0 on a signal, also where it comes twice as from a terminal behind a parent', async () => {
    const own = await startServerProcess({ REELAY_DATA_DIR: join(folder, 'stopped'), REELAY_API_KEY: apiKey });
    own.child.kill('SIGINT');
    own.child.kill('SIGINT');
    expect(await own.stop()).toBe(0);
  });
});

describe('models and tasks', () => {
  test('models, for people and as JSON', async () => {
    const people = await online('models');
    expect(people).toMatchObject({ code: 0, stderr: '' });
    expect(people.stdout).toMatch(/^MODEL +OPERATION +WHAT IT DOES\n/);
    expect(people.stdout).toMatch(/\ngrok-imagine-edit-video +edit +/);
    expect(JSON.parse((await online('models', '--json')).stdout)).toContainEqual(
      expect.objectContaining({ id: 'veo-3.1-extend', operation: 'extend' }),
    );
    expect((await online('models', 'grok-imagine-edit-video')).stdout).toContain('--video FILE|URL');
    expect(people.stdout).toMatch(/\nveo-3\.1 +text-to-video \+3 +/);
    const unified = (await online('models', 'veo-3.1')).stdout;
    expect(unified).toContain('(veo-3.1): text-to-video, image-to-video, first-last-frame, reference-to-video\n');
    expect(unified).toContain('\n--image must have exactly 2 items when --generation-type is first-last-frame.\n');
    const pair = (await online('models', 'veo-3.1-lite-first-last-frame-to-video')).stdout;
    expect(pair).toMatch(/--image FILE\|URL(?:.|\n)*--last-image FILE\|URL/);
    expect(pair).toContain('\n--duration must be 8 when --resolution is 1080p.\n');
    expect(await online('models', 'sora')).toMatchObject({ code: 1, stderr: expect.stringContaining('no model sora') });
  });

  test('generate uploads the file, waits and saves the MP4', async () => {
    const args = ['--prompt', 'Make it night', '--video', clip, '--resolution', '480p', '--output', 'night.mp4'];
    const { code, stdout, stderr } = await online('generate', 'grok-imagine-edit-video', ...args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'night.mp4\n' });
    expect(stderr).toMatch(/task-unified-\d+-\w{8} {2}completed/);
    expect(stderr).not.toContain('\u001b');
    expect((await videoOf(join(folder, 'night.mp4'))).seconds).toBeCloseTo(2, 0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('generate uploads the pictures of a unified model in their order', async () => {
    const pictures = ['--image', join(folder, 'first.png'), '--image', join(folder, 'last.png')];
    await Promise.all([samplePicture(folder, 'first.png'), samplePicture(folder, 'last.png')]);
    const options = ['--generation-type', 'first-last-frame', '--duration', '4', '--resolution', '720p'];
    const args = ['--prompt', '[reelay:fast] a bud opens', ...pictures, ...options, '--output', 'bud.mp4'];
    expect(await online('generate', 'veo-3.1-lite', ...args)).toMatchObject({ code: 0, stdout: 'bud.mp4\n' });
    expect((await videoOf(join(folder, 'bud.mp4'))).seconds).toBeCloseTo(4, 0);
    const refused = await online('generate', 'veo-3.1-lite', ...args, '--image', 'first.png');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/invalid_parameters: image_urls: must have/);
  });

  test('generate --json prints the task and where its file is', async () => {
    const args = ['--prompt', 'A lake', '--duration', '1', '--resolution', '480p', '--json', '--output', 'lake.mp4'];
    const { code, stdout } = await online('generate', 'grok-imagine-text-to-video', ...args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'completed',
      provider: 'local',
      file: join(folder, 'lake.mp4'),
    });
  });

  test('generate tells what the server refuses and why a task failed, with what to do', async () => {
    const model = 'grok-imagine-text-to-video';
    const refused = await online('generate', model, '--prompt', 'A lake', '--duration', '99');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/invalid_parameters: duration: must be between .*\nMend the named fields/);
    const failed = await online('generate', model, '--prompt', 'A lake [reelay:moderation]');
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/failed with content_policy_violation: .*\nChange the prompt or the input\./);
    const missing = await online('generate', 'grok-imagine-edit-video', '--prompt', 'x', '--video', 'missing.mp4');
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--video: there is no file missing.mp4'),
    });
  });

  test('generate --no-wait, tasks, tasks ID, tasks cancel; a task that is not uncertain is not resolved', async () => {
    const submitted = await online(
      'generate',
      'grok-imagine-text-to-video',
      '--prompt',
      'x [reelay:stuck]',
      '--no-wait',
    );
    expect(submitted).toMatchObject({ code: 0, stderr: '' });
    const id = submitted.stdout.trim();
    expect((await online('tasks')).stdout).toContain(id);
    expect(JSON.parse((await online('tasks', id, '--json')).stdout)).toMatchObject({
      id,
      model: 'grok-imagine-text-to-video',
    });
    const resolved = await online('tasks', 'resolve', id, '--resubmit', '--data', data);
    expect(resolved).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('only an uncertain task') });
    expect(await online('tasks', 'cancel', id)).toMatchObject({ code: 0, stdout: `Task ${id} is cancelled.\n` });
    expect((await online('tasks', id)).stdout).toMatch(/Error +request_cancelled/);
    const again = await online('tasks', 'cancel', id);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('not_cancellable') });
    expect(JSON.parse((await online('tasks', '--status', 'failed', '--limit', '1', '--json')).stdout)).toHaveLength(1);
    expect(await online('tasks', 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('not_found') });
  });
});

describe('keys beside a running server', () => {
  test('a new key works at once, and a revoked one stops within a second', async () => {
    const created = await reelay(['keys', 'create', '--account', 'team', '--data', data]);
    expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sk-\w{40,}\n$/) });
    const REELAY_API_KEY = created.stdout.trim();
    const use = () => fetch(`${server.url}/v1/models`, { headers: { Authorization: `Bearer ${REELAY_API_KEY}` } });
    expect((await use()).status).toBe(200);
    const listed = JSON.parse((await reelay(['keys', 'list', '--data', data, '--json'])).stdout);
    const { id } = listed.find((key: { account: string }) => key.account === 'team');
    expect(await reelay(['keys', 'revoke', id, '--data', data])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('revoked'),
    });
    await expect.poll(async () => (await use()).status, { timeout: 1_000 }).toBe(401);
    const refused = await reelay(['tasks'], { REELAY_URL: server.url, REELAY_API_KEY });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('"reelay keys create" makes one') });
    expect((await reelay(['keys', 'list', '--data', data])).stdout).not.toContain(REELAY_API_KEY);
    expect(await reelay(['keys', 'revoke', 'key-none', '--data', data])).toMatchObject({ code: 1 });
  });
});

describe('doctor', () => {
  const states = (report: Ran) =>
    Object.fromEntries(
      JSON.parse(report.stdout).checks.map((check: { name: string; state: string }) => [check.name, check.state]),
    );

  test('finds nothing beside our own running server', async () => {
    const report = await reelay(['doctor', '--data', data, '--port', new URL(server.url).port, '--json']);
    expect(report).toMatchObject({ code: 0, stderr: '' });
    const tasks = ['Database', 'Queue', 'Work', 'Uncertain', 'Reservations'];
    const names = ['Node', 'Settings', 'FFmpeg', 'Data folder', ...tasks, 'Address', 'Providers', 'Webhooks'];
    // What holds FFmpeg is a matter of the machine.
    const { 'FFmpeg bounds': _, ...found } = states(report);
    expect(found).toEqual(Object.fromEntries(names.map((name) => [name, 'ok'])));
    expect(report.stdout).toContain('a Reelay server answers');
    expect(report.stdout).not.toContain(apiKey);
  });

  test('says what is missing and how to get it', async () => {
    const blocked = createServer().listen(0, '127.0.0.1');
    await once(blocked, 'listening');
    const { port } = blocked.address() as { port: number };
    const report = await reelay(['doctor', '--data', clip, '--port', String(port)], { PATH: '/nowhere' });
    blocked.close();
    expect(report.code).toBe(1);
    expect(report.stdout).toContain('✗ FFmpeg       ffmpeg is not on the PATH\n');
    expect(report.stdout).toContain('apt-get install ffmpeg');
    expect(report.stdout).toMatch(/✗ Data folder .*is not a folder\n/);
    expect(report.stdout).toMatch(/✗ Address .*is taken by another program\n/);
    expect(existsSync(join(folder, 'data', 'nowhere'))).toBe(false);
  });

  test('names a setting that is wrong', async () => {
    const report = await reelay(['doctor'], { REELAY_LOCAL_QUALITY: 'best' });
    expect(report).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('REELAY_LOCAL_QUALITY must be one of full, draft'),
    });
  });
});

describe('demo', () => {
  /** Vendor keys and a broken setting of another installation, none of which may matter. */
  const foreign = { XAI_API_KEY: 'xai-secret', FAL_KEY: 'fal-secret', REELAY_PORT: 'x', REELAY_PROVIDERS: 'xai' };

  function demoFolder(): { env: Record<string, string>; temporary: string } {
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    return { temporary, env: { PATH: process.env['PATH'] ?? '', TMPDIR: temporary, ...foreign } };
  }

  const fast = demoFolder();
  let ran: Ran;
  beforeAll(async () => {
    ran = await reelay(['demo', '--fast', '--output', 'films'], fast.env);
  });

  test('makes four MP4s over HTTP, says how to go on, and leaves nothing else behind', async () => {
    const { code, stdout, stderr } = ran;
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const films = join(folder, 'films');
    expect(readdirSync(films)).toEqual(['1-edit.mp4', '2-image-to-video.mp4', '3-extension.mp4', 'sample.mp4']);
    const size = { width: 854, height: 480 };
    for (const [file, seconds] of [
      ['sample', 5],
      ['1-edit', 5],
      ['2-image-to-video', 4],
      ['3-extension', 9],
    ] as const) {
      const video = await videoOf(join(films, `${file}.mp4`));
      expect(video).toMatchObject(size);
      expect(Math.abs(video.seconds - seconds)).toBeLessThan(0.2);
      expect(stdout).toContain(join('films', `${file}.mp4`));
    }
    expect(stdout).toMatch(/\n {2}npm start\n$/);
    expect(stdout).toContain('grok-imagine-edit-video');
    expect(readdirSync(fast.temporary)).toEqual([]);
  });

  test('the curl that it prints works against a server', async () => {
    const [command = ''] = /printf [\s\S]*?-d @-/.exec(ran.stdout) ?? [];
    const script = command.replaceAll('http://127.0.0.1:8080', server.url);
    const answer = await promisify(execFile)('sh', ['-c', script], {
      cwd: folder,
      env: { PATH: process.env['PATH'], REELAY_API_KEY: apiKey },
    });
    expect(JSON.parse(answer.stdout)).toMatchObject({ status: 'pending', model: 'grok-imagine-edit-video' });
  });

  test('Ctrl-C ends it with 130 and leaves nothing behind', async () => {
    const { env, temporary } = demoFolder();
    const child = spawn(process.execPath, [entry, 'demo', '--output', 'cut'], {
      env,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('sample.mp4') && !child.killed) child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    expect({ code, said }).toMatchObject({ code: 130, said: expect.stringContaining('Interrupted') });
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(join(folder, 'cut'))).toEqual([]);
  });

  test('without FFmpeg it says what to install', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const { code, stderr } = await reelay(['demo'], { PATH: bin });
    expect(code).toBe(1);
    expect(stderr).toContain('apt-get install ffmpeg');
  });
});
