#!/usr/bin/env node
/**
 * From a fresh clone to a running task: `node scripts/bootstrap.mjs <task> [args]`, behind the npm scripts. Plain
 * JavaScript for the machine's own Node (18 or newer), before anything is installed. Each step is silent where there
 * is nothing to do.
 */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withCheckoutLock } from './checkout-lock.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { withoutVendorKeys } from './environment.mjs';
import { buildKernels } from './kernels.mjs';
import { ensureNode } from './node-runtime.mjs';
import { announce, codeOfSignal, Failure, lastLines, runQuietly, runVisibly, signalChildren } from './programs.mjs';
import { ensureSystemPrograms, testPrograms } from './system-programs.mjs';
import { buildWorkbench } from './workbench.mjs';

const root = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));
const packages = join(root, 'node_modules');
const programs = {
  biome: join(packages, '@biomejs', 'biome', 'bin', 'biome'),
  tsc: join(packages, 'typescript', 'bin', 'tsc'),
  vitest: join(packages, 'vitest', 'vitest.mjs'),
  reelay: join(root, 'server', 'dist', 'cli', 'main.js'),
  pack: join(root, 'scripts', 'pack.mjs'),
  bench: join(root, 'bench', 'main.ts'),
  renderSpeed: join(root, 'bench', 'render-speed.ts'),
  skyEdit: join(root, 'bench', 'render', 'main.ts'),
  gallery: join(root, 'bench', 'gallery', 'main.ts'),
};

/** A build that takes longer than this is announced, in milliseconds: an incremental one is done before. */
const silentBuildMs = 1_500;

/** Lint, and the types of the tests: those of the sources are the build's. */
const checks = [
  [programs.biome, 'check', '.'],
  [programs.tsc, '-p', join(root, 'tsconfig.test.json')],
];

/**
 * `commands` are run one after the other, each a program with its arguments. `free` tasks never see vendor keys.
 * `own` says that the task answers `--help` itself.
 */
const tasks = {
  demo: {
    summary: 'render sample videos through the HTTP API and save them under ./reelay-demo; costs nothing',
    free: true,
    own: true,
    media: {},
    commands: (args) => [[programs.reelay, 'demo', ...args]],
  },
  start: {
    summary: 'run the server (npm start -- --port 9000)',
    own: true,
    media: {},
    commands: (args) => [[programs.reelay, 'serve', ...args]],
  },
  test: {
    summary: 'lint and run every test (npm test -- <file or name>)',
    free: true,
    own: true,
    media: testPrograms,
    commands: (args) => [...checks, [programs.vitest, 'run', ...args]],
  },
  check: { summary: 'lint and check types', commands: () => checks },
  build: { summary: 'compile', commands: () => [] },
  pack: { summary: 'make the package of the server under ./dist', commands: () => [[programs.pack]] },
  bench: {
    summary: 'run the benchmarks',
    own: true,
    media: {},
    commands: (args) => [[programs.bench, ...args]],
  },
  'bench:render': {
    summary: 'measure how well the sky edit finds the sky, and what renders cost beside a bare transcode',
    own: true,
    media: {},
    commands: (args) => [
      [programs.skyEdit, ...args],
      [programs.renderSpeed, ...args],
    ],
  },
  gallery: {
    summary: 'render every effect and scene into one page under ./reelay-gallery',
    own: true,
    media: {},
    commands: (args) => [[programs.gallery, ...args]],
  },
  reelay: {
    summary: 'run the command line tool (npm run reelay -- doctor)',
    own: true,
    commands: (args) => [[programs.reelay, ...args]],
  },
};

function usage() {
  const lines = Object.entries(tasks).map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`);
  return `Usage: node scripts/bootstrap.mjs <task> [arguments]\n\n${lines.join('\n')}\n\nEach task first installs what is missing: Node 24, packages, FFmpeg; test also what the tests call.\n`;
}

async function main([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h') {
    (name === undefined ? process.stderr : process.stdout).write(usage());
    return name === undefined ? 2 : 0;
  }
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (task === undefined) {
    process.stderr.write(`There is no task "${name}".\n\n${usage()}`);
    return 2;
  }
  if (!task.own && args.length > 0) {
    const asksHelp = args.includes('--help') || args.includes('-h');
    (asksHelp ? process.stdout : process.stderr).write(asksHelp ? usage() : `The task "${name}" takes no arguments.\n`);
    return asksHelp ? 0 : 2;
  }
  const { node, env } = await setUp(task);
  return runAll(node, task.commands(args), env);
}

/** Everything that has to be there before the task runs. */
async function setUp(task) {
  const visible = task.free ? withoutVendorKeys(process.env) : process.env;
  const runtime = await withCheckoutLock(join(root, '.bootstrap-lock'), async () => {
    const found = await ensureNode(visible);
    await ensureDependencies({ folder: root, env: found.env });
    await build(found);
    return found;
  });
  if (task.media !== undefined) await ensureSystemPrograms({ env: runtime.env, programs: task.media });
  return runtime;
}

async function build({ node, env }) {
  const timer = setTimeout(() => announce('Building …'), silentBuildMs);
  const steps = [
    () => buildKernels({ root, node, env }),
    () => runQuietly(node, [programs.tsc, '-b', root, '--pretty', 'false'], { env, cwd: root }),
    () => buildWorkbench({ root, node, env }),
  ];
  let built = { code: 0, output: '' };
  for (const step of steps) if (built.code === 0) built = await step();
  clearTimeout(timer);
  if (built.code !== 0) throw new Failure(`The build failed:\n${lastLines(built.output, 40)}`);
}

/** How soon the end of npm is noticed, in milliseconds. */
const parentWatchMs = 500;

/** Whether a task is in front of the user: it ends by itself once it has a signal, and its code becomes ours. */
let inFront = false;

async function runAll(node, commands, env) {
  inFront = true;
  for (const command of commands) {
    const code = await runVisibly(node, command, { env, cwd: root });
    if (code !== 0) return code;
  }
  return 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    signalChildren(signal);
    if (!inFront) process.exit(codeOfSignal(signal));
  });
}

/**
 * npm runs a script through a shell that passes no signal on: when a supervisor ends `npm start`, npm and the shell are
 * gone, and all that shows here is another parent.
 */
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, parentWatchMs).unref();
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
