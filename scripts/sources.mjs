/** For builds that are not incremental by themselves: what a result was built from is remembered beside it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root
 * @param {readonly string[]} sources files and folders below it
 * @param {string} stamp the file that remembers
 */
export function isBuiltFrom(root, sources, stamp) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest(root, sources);
}

/**
 * @param {string} root
 * @param {readonly string[]} sources
 * @param {string} stamp
 */
export function rememberSources(root, sources, stamp) {
  writeFileSync(stamp, digest(root, sources));
}

function digest(root, sources) {
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
