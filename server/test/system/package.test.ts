import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withoutVendorKeys } from '../../../scripts/environment.mjs';
import { pack } from '../../../scripts/pack.mjs';

/** `REELAY_PACKAGE_INSTALL=1` lets npm install the tarball with packages from its registry, as its users do. */
const installs = process.env['REELAY_PACKAGE_INSTALL'] === '1';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'reelay-package-'));
const clean = join(folder, 'clean');
const stale = join('dist', 'deleted-source.js');
let tarball: string;
/** The package as it came out of the tarball, where its packages are found. */
let home: string;

beforeAll(async () => {
  mkdirSync(join(folder, 'package', 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package', stale), '');
  tarball = await pack({ root, output: folder, env: process.env });
  mkdirSync(clean);
  if (installs) {
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: clean });
    home = join(clean, 'node_modules', 'reelay');
  } else {
    await promisify(execFile)('tar', ['-xzf', tarball, '-C', clean]);
    symlinkSync(join(root, 'node_modules'), join(clean, 'node_modules'));
    home = join(clean, 'package');
  }
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({ ...withoutVendorKeys(process.env), npm_command: 'exec', REELAY_LOG_LEVEL: 'warn' });

function filesOf(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(place, name)).isFile())
    .toSorted();
}

/** What a script of the package loads: files by their paths in it, and the names of packages. */
function loadedBy(path: string): { readonly files: readonly string[]; readonly packages: readonly string[] } {
  const text = readFileSync(join(home, path), 'utf8');
  const names = [...text.matchAll(/(?:\bfrom |\bimport |\bimport\(|import\.meta\.resolve\()'([^']+)'/g)].map(
    ([, name = '']) => name,
  );
  const files = names.filter((name) => name.startsWith('.')).map((name) => join(path, '..', name));
  const packages = names
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
  return { files, packages };
}

/** All but what was bundled for browsers. */
function scriptsOf(place: string): readonly string[] {
  return filesOf(place).filter((path) => path.endsWith('.js') && !path.startsWith('dist/workbench/'));
}

describe('the tarball', () => {
  test('holds what runs and nothing else', () => {
    const kinds = [
      /^(LICENSE|README\.md|package\.json)$/,
      /^dist\/([\w-]+\/)*\w[\w.-]*\.js$/,
      /^dist\/workbench\/(index\.html|licences\.md|assets\/[\w.-]+\.(js|css|woff2))$/,
      /^guides\/[\w-]+\.md$/,
      /^pictures\/sample\.jpg$/,
      /^node_modules\/@reelay\/renderer\/(LICENSE|package\.json|dist\/kernels\.wasm|dist\/([\w-]+\/)*[\w-]+\.js)$/,
    ];
    const files = filesOf(home);
    expect(files.filter((path) => !kinds.some((kind) => kind.test(path)))).toEqual([]);
    expect(files.filter((path) => /\.(test|contract|fixture)\./.test(path))).toEqual([]);
    for (const kind of kinds) expect(files.filter((path) => kind.test(path))).not.toEqual([]);
    expect(files.filter((path) => path.startsWith('guides/'))).toHaveLength(
      readdirSync(join(root, 'server/guides')).length,
    );
    expect(files).not.toContain(stale);
    expect(statSync(tarball).size).toBeLessThan(2e6);
  });

  test('has every file that its scripts load, and none of the tests', () => {
    const files = new Set(filesOf(home));
    const missing = scriptsOf(home).flatMap((path) =>
      loadedBy(path)
        .files.filter((target) => !files.has(target))
        .map((target) => `${path} → ${target}`),
    );
    expect(missing).toEqual([]);
    const others = [...files].filter((path) => path.startsWith('dist/testing/') && !path.includes('/emulators/'));
    expect(others).toEqual(['dist/testing/sample-media.js']);
  });

  test('names every package that its scripts load, and brings the renderer', () => {
    const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({
      name: 'reelay',
      license: 'MIT',
      bin: { reelay: 'dist/cli/main.js' },
      engines: { node: '>=24.0.0' },
      bundleDependencies: ['@reelay/renderer'],
    });
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
    const packages = new Set(scriptsOf(home).flatMap((path) => loadedBy(path).packages));
    expect([...packages].toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
  });

  test('tells of the settings, and links to nothing that it does not bring', () => {
    const text = readFileSync(join(home, 'README.md'), 'utf8');
    expect(text).toContain('| `REELAY_PORT` | `8080` |');
    expect(text).not.toMatch(/\]\((?!https:)/);
  });

  test('is not made by npm alone, which would take whatever lies in dist', async () => {
    await expect(promisify(execFile)('npm', ['pack', '--dry-run'], { cwd: join(root, 'server') })).rejects.toThrow(
      /npm run pack/,
    );
  });
});

describe('in a clean folder', () => {
  const main = () => join(home, 'dist', 'cli', 'main.js');

  test('the demo makes its four videos', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [main(), 'demo', '--fast'], {
      cwd: clean,
      env: environment(),
    });
    expect(readdirSync(join(clean, 'reelay-demo'))).toEqual([
      '1-edit.mp4',
      '2-image-to-video.mp4',
      '3-extension.mp4',
      'sample.mp4',
    ]);
    expect(stdout).toMatch(/\n {2}npx reelay serve\n$/);
  });

  test('the server shows its workbench, documents and guides', async () => {
    const args = [main(), 'serve', '--port', '0', '--data', join(clean, 'data')];
    const child = spawn(process.execPath, args, {
      cwd: clean,
      env: environment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    let said = '';
    let url: string | undefined;
    for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      said += text;
      url = /listens on (http:\S+)/.exec(said)?.[1];
      if (url !== undefined) break;
    }
    const page = await (await fetch(`${url}/workbench`)).text();
    const [script = ''] = /workbench\/assets\/[\w.-]+\.js/.exec(page) ?? [];
    const paths = [script, 'docs', 'openapi.json', 'llms.txt', 'docs/errors.md', 'healthz'];
    const guides = readdirSync(join(home, 'guides')).map((name) => `docs/guides/${name}`);
    for (const path of [...paths, ...guides]) {
      expect({ path, status: (await fetch(`${url}/${path}`)).status }).toEqual({ path, status: 200 });
    }
    child.stdout.resume();
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  test('a Node that is too old is told in one sentence', async () => {
    // Of a real one only the number counts; nothing else of the program is read.
    const pretended = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.1.0'})";
    const ran = promisify(execFile)(process.execPath, ['--import', pretended, main(), 'serve'], { cwd: clean });
    await expect(ran).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'Reelay needs Node 24 or newer; this is Node 22.1.0. Install one from https://nodejs.org.\n',
    });
    expect(readFileSync(main(), 'utf8')).not.toMatch(/^import /m);
  });
});
