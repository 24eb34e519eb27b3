/**
 * The packages of the lockfile. Nothing of theirs runs at install: no package compiles or downloads.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { announce, Failure, lastLines, runQuietly } from './programs.mjs';

/** Words of npm's that mean the network failed, so that a second try may help. */
const networkTrouble =
  /ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|ERR_SOCKET_TIMEOUT|network|socket hang up|E50\d/i;

/**
 * Installs what the lockfile says, where something else is installed.
 *
 * @param {{ folder: string, env: NodeJS.ProcessEnv }} options
 */
export async function ensureDependencies({ folder, env }) {
  if (isInstalled(folder)) return;
  announce('Installing dependencies with npm ci …');
  await npmInstall({ folder, env });
}

/**
 * npm keeps a lockfile of its own in node_modules, written when an install is complete. Compared with ours it tells
 * what is installed, whoever installed it; a stamp of our own would not know of an `npm install` by hand.
 *
 * @param {string} folder
 */
export function isInstalled(folder) {
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const installed = packagesOf(join(folder, 'node_modules', '.package-lock.json'));
  return (
    wanted !== undefined &&
    installed !== undefined &&
    Object.entries(wanted).every(([path, one]) => path === '' || agrees(one, installed[path]))
  );
}

/** Packages for other platforms stay away; what is there has to be the same. */
function agrees(wanted, installed) {
  if (installed === undefined) return wanted.optional === true || wanted.devOptional === true;
  return wanted.version === installed.version;
}

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * `npm ci` in the folder, a second time where the network failed.
 *
 * @param {{ folder: string, env: NodeJS.ProcessEnv }} options
 */
export async function npmInstall({ folder, env }) {
  // An operator's NODE_ENV=production or omit=dev would leave the compiler out.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const windows = process.platform === 'win32';
  const install = () => runQuietly(windows ? 'npm.cmd' : 'npm', args, { env, cwd: folder, shell: windows });
  let result = await install();
  if (result.code !== 0 && networkTrouble.test(result.output)) {
    announce('The network failed; trying once more …');
    result = await install();
  }
  if (result.code === 0) return;
  const why = networkTrouble.test(result.output)
    ? 'npm could not reach its registry. Check the connection (npm config get registry shows the address) and run the command again.'
    : 'npm could not install the packages.';
  throw new Failure(`${why}\n${lastLines(result.output)}`);
}
