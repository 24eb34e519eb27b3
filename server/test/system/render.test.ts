import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { samplePicture, sampleVideo } from '../../src/testing/sample-media.ts';

/** `reelay render`: the renderer from the command line, without a server. */

const entry = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-render-test-'));
  await sampleVideo(folder, 'clip.mp4', { seconds: 1, width: 320, height: 180 });
  await samplePicture(folder, 'picture.png');
  await writeFile(join(folder, 'words.txt'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function render(...args: readonly string[]) {
  const env = { PATH: process.env['PATH'] ?? '' };
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string; stderr: string }>();
  execFile(process.execPath, [entry, 'render', ...args], { env, cwd: folder }, (error, stdout, stderr) =>
    resolve({ code: error?.code ?? 0, stdout, stderr }),
  );
  return promise;
}

test.each([
  ['a scene', ['a calm sea', '--seconds', '1'], 1],
  ['an edit', ['oil painting', '--video', 'clip.mp4'], 1],
  ['a continuation', ['zoom out', '--video', 'clip.mp4', '--extend', '--seconds', '2'], 3],
  ['a picture in motion', ['push in', '--image', 'picture.png', '--seconds', '1'], 1],
  ['references', ['@Image1 and @Image2', '--image', 'picture.png', '--image', 'picture.png', '--seconds', '1'], 1],
])('%s, and nothing else is left behind', async (_, args, seconds) => {
  const before = await readdir(folder);
  const { code, stdout, stderr } = await render(...args, '--draft', '--json', '--output', 'out.mp4');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ file: join(folder, 'out.mp4'), durationSeconds: seconds });
  expect(stderr).toContain(`${seconds}.0 s`);
  expect(new Set(await readdir(folder))).toEqual(new Set([...before, 'out.mp4']));
});

test('the same seed gives the same bytes', async () => {
  const bytes = async (...seed: string[]) => {
    await render('a forest', '--seconds', '1', '--draft', '--output', 'seed.mp4', ...seed);
    return readFile(join(folder, 'seed.mp4'));
  };
  const first = await bytes();
  expect((await bytes('--seed', '0')).equals(first)).toBe(true);
});

test.each([
  [['x', '--extend'], 2, '--extend needs a --video to continue'],
  [['x', '--seconds', '900'], 2, '--seconds must be a number from 0 to 120'],
  [['x', '--seconds', 'two'], 2, '--seconds must be a number, not "two"'],
  [['x', '--ratio', '1:9'], 2, '--ratio must be one of auto, 16:9'],
  [['x', '--video', 'clip.mp4', '--image', 'picture.png'], 2, '--video and --image do not go together'],
  [['x', '--image', 'clip.mp4'], 2, 'clip.mp4 is no picture'],
  [['x', '--video', 'words.txt'], 1, 'words.txt is plain text, not a media file'],
  [['x', '--video', 'absent.mp4'], 1, 'There is no file absent.mp4'],
  [['x', '--output', 'absent/out.mp4'], 1, 'There is no folder'],
])('%j says what is wrong', async (args, code, message) => {
  const before = await readdir(folder);
  expect(await render(...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) });
  expect(await readdir(folder)).toEqual(before);
});
