import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { estimateMicros } from '../catalogue/price.ts';
import { type Config, readConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { findMediaTools } from '../media/ffmpeg.ts';
import { createProviders } from '../providers/registry.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { fileSize, print, printJson, styled } from './output.ts';

/** Free space below which a server is not ready, and below which it soon will not be. */
const minimumFreeBytes = 256e6;
const comfortableFreeBytes = 5e9;

const answerTimeoutMs = 3_000;

interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'broken';
  readonly detail: string;
  /** How to mend it. */
  readonly remedy?: string;
}

type Verdict = Omit<Finding, 'name'>;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check that everything a server needs is here',
  about: 'Changes nothing. Exits with 1 where something is broken, and says how to mend it.',
  options: {
    port: { type: 'string', placeholder: 'PORT', description: 'Port of the server (REELAY_PORT, default 8080)' },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['doctor', 'doctor --data /var/lib/reelay --json'],
  async run({ values: { data, port, json } }) {
    const findings = await examine({ data, port });
    const broken = findings.some(({ state }) => state === 'broken');
    if (json) printJson({ ok: !broken, checks: findings });
    else print(`${findings.map(lineOf).join('\n')}\n\n${broken ? 'Something is broken.' : 'Ready.'}`);
    return broken ? 1 : 0;
  },
});

async function examine(flags: {
  readonly data: string | undefined;
  readonly port: string | undefined;
}): Promise<readonly Finding[]> {
  const first: Finding = { name: 'Node', ...checkNode() };
  let config: Config;
  try {
    config = readConfig(process.env, flags);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      first,
      { name: 'Settings', state: 'broken', detail: error.message, remedy: 'Correct the variable or unset it.' },
    ];
  }
  const checks = {
    FFmpeg: checkFfmpeg,
    'Data folder': checkFolder,
    Database: checkDatabase,
    Address: checkAddress,
    Providers: checkProviders,
  };
  const others = Object.entries(checks).map(async ([name, check]) => ({ name, ...(await check(config)) }));
  return [first, { name: 'Settings', state: 'ok', detail: 'all valid' }, ...(await Promise.all(others))];
}

function checkNode(): Verdict {
  const { node } = process.versions;
  if (Number.parseInt(node, 10) >= 24) return { state: 'ok', detail: node };
  return {
    state: 'broken',
    detail: `${node}; 24 or newer is needed`,
    remedy: 'Use the npm scripts of the checkout, which bring one, or install it from https://nodejs.org.',
  };
}

async function checkFfmpeg({ ffmpegPath }: Config): Promise<Verdict> {
  const tools = await findMediaTools({ ffmpegPath });
  if (!('missing' in tools)) return { state: 'ok', detail: `${tools.version} at ${tools.ffmpeg}` };
  return {
    state: 'broken',
    detail: tools.missing,
    remedy: 'Install FFmpeg 5.1 or newer (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg).',
  };
}

async function checkFolder({ dataFolder }: Config): Promise<Verdict> {
  const existing = await nearestExisting(dataFolder);
  try {
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is not a folder`);
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return {
      state: 'broken',
      detail: `${dataFolder}: ${(error as Error).message}`,
      remedy: 'Make it writable, or choose another with REELAY_DATA_DIR.',
    };
  }
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const detail = `${dataFolder}${existing === dataFolder ? '' : ' (made at the first start)'}, ${fileSize(free)} free`;
  if (free < minimumFreeBytes)
    return { state: 'broken', detail, remedy: 'Free some space: results could not be stored.' };
  if (free < comfortableFreeBytes)
    return { state: 'warning', detail, remedy: 'Free some space soon, or lower REELAY_RETENTION_DAYS.' };
  return { state: 'ok', detail };
}

async function nearestExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined || dirname(folder) === folder) return folder;
  }
}

/** Reads only: the newest version's columns are for the server to add. */
async function checkDatabase({ dataFolder }: Config): Promise<Verdict> {
  const path = join(dataFolder, 'reelay.sqlite');
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { state: 'ok', detail: 'SQLite, made at the first start' };
  try {
    const file = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
    const tasks = file.prepare('select count(*) from tasks').pluck().get();
    file.close();
    return { state: 'ok', detail: `SQLite, ${fileSize(found.size)}, ${tasks} tasks` };
  } catch (error) {
    return {
      state: 'broken',
      detail: `${path}: ${(error as Error).message}`,
      remedy: 'Restore the file from a backup, or move it away to start anew.',
    };
  }
}

async function checkAddress({ host, port }: Config): Promise<Verdict> {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  const ready = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerTimeoutMs) })
    .then(async (response) => (await response.json()) as { readonly status?: string })
    .catch(() => undefined);
  if (ready?.status === 'ready') return { state: 'ok', detail: `a Reelay server answers on ${url}` };
  if (ready?.status === 'not ready')
    return {
      state: 'broken',
      detail: `a Reelay server on ${url} is not ready`,
      remedy: `See ${url}/readyz for what it lacks.`,
    };
  const fault = await listenFault(host, port);
  if (fault === undefined) return { state: 'ok', detail: `${url} is free` };
  const remedy = 'Choose another with REELAY_HOST and REELAY_PORT, or end what uses it.';
  return {
    state: 'broken',
    detail: fault === 'EADDRINUSE' ? `${url} is taken by another program` : `${url}: ${fault}`,
    remedy,
  };
}

function listenFault(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

async function checkProviders(config: Config): Promise<Verdict> {
  const providers = createProviders({
    local: { quality: config.localQuality, concurrency: config.renderConcurrency, ffmpegPath: 'ffmpeg' },
    vendors: config.vendors,
    order: config.providerOrder,
    limits: config.providerLimits,
    pollMs: config.pollMs,
    submitTimeoutMs: config.submitTimeoutMs,
    estimateMicros,
    now: Date.now,
    log: () => undefined,
  });
  const names = providers.map((provider) => provider.name).join(', ');
  const onlyStandIns = providers.every((provider) => provider.standIn);
  await Promise.all(providers.map((provider) => provider.close?.()));
  return {
    state: 'ok',
    detail: onlyStandIns ? `${names}: free stand-in videos; set a vendor's key for real ones` : names,
  };
}

const marks = { ok: ['green', '✓'], warning: ['yellow', '!'], broken: ['red', '✗'] } as const;

function lineOf({ name, state, detail, remedy }: Finding): string {
  const [colour, mark] = marks[state];
  const line = `${styled(colour, mark)} ${name.padEnd(11)}  ${detail}`;
  return remedy === undefined ? line : `${line}\n  ${' '.repeat(11)}  ${remedy}`;
}
