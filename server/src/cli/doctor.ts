import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nearest } from '../catalogue/nearest.ts';
import { type Config, readConfig, settingNames, unknownSettings } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { minimumFreeBytes } from '../health/readiness.ts';
import { explainDiskFault } from '../media/disk-faults.ts';
import { explainMissingTools, findMediaTools, type MediaTools } from '../media/ffmpeg.ts';
import { findConfinement } from '../media/find-confinement.ts';
import { dataOption, defineCommand, jsonOption } from './command.ts';
import { checkAddresses } from './doctor-address.ts';
import { checkDatabase } from './doctor-database.ts';
import { checkProviders } from './doctor-providers.ts';
import { checkStorage } from './doctor-storage.ts';
import { type Finding, findingsText, sentence, type Verdict } from './finding.ts';
import { fileSize, print, printJson } from './output.ts';

/** Free space below which a server soon will not be ready. */
const comfortableFreeBytes = 5e9;

/** Open files of a server with a thousand listeners and its database; each client takes one. */
const comfortableFiles = 4_096;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Check that everything a server needs is here',
  about: [
    'Changes nothing. Exits with 1 where something is broken, and says how to mend it. Each vendor that is on is asked one',
    'question that costs nothing, an object store takes one small file and gives it up again, and the public address is',
    'asked who is there; --offline asks none.',
    'No key is printed.',
  ].join(' '),
  options: {
    port: { type: 'string', placeholder: 'PORT', description: 'Port of the server (REELAY_PORT, default 8080)' },
    offline: { type: 'boolean', description: 'Ask no vendor, no object store and not the public address' },
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
  const first: readonly Finding[] = [{ name: 'Node', ...checkNode() }, ...checkOpenFiles()];
  let config: Config;
  try {
    config = readConfig(process.env, flags);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      ...first,
      { name: 'Settings', state: 'broken', detail: error.message, remedy: 'Correct the variable or unset it.' },
    ];
  }
  const named = (name: string, verdict: Promise<Verdict>) => verdict.then((found) => [{ name, ...found }]);
  const others = await Promise.all([
    checkFfmpeg(config),
    named('Data folder', checkFolder(config)),
    checkDatabase(config),
    checkStorage(config, offline),
    checkAddresses(config, offline),
    checkProviders(config, offline),
  ]);
  return [...first, checkNames(process.env), ...others.flat()];
}

/** A misspelt variable is a setting that nobody has made. */
function checkNames(environment: NodeJS.ProcessEnv): Finding {
  const unknown = unknownSettings(environment);
  if (unknown.length === 0) return { name: 'Settings', state: 'ok', detail: 'all valid' };
  const meant = unknown.map((name) => nearest(name, settingNames)).filter((name) => name !== undefined);
  return {
    name: 'Settings',
    state: 'warning',
    detail: `nothing reads ${unknown.join(', ')}`,
    remedy: meant.length > 0 ? `Was ${meant.join(', ')} meant?` : 'Unset it; the README lists all settings.',
  };
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

/** Of this shell: a service has its own, but is mostly started with the same. */
function checkOpenFiles(): readonly Finding[] {
  if (process.report === undefined) return [];
  const { userLimits } = process.report.getReport() as { readonly userLimits?: { open_files?: { soft?: unknown } } };
  const limit = Number(userLimits?.open_files?.soft ?? Number.POSITIVE_INFINITY);
  if (!(limit < comfortableFiles)) return [];
  return [
    {
      name: 'Open files',
      state: 'warning',
      detail: `at most ${limit}, and each client takes one`,
      remedy: 'Raise the limit for the server: ulimit -n 65536, or LimitNOFILE=65536 in its systemd unit.',
    },
  ];
}

async function checkFfmpeg({ ffmpegPath }: Config): Promise<readonly Finding[]> {
  const tools = await findMediaTools({ ffmpegPath });
  if (!('missing' in tools)) {
    const found: Finding = { name: 'FFmpeg', state: 'ok', detail: `${tools.version} at ${tools.ffmpeg}` };
    return [found, { name: 'FFmpeg bounds', ...(await checkConfinement(tools)) }];
  }
  return [
    {
      name: 'FFmpeg',
      state: 'broken',
      detail: tools.missing,
      remedy: sentence(explainMissingTools),
    },
  ];
}

/** As the user who asks: a server under another one may be let do more or less. */
async function checkConfinement(tools: MediaTools): Promise<Verdict> {
  const { held, missing } = await findConfinement(tools);
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
    if (!(await stat(existing)).isDirectory()) {
      throw Object.assign(new Error(`${existing} is not a folder`), { code: 'ENOTDIR' });
    }
    await access(existing, constants.W_OK | constants.X_OK);
  } catch (error) {
    return {
      state: 'broken',
      detail: `${dataFolder}: ${(error as Error).message}`,
      remedy: `${sentence(explainDiskFault(error, existing))} Or choose another with REELAY_DATA_DIR.`,
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
