import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Others' servers, with a lockfile of their own: nothing of them is part of the project. */
export const peersFolder = join(import.meta.dirname, 'peers');

const dependencies = new URL('../scripts/dependencies.mjs', import.meta.url).href;

interface Dependencies {
  readonly ensureDependencies: (options: { readonly folder: string; readonly env: NodeJS.ProcessEnv }) => Promise<void>;
}

/** Installs them where they are not. Answers why not, where that fails: what needs no network is measured all the same. */
export async function installPeers(): Promise<string | undefined> {
  const { ensureDependencies } = (await import(dependencies)) as Dependencies;
  try {
    await ensureDependencies({ folder: peersFolder, env: process.env });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function gatewayVersion(): string {
  const path = join(peersFolder, 'node_modules', '@portkey-ai', 'gateway', 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
