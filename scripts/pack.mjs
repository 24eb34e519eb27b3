/**
 * The server as one package that runs anywhere: `dist/package`, and the tarball that npm makes of it.
 *
 * 1. The folder is made anew and the compiler starts from what the program loads, so nothing of a deleted source, of the
 *    tests or of the benchmarks gets in.
 * 2. The renderer is bundled: it is not on any registry, and one file is all that `npx --package` needs.
 * 3. Files without their sources need no source maps and no declarations.
 */
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { Failure, lastLines, runQuietly } from './programs.mjs';

const rendererName = '@reelay/renderer';

/** Nothing but JavaScript; the build has the rest. */
const compilerOptions = ['composite', 'incremental', 'declaration', 'sourceMap', 'pretty'].flatMap((name) => [
  `--${name}`,
  'false',
]);

/**
 * Needs a finished build. Leaves the folder `package` and the tarball in `output`, and answers the tarball's path.
 *
 * @param {{ root: string, output: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>}
 */
export async function pack({ root, output, env }) {
  const folder = join(output, 'package');
  rmSync(folder, { recursive: true, force: true });
  const renderer = join(folder, 'node_modules', ...rendererName.split('/'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compile = (project, target) =>
    runOrFail(process.execPath, [tsc, '-p', join(root, project), ...compilerOptions, '--outDir', target], { env });
  await compile('renderer', join(renderer, 'dist'));
  await compile('server/tsconfig.pack.json', join(folder, 'dist'));
  copyFileSync(join(root, 'renderer', 'dist', 'kernels.wasm'), join(renderer, 'dist', 'kernels.wasm'));
  cpSync(join(root, 'server', 'dist', 'workbench'), join(folder, 'dist', 'workbench'), {
    recursive: true,
    filter: (path) => basename(path) !== '.sources',
  });
  for (const part of ['guides', 'pictures']) {
    cpSync(join(root, 'server', part), join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, 'README.md'), readme(root));
  for (const place of [folder, renderer]) copyFileSync(join(root, 'LICENSE'), join(place, 'LICENSE'));
  writeJson(join(renderer, 'package.json'), rendererManifest(root));
  writeJson(join(folder, 'package.json'), serverManifest(root));
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const packed = await runOrFail(npm, ['pack', '--silent', '--ignore-scripts', '--pack-destination', output], {
    env,
    cwd: folder,
    shell: process.platform === 'win32',
  });
  return join(output, packed);
}

async function runOrFail(program, args, options) {
  const { code, output } = await runQuietly(program, args, options);
  if (code !== 0) throw new Failure(`The package could not be made:\n${lastLines(output, 40)}`);
  return output;
}

/** Its own words, and the settings of the README that lists them. */
function readme(root) {
  const own = readFileSync(join(root, 'server', 'README.md'), 'utf8');
  const [settings] = /^## Settings\n.*?(?=^## )/ms.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  if (settings === undefined) throw new Failure('README.md has no chapter "Settings".');
  return `${own.trimEnd()}\n\n${settings.replaceAll('npm start --', 'reelay serve').replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')}`;
}

function serverManifest(root) {
  const { scripts, devDependencies, ...manifest } = readJson(join(root, 'server', 'package.json'));
  return { ...manifest, bundleDependencies: [rendererName] };
}

function rendererManifest(root) {
  const { exports, ...manifest } = readJson(join(root, 'renderer', 'package.json'));
  return { ...manifest, exports: { ...exports, '.': exports['.'].default } };
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  try {
    const tarball = relative('', await pack({ root, output: join(root, 'dist'), env: process.env }));
    process.stdout.write(`${tarball}\n\nTry it: npx --package ./${tarball} reelay demo\n`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
