import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { findMediaTools } from '../media/ffmpeg.ts';
import { findConfinement } from '../media/find-confinement.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { checkProviders } from './doctor-providers.ts';
import { checkStorage } from './doctor-storage.ts';
import { checkDatabase } from './doctor-tasks.ts';
import { type Finding, findingsText, type Verdict } from './finding.ts';
import { fileSize, print, printJson } from './output.ts';

/** Free space below which a server is not ready, and below which it soon will not be. */
const minimumFreeBytes = 256e6;
const comfortableFreeBytes = 5e9;

const answerTimeoutMs = 3_000;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check that everything a server needs is here',
  about: [
    'Changes nothing. Exits with 1 where something is broken, and says how to mend it. Each vendor that is on is asked one',
    'question that costs nothing, and an object store takes one small file and gives it up again; --offline asks none.',
    'No key is printed.',
  ].join(' '),
  options: {
    port: { type: 'string', placeholder: 'PORT', description: 'Port of the server (REELAY_PORT, default 8080)' },
    offline: { type: 'boolean', description: 'Ask no vendor and no object store' },
    ...dataOption,
    ...jsonOption,
  },
  examples: ['doctor', 'doctor --offline', 'doctor --data /var/lib/reelay --json'],
  async run({ values: { data, port, offline = false, json } }) {
    const findings = await examine({ data, port }, offline);
    const broken = findings.some(({ state }) => state === 'broken');
    if (json) printJson({ ok: !broken, checks: findings });
    else print(`${findingsText(findings)}\n\n${broken ? 'Something is broken.' : 'Ready.'}`);
    return broken ? 1 : 0;
  },
});

async function examine(
  flags: { readonly data: string | undefined; readonly port: string | undefined },
  offline: boolean,
): Promise<readonly Finding[]> {
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
  const named = (name: string, verdict: Promise<Verdict>) => verdict.then((found) => [{ name, ...found }]);
  const others = await Promise.all([
    checkFfmpeg(config),
    named('Data folder', checkFolder(config)),
    checkDatabase(config),
    checkStorage(config, offline),
    named('Address', checkAddress(config)),
    checkProviders(config, offline),
  ]);
  return [first, { name: 'Settings', state: 'ok', detail: 'all valid' }, ...others.flat()];
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

async function checkFfmpeg({ ffmpegPath }: Config): Promise<readonly Finding[]> {
  const tools = await findMediaTools({ ffmpegPath });
  if (!('missing' in tools)) {
    const found: Finding = { name: 'FFmpeg', state: 'ok', detail: `${tools.version} at ${tools.ffmpeg}` };
    return [found, { name: 'FFmpeg bounds', ...(await checkConfinement(tools.ffprobe)) }];
  }
  return [
    {
      name: 'FFmpeg',
      state: 'broken',
      detail: tools.missing,
      remedy: 'Install FFmpeg 5.1 or newer (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg).',
    },
  ];
}

/** As the user who asks: a server under another one may be let do more or less. */
async function checkConfinement(ffprobe: string): Promise<Verdict> {
  const { held, missing } = await findConfinement(ffprobe);
  if (missing.length === 0) return { state: 'ok', detail: held.join(', ') };
  const lacking = missing.map(({ bound, reason }) => `${bound} (${reason})`).join(', ');
  return {
    state: 'warning',
    detail: `${held.length === 0 ? 'none held' : `held: ${held.join(', ')}`}; not possible: ${lacking}`,
    remedy: [...new Set(missing.map(({ remedy }) => remedy))].join(' '),
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
