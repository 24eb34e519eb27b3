/** The renderer's WebAssembly kernels, compiled where their sources or their compiler are others than those they were built from. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './programs.mjs';
import { isBuiltFrom, rememberSources } from './sources.mjs';

const sources = ['package-lock.json', 'renderer/kernels'];

/**
 * @param {{ root: string, node: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ code: number, output: string }>}
 */
export async function buildKernels({ root, node, env }) {
  const folder = join(root, 'renderer', 'dist');
  const stamp = join(folder, '.kernels');
  if (isBuiltFrom(root, sources, stamp)) return { code: 0, output: '' };
  mkdirSync(folder, { recursive: true });
  const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
  const options = [
    '-O3',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--noAssert',
    '--disableWarning',
    '112',
    '-o',
    join(folder, 'kernels.wasm'),
  ];
  const built = await runQuietly(node, [asc, join(root, 'renderer', 'kernels', 'index.ts'), ...options], {
    env,
    cwd: root,
  });
  if (built.code === 0) rememberSources(root, sources, stamp);
  return built;
}
