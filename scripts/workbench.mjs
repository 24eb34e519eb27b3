/**
 * The page of the server. Vite has no incremental build, so what it was built from is remembered beside it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './programs.mjs';

/** Everything that ends up in the page: its own files, what it shares with the server, and its packages. */
const sources = [
  'package-lock.json',
  'server/src/docs/snippets',
  'server/src/errors.ts',
  'workbench/index.html',
  'workbench/src',
  'workbench/vite.config.ts',
];

/**
 * Builds the page where its sources are others than those it was built from.
 *
 * @param {{ root: string, node: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function buildWorkbench({ root, node, env }) {
  const page = join(root, 'server', 'dist', 'workbench');
  const stamp = join(page, '.sources');
  const wanted = digest(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { code: 0, output: '' };
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const built = await runQuietly(node, [vite, 'build', join(root, 'workbench'), '--logLevel', 'warn'], {
    env: { ...env, NODE_ENV: 'production' },
    cwd: root,
  });
  if (built.code === 0) writeFileSync(stamp, wanted);
  return built;
}

function digest(root) {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const path of filesIn(join(root, source))) hash.update(`${path}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}
