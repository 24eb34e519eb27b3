import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { withCheckoutLock } from '../../../scripts/checkout-lock.mjs';
import { isInstalled } from '../../../scripts/dependencies.mjs';
import { withoutVendorKeys, withProgramsFrom } from '../../../scripts/environment.mjs';
import {
  ensureSystemPrograms,
  findProgram,
  isFfmpegNewEnough,
  testPrograms,
} from '../../../scripts/system-programs.mjs';
import { lockFolder } from '../../src/database/folder-lock.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const script = join(root, 'scripts', 'bootstrap.mjs');
const folder = mkdtempSync(join(tmpdir(), 'reelay-bootstrap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bootstrap(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

describe('the tasks', () => {
  test('are those of the npm scripts, and --help lists them', async () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { code, stdout } = await bootstrap('--help');
    expect(code).toBe(0);
    for (const [name, command] of Object.entries(scripts)) {
      expect(command).toBe(`node scripts/bootstrap.mjs ${name}`);
      expect(stdout).toMatch(new RegExp(`\\n {2}${name} +\\w`));
    }
  });

  test.each([
    [[], 2, 'Usage:'],
    [['deploy'], 2, 'There is no task "deploy".'],
    [['toString'], 2, 'There is no task "toString".'],
    [['build', 'now'], 2, 'takes no arguments'],
  ])('%j is a wrong call', async (args, code, message) => {
    const ran = await bootstrap(...args);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(message);
  });

  test('check --help explains and does nothing', async () => {
    expect(await bootstrap('check', '--help')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage'),
    });
  });

  test('pass arguments and exit codes on, from any folder', async () => {
    expect(await bootstrap('reelay', '--version')).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d/),
    });
    expect(await bootstrap('reelay', 'nothing')).toMatchObject({ code: 2, stdout: '' });
  });

  test('start passes a signal on and waits for the server to stop', async () => {
    const env = { ...withoutVendorKeys(process.env), REELAY_LOG_LEVEL: 'warn' };
    const args = [script, 'start', '--port', '0', '--data', join(folder, 'data')];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/listens on http/.test(said)) child.kill('SIGTERM');
    });
    const [code] = await once(child, 'close');
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('Your API key') });
  });
});

test('a supervisor that ends npm start ends the server', async () => {
  const data = join(folder, 'supervised');
  const env = { ...withoutVendorKeys(process.env), REELAY_LOG_LEVEL: 'warn' };
  const npm = spawn('npm', ['start', '--', '--port', '0', '--data', data], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const text of npm.stdout) if (/listens on http/.test(String(text))) break;
  expect(() => lockFolder(data)).toThrow(/another Reelay server/);
  npm.kill('SIGTERM');
  await expect
    .poll(
      () => {
        try {
          lockFolder(data).release();
          return 'free';
        } catch {
          return 'taken';
        }
      },
      { timeout: 15_000, interval: 200 },
    )
    .toBe('free');
});

describe('what demo and test see of the environment', () => {
  test('no vendor key and no setting of an installation', () => {
    const kept = { PATH: '/bin', HOME: '/root', FFMPEG_PATH: '/opt/ffmpeg', CI: 'true', FALCON: 'a bird' };
    const withheld = {
      XAI_API_KEY: 'x',
      XAI_BASE_URL: 'x',
      FAL_KEY: 'x',
      FAL_QUEUE_URL: 'x',
      GOOGLE_CLOUD_PROJECT: 'x',
      GOOGLE_APPLICATION_CREDENTIALS: 'x',
      VERTEX_STORAGE_URI: 'x',
      OPENAI_COMPATIBLE_URL: 'x',
      OPENAI_COMPATIBLE_KEY: 'x',
      REELAY_PROVIDERS: 'x',
      REELAY_API_KEY: 'x',
      DATABASE_URL: 'x',
      fal_key: 'x',
    };
    expect(withoutVendorKeys({ ...kept, ...withheld })).toEqual(kept);
  });

  test('programs of a folder go first', () => {
    expect(withProgramsFrom({ PATH: '/bin' }, '/node')).toEqual({ PATH: `/node${delimiter}/bin` });
    expect(withProgramsFrom({ Path: 'C:\\bin' }, 'D:\\node')).toEqual({ Path: `D:\\node${delimiter}C:\\bin` });
  });
});

test.each([
  ['ffmpeg version 5.1.6-0+deb12u1 Copyright (c)', true],
  ['ffprobe version 7.1 Copyright', true],
  ['ffmpeg version n6.0-2 Copyright', true],
  ['ffmpeg version 5.0.1 Copyright', false],
  ['ffmpeg version 4.4.2-0ubuntu0 Copyright', false],
  ['ffmpeg version N-109542-g2d202985b7\nlibavutil      57. 44.100 / 57. 44.100', true],
  ['ffmpeg version git-2021\nlibavutil      56. 70.100 / 56. 70.100', false],
  ['something else', false],
])('FFmpeg that says %j is new enough: %s', (text, expected) => {
  expect(isFfmpegNewEnough(text)).toBe(expected);
});

