#!/usr/bin/env node
/**
 * The program `reelay`. It imports nothing before it knows that this Node can: one that is too old would answer with a
 * stack of a file that it cannot read. npm only warns of `engines`.
 */
const oldestNode = 24;

if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(
    `Reelay needs Node ${oldestNode} or newer; this is Node ${process.versions.node}. Install one from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  const { boundYoungMemory } = await import('./young-memory.ts');
  boundYoungMemory();
  await import('./tool.ts');
}
