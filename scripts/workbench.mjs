/** The page of the server. */
import { join } from 'node:path';
import { runQuietly } from './programs.mjs';
import { isBuiltFrom, rememberSources } from './sources.mjs';

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
  if (isBuiltFrom(root, sources, stamp)) return { code: 0, output: '' };
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const built = await runQuietly(node, [vite, 'build', join(root, 'workbench'), '--logLevel', 'warn'], {
    env: { ...env, NODE_ENV: 'production' },
    cwd: root,
  });
  if (built.code === 0) rememberSources(root, sources, stamp);
  return built;
}
