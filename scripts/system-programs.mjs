/**
 * Programs that come from the operating system: FFmpeg, and what the tests call.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { announce, Failure, lastLines, runQuietly } from './programs.mjs';

const oldestFfmpeg = '5.1';

/** Longest run of a version question, in milliseconds. */
const versionTimeoutMs = 20_000;

/**
 * What the tests call, each with the Debian package that brings it: programs of the published pipelines, the browser that
 * the workbench is tried in, and the S3 server that files are kept in. That one is a library, found by its folder: Debian's
 * packages of its programs start services, and this one starts nothing.
 */
export const testPrograms = {
  ...{ jq: 'jq', curl: 'curl', python3: 'python3', mawk: 'mawk', openssl: 'openssl', chromium: 'chromium' },
  initdb: 'postgresql',
  '/usr/lib/python3/dist-packages/swift': 'python3-swift',
};

/** Variables that say where a program is, for machines that have it under another name or beside the path. */
const pathVariables = { chromium: 'CHROMIUM_PATH' };

/** Where Debian keeps PostgreSQL's programs, by version: they are not on the path. */
const postgresFolder = '/usr/lib/postgresql';

/**
 * @param {{ env: NodeJS.ProcessEnv, programs?: Readonly<Record<string, string>> }} options
 */
export async function ensureSystemPrograms({ env, programs = {} }) {
  const missing = Object.keys(programs).filter((name) => findProgram(name, env) === undefined);
  const fault = await ffmpegFault(env);
  if (fault === undefined && missing.length === 0) return;
  const names = [...(fault === undefined ? [] : ['FFmpeg']), ...missing.map((name) => basename(name))].join(', ');
  await install({
    packages: [...(fault === undefined ? [] : ['ffmpeg']), ...missing.map((name) => programs[name])],
    names,
    fault,
    env,
  });
  const left = [await ffmpegFault(env), ...missing.filter((name) => findProgram(name, env) === undefined)].filter(
    Boolean,
  );
  if (left.length > 0) throw new Failure(`After installing ${names} something is still missing: ${left.join('; ')}.`);
}

/**
 * The version that `ffmpeg -version` reports, as [major, minor]. Builds from git carry libavutil's version only, which
 * was 57.28 in 5.1.
 *
 * @param {string} text
 */
export function isFfmpegNewEnough(text) {
  const release = /^ff(?:mpeg|probe) version n?(\d+)\.(\d+)/.exec(text);
  if (release !== null) return isAtLeast(release, 5, 1);
  const library = /^libavutil\s+(\d+)\.\s*(\d+)/m.exec(text);
  return library !== null && isAtLeast(library, 57, 28);
}

function isAtLeast([, major, minor], neededMajor, neededMinor) {
  return Number(major) > neededMajor || (Number(major) === neededMajor && Number(minor) >= neededMinor);
}

/** What is wrong with FFmpeg here; undefined where it is fine. */
async function ffmpegFault(env) {
  for (const name of ['ffmpeg', 'ffprobe']) {
    const program = findFfmpeg(name, env);
    if (program === undefined) return `${name} is not installed`;
    const { code, output } = await runQuietly(program, ['-version'], { env, timeoutMs: versionTimeoutMs });
    if (code !== 0) return `${program} does not run`;
    if (!isFfmpegNewEnough(output)) return `${program} is older than ${oldestFfmpeg}`;
  }
  return undefined;
}

/** FFMPEG_PATH is the program, or the folder that holds both. */
function findFfmpeg(name, env) {
  const given = env.FFMPEG_PATH;
  if (!given || !existsSync(given)) return find(name, env);
  const folder = statSync(given).isDirectory() ? given : dirname(given);
  if (name === 'ffmpeg' && folder !== given) return given;
  return find(name, { PATH: `${folder}${delimiter}${env.PATH ?? ''}` });
}

/**
 * The path of a program, or of what has its own whole path for a name; undefined where there is none.
 *
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function findProgram(name, env) {
  if (isAbsolute(name)) return existsSync(name) ? name : undefined;
  const given = Object.hasOwn(pathVariables, name) ? env[pathVariables[name]] : undefined;
  if (given && existsSync(given)) return given;
  return find(name, env) ?? (name === 'initdb' ? findPostgres(name) : undefined);
}

function findPostgres(name) {
  if (!existsSync(postgresFolder)) return undefined;
  return readdirSync(postgresFolder)
    .map((version) => join(postgresFolder, version, 'bin', name))
    .find((path) => existsSync(path));
}

function find(name, env) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return (env.PATH ?? env.Path ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, file))
    .find((path) => existsSync(path));
}

async function install({ packages, names, fault, env }) {
  const apt = find('apt-get', env);
  const prefix = apt === undefined ? undefined : await rootPrefix(env);
  if (apt === undefined || prefix === undefined) throw new Failure(advice({ names, fault, packages, apt }));
  announce(`Installing ${names} with apt-get …`);
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (args) => {
    // sudo empties the environment, so the variable is set behind it.
    const words = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', apt, '-o', 'DPkg::Lock::Timeout=300', ...args];
    return runQuietly(words[0], words.slice(1), { env: quiet });
  };
  await run(['update']);
  const { code, output } = await run(['install', '-y', '--no-install-recommends', ...packages]);
  if (code !== 0) throw new Failure(`apt-get could not install ${packages.join(' ')}:\n${lastLines(output)}`);
}

/** What goes before a command that needs root: nothing as root, sudo where it asks for no password; undefined elsewhere. */
async function rootPrefix(env) {
  if (process.getuid?.() === 0) return [];
  const sudo = find('sudo', env);
  if (sudo === undefined) return undefined;
  return (await runQuietly(sudo, ['-n', 'true'], { env })).code === 0 ? [sudo, '-n'] : undefined;
}

function advice({ names, fault, packages, apt }) {
  const missing = fault === undefined ? `${names} missing.` : `${names} missing (${fault}).`;
  const list = packages.join(' ');
  if (apt === undefined && process.platform !== 'darwin') {
    return `${missing} Install ${list} (FFmpeg ${oldestFfmpeg} or newer) with your system's package manager, then try again.`;
  }
  const command =
    apt === undefined
      ? `brew install ${list}`
      : `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}`;
  return `${missing} Run this, then try again:\n\n  ${command}\n`;
}