describe('programs of the system', () => {
  const fakes = {
    'apt-get': 'echo "$@" >> "$(dirname "$0")/asked"; case "$*" in *chromium*) touch "$(dirname "$0")/chromium";; esac',
    // Whoever runs the tests may be root or not.
    sudo: 'shift; exec "$@"',
    ffmpeg: 'echo "ffmpeg version 7.1"',
    ffprobe: 'echo "ffprobe version 7.1"',
    ...Object.fromEntries(Object.keys(testPrograms).flatMap((name) => (isAbsolute(name) ? [] : [[name, '']]))),
  };

  /** A machine that has all the programs but those; apt-get brings Chromium. */
  function machineWithout(...missing: readonly string[]): { PATH: string } {
    const path = mkdtempSync(join(folder, 'programs-'));
    for (const [name, commands] of Object.entries(fakes)) {
      if (!missing.includes(name)) writeFileSync(join(path, name), `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
    }
    for (const name of ['env', 'dirname', 'touch', 'sh', 'true'])
      symlinkSync(findProgram(name, process.env) ?? '', join(path, name));
    return { PATH: path };
  }

  test('a browser that is missing is installed once', async () => {
    const env = machineWithout('chromium');
    await ensureSystemPrograms({ env, programs: testPrograms });
    await ensureSystemPrograms({ env, programs: testPrograms });
    const asked = readFileSync(join(env.PATH, 'asked'), 'utf8').trim().split('\n');
    expect(asked).toEqual([expect.stringMatching(/ update$/), expect.stringMatching(/ install .* chromium$/)]);
  });

  test('nothing is installed for a task that needs no browser, nor where there is one elsewhere', async () => {
    const env = machineWithout('chromium');
    await ensureSystemPrograms({ env });
    await ensureSystemPrograms({ env: { ...env, CHROMIUM_PATH: process.execPath }, programs: testPrograms });
    expect(existsSync(join(env.PATH, 'asked'))).toBe(false);
  });

  test('what cannot be installed is told with the command that does', async () => {
    const env = machineWithout('chromium', 'apt-get');
    await expect(ensureSystemPrograms({ env, programs: testPrograms })).rejects.toThrow(
      /^chromium missing\. .*chromium/s,
    );
  });

  test('what apt-get did not bring is named', async () => {
    const env = machineWithout('jq');
    await expect(ensureSystemPrograms({ env, programs: testPrograms })).rejects.toThrow('still missing: jq');
  });
});

describe('installed packages', () => {
  function checkout(name: string, wanted: object, installed?: object): string {
    const path = join(folder, name);
    mkdirSync(join(path, 'node_modules'), { recursive: true });
    writeFileSync(join(path, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
    if (installed) {
      writeFileSync(join(path, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
    }
    return path;
  }
  const a = { 'node_modules/a': { version: '1.0.0' } };
  const elsewhere = { 'node_modules/b-darwin': { version: '1.0.0', optional: true } };

  test('are those of the lockfile, whoever installed them; packages for other platforms may be missing', () => {
    expect(isInstalled(checkout('same', { ...a, ...elsewhere }, a))).toBe(true);
    expect(isInstalled(checkout('more', a, { ...a, 'node_modules/extra': { version: '3.0.0' } }))).toBe(true);
    expect(isInstalled(checkout('none', a))).toBe(false);
    expect(isInstalled(checkout('older', a, { 'node_modules/a': { version: '0.9.0' } }))).toBe(false);
    expect(isInstalled(checkout('less', { ...a, 'node_modules/c': { version: '1.0.0' } }, a))).toBe(false);
    expect(isInstalled(root)).toBe(true);
  });
});

describe('the lock of a checkout', () => {
  const module = join(root, 'scripts', 'checkout-lock.mjs');

  test('lets one process in at a time', async () => {
    const lock = join(folder, 'lock');
    const marks = join(folder, 'marks');
    mkdirSync(marks);
    // A mark of another process inside the lock would be two at once.
    const source = `
      import { readdirSync, rmSync, writeFileSync } from 'node:fs';
      import { withCheckoutLock } from ${JSON.stringify(module)};
      const [lock, marks] = process.argv.slice(1);
      await withCheckoutLock(lock, async () => {
        if (readdirSync(marks).length > 0) process.exitCode = 9;
        writeFileSync(marks + '/' + process.pid, '');
        await new Promise((resolve) => setTimeout(resolve, 50));
        rmSync(marks + '/' + process.pid);
      });`;
    const codes = Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', source, lock, marks], { stdio: 'ignore' });
      return (await once(child, 'close'))[0];
    });
    expect(await Promise.all(codes)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  test('of a process that is gone is taken over', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'close');
    const lock = join(folder, 'stale');
    mkdirSync(lock);
    writeFileSync(join(lock, 'pid'), String(gone.pid));
    expect(await withCheckoutLock(lock, async () => 'in')).toBe('in');
  });
});
