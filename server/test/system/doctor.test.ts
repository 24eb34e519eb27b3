import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findProgram } from '../../../scripts/system-programs.mjs';
import { openDatabase } from '../../src/database/open.ts';
import { type FalEmulator, startFalEmulator } from '../../src/testing/emulators/fal.ts';
import { startVertexEmulator, type VertexEmulator } from '../../src/testing/emulators/vertex.ts';
import { startXaiEmulator, type XaiEmulator } from '../../src/testing/emulators/xai.ts';
import { createScriptedProvider } from '../../src/testing/scripted-provider.ts';
import { createTaskBench } from '../../src/testing/task-bench.ts';

const entry = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const keys = { xai: 'xai-emulated-key', fal: 'fal-emulated-key' };
const video = Buffer.from('video');
let folder: string;
let xai: XaiEmulator;
let fal: FalEmulator;
let vertex: VertexEmulator;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-doctor-'));
  xai = await startXaiEmulator({ key: keys.xai, video });
  fal = await startFalEmulator({ key: keys.fal, video });
  vertex = await startVertexEmulator({ token: 'token-of-ours', video });
});

afterAll(async () => {
  await Promise.all([xai?.close(), fal?.close(), vertex?.close()]);
  await rm(folder, { recursive: true, force: true });
});

interface Check {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

interface Report {
  readonly code: number;
  readonly text: string;
  readonly checks: Readonly<Record<string, Check>>;
}

/** Runs `doctor --json` with these vendors; what it prints holds no key. */
async function examine(
  environment: Readonly<Record<string, string>>,
  { data = join(folder, 'data'), args = [] }: { readonly data?: string; readonly args?: readonly string[] } = {},
): Promise<Report> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, REELAY_PORT: '0', ...environment };
  const report = await new Promise<Omit<Report, 'checks'>>((resolve) => {
    execFile(process.execPath, [entry, 'doctor', '--json', '--data', data, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: stdout + stderr }),
    );
  });
  for (const key of Object.values(keys)) expect(report.text).not.toContain(key);
  const { checks } = JSON.parse(report.text) as { readonly checks: readonly Check[] };
  return { ...report, checks: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

const vendors = () => ({
  XAI_API_KEY: keys.xai,
  XAI_BASE_URL: xai.baseUrl,
  FAL_KEY: keys.fal,
  FAL_QUEUE_URL: fal.queueUrl,
  FAL_API_URL: fal.apiUrl,
});

describe('vendors', () => {
  let asked = 0;
  const requests = () => xai.requests.length + fal.requests.length;
  const paid = () => xai.submissions.length + fal.submissions.length;

  afterEach(() => {
    asked = requests();
    expect(paid()).toBe(0);
  });

  test('that take their keys, with order and limits', async () => {
    const { code, checks } = await examine({
      ...vendors(),
      REELAY_PROVIDERS: 'fal,xai',
      REELAY_PROVIDER_JOBS: 'fal=5',
      REELAY_PROVIDER_SUBMITS_PER_MINUTE: 'xai=60',
      REELAY_PUBLIC_URL: 'https://reelay.example',
    });
    expect(code).toBe(0);
    expect(checks['Providers']?.detail).toContain('asked in this order: fal, xai');
    expect(checks['Providers']?.detail).toContain('off: vertex (VERTEX_STORAGE_URI)');
    expect(checks['fal']).toMatchObject({ state: 'ok', detail: 'the key is accepted; at most 5 jobs at once' });
    expect(checks['xai']).toMatchObject({
      state: 'ok',
      detail: 'the key is accepted; at most 20 jobs at once, at most 60 submissions a minute',
    });
    expect(checks['Webhooks']?.detail).toBe('fal may send them to https://reelay.example');
    expect(requests()).toBe(asked + 2);
  });

  test('that refuse them', async () => {
    const { code, checks } = await examine({ ...vendors(), XAI_API_KEY: 'wrong-key', FAL_KEY: 'wrong-key' });
    expect(code).toBe(1);
    expect(checks['xai']).toMatchObject({ state: 'broken', detail: 'the key is refused' });
    expect(checks['xai']?.remedy).toContain('XAI_API_KEY');
    expect(checks['fal']).toMatchObject({ state: 'broken' });
    expect(checks['fal']?.remedy).toContain('FAL_KEY');
  });

  test('that are not to be asked', async () => {
    const { code, checks } = await examine(vendors(), { args: ['--offline'] });
    expect(code).toBe(0);
    expect(checks['xai']?.detail).toBe('at most 20 jobs at once; not asked');
    expect(checks['Webhooks']?.detail).toContain('REELAY_PUBLIC_URL is not set: fal is polled');
    expect(requests()).toBe(asked);
  });

  test('of which one has its credentials in a file and a bucket', async () => {
    const credentials = join(folder, 'account.json');
    const google = {
      GOOGLE_CLOUD_PROJECT: vertex.project,
      VERTEX_STORAGE_URI: vertex.storageUri,
      VERTEX_BASE_URL: vertex.origin,
      GCS_BASE_URL: vertex.origin,
      GOOGLE_APPLICATION_CREDENTIALS: credentials,
    };
    const missing = await examine(google);
    expect(missing.checks['vertex']).toMatchObject({ state: 'broken' });
    expect(missing.checks['vertex']?.remedy).toContain('GOOGLE_APPLICATION_CREDENTIALS');
    await writeFile(credentials, JSON.stringify(vertex.serviceAccount()));
    const { checks } = await examine(google);
    expect(checks['vertex']?.detail).toContain(`credentials found, ${vertex.storageUri} can be read`);
  });

  test.each([
    [{ REELAY_PROVIDERS: 'nobody' }, /REELAY_PROVIDERS names nobody/],
    [{ REELAY_PROVIDER_JOBS: 'nobody=1' }, /REELAY_PROVIDER_JOBS names nobody/],
  ])('that %j names wrongly', async (environment, message) => {
    const { code, checks } = await examine({ ...vendors(), ...environment });
    expect(code).toBe(1);
    expect(checks['Providers']).toMatchObject({ state: 'broken', detail: expect.stringMatching(message) });
  });
});

/** Each breaks a working installation in one way; `data` is a copy of its folder. */
const broken: readonly {
  readonly what: string;
  readonly finding: string;
  readonly state: 'broken' | 'warning';
  readonly detail: RegExp;
  readonly remedy: RegExp;
  readonly environment?: () => Promise<Readonly<Record<string, string>>>;
  readonly harm?: (data: string) => Promise<unknown> | unknown;
}[] = [
  {
    what: 'a setting that is none',
    finding: 'Settings',
    state: 'broken',
    detail: /REELAY_PORT must be at most 65535/,
    remedy: /Correct the variable/,
    environment: async () => ({ REELAY_PORT: '99999' }),
  },
  {
    what: 'a misspelt setting',
    finding: 'Settings',
    state: 'warning',
    detail: /nothing reads REELAY_PORTT/,
    remedy: /Was REELAY_PORT meant/,
    environment: async () => ({ REELAY_PORTT: '9000', REELAY_URL: 'http://localhost' }),
  },
  {
    what: 'no ffmpeg',
    finding: 'FFmpeg',
    state: 'broken',
    detail: /there is no ffmpeg at/,
    remedy: /apt-get install ffmpeg/,
    environment: async () => ({ FFMPEG_PATH: join(folder, 'nowhere') }),
  },
  {
    what: 'an old ffmpeg',
    finding: 'FFmpeg',
    state: 'broken',
    detail: /is version 4\.4; 5\.1 or newer is needed/,
    remedy: /apt-get install ffmpeg/,
    environment: () => programs('old', 'version 4.4', '--enable-libx264'),
  },
  {
    what: 'an ffmpeg without its encoder',
    finding: 'FFmpeg',
    state: 'broken',
    detail: /was built without libx264/,
    remedy: /with libx264/,
    environment: () => programs('plain', 'version 7.1', '--enable-gpl'),
  },
  {
    what: 'no programs that hold FFmpeg in bounds',
    finding: 'FFmpeg bounds',
    state: 'warning',
    detail: /^none held; not possible: no network \(.+\), no new privileges \(.+\)/,
    remedy: /Install util-linux/,
    environment: async () => {
      const path = await mkdtemp(join(folder, 'programs-'));
      for (const name of ['ffmpeg', 'ffprobe']) await symlink(findProgram(name, process.env) ?? '', join(path, name));
      return { PATH: path };
    },
  },
  {
    what: 'a data folder that is a file',
    finding: 'Data folder',
    state: 'broken',
    detail: /is not a folder/,
    remedy: /REELAY_DATA_DIR/,
    environment: async () => {
      await writeFile(join(folder, 'file'), '');
      return { REELAY_DATA_DIR: join(folder, 'file') };
    },
  },
  {
    what: 'a database that another program keeps',
    finding: 'Database',
    state: 'broken',
    detail: /another program keeps the file locked/,
    remedy: /fuser -v/,
    harm: (data) => {
      const other = new SqliteDatabase(join(data, 'reelay.sqlite'));
      other.exec('begin immediate');
      onTestFinished(() => void other.close());
    },
  },
  {
    what: 'a damaged database',
    finding: 'Database',
    state: 'broken',
    detail: /the file is damaged/,
    remedy: /restore the file from a backup/,
    harm: (data) => writeFile(join(data, 'reelay.sqlite'), 'no database'.repeat(1_000)),
  },
  {
    what: 'a database of a later version',
    finding: 'Database',
    state: 'warning',
    detail: /of a later version than this one \(9999_later\)/,
    remedy: /run the version/,
    harm: (data) => change(data, "insert into kysely_migration values ('9999_later', '2030-01-01')"),
  },
  {
    what: 'a clock that was set back',
    finding: 'Clock',
    state: 'broken',
    detail: /min \d+ s behind the newest event/,
    remedy: /NTP/,
    harm: (data) =>
      change(
        data,
        `insert into events values ('acct', 1, 'task', 'state', 'queued', 'queued', 0, 'm', '{}', ${Date.now() + 3_600_000})`,
      ),
  },
  {
    what: 'tasks that nobody works on',
    finding: 'Work',
    state: 'warning',
    detail: /^1 tasks under way were to be looked at \d+ min/,
    remedy: /reelay serve/,
    harm: (data) =>
      change(
        data,
        `insert into tasks (id, account_id, api, model, requested_model, operation, request, parameters, provider, state, seq,
           progress, warnings, phase, due_at, created_at, estimated_cost_micros)
         values ('t', 'acct', 'foxapi', 'm', 'm', 'edit', '{}', '{}', 'p', 'running', 1, 0, '[]', '{}', 1, 1, 0)`,
      ),
  },
  {
    what: 'a PostgreSQL that does not run',
    finding: 'Database',
    state: 'broken',
    detail: /at 127\.0\.0\.1:2: it does not answer/,
    remedy: /pg_isready/,
    environment: async () => ({ DATABASE_URL: 'postgres://reelay:password-of-ours@127.0.0.1:2/reelay' }),
  },
  {
    what: 'a public address of somebody else',
    finding: 'Public address',
    state: 'broken',
    detail: /answers 404, and not as a Reelay server/,
    remedy: /REELAY_PUBLIC_URL/,
    environment: async () => ({ REELAY_PUBLIC_URL: xai.origin }),
  },
  {
    what: 'a public address that leads nowhere',
    finding: 'Public address',
    state: 'warning',
    detail: /cannot be reached from here \(ECONNREFUSED\)/,
    remedy: /DNS/,
    environment: async () => ({ REELAY_PUBLIC_URL: 'http://127.0.0.1:2' }),
  },
  {
    what: 'a vendor whose clock is another',
    finding: 'Clock',
    state: 'broken',
    detail: /behind that of xai/,
    remedy: /timedatectl/,
    environment: async () => ({ XAI_API_KEY: keys.xai, XAI_BASE_URL: await vendorOfTomorrow() }),
  },
];

/** A certificate for `localhost` that ends in so many days and is its own authority. */
async function makeCertificate(days: number) {
  const made = await mkdtemp(join(folder, 'certificate-'));
  const [key, asked, path] = [join(made, 'key.pem'), join(made, 'asked.pem'), join(made, 'certificate.pem')];
  const run = promisify(execFile);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', ['req', '-new', ...curve, ...names, '-out', asked]);
  const signing = ['-signkey', key, '-copy_extensions', 'copy', '-days', String(days)];
  await run('openssl', ['x509', '-req', '-in', asked, ...signing, '-out', path]);
  return { path, key: await readFile(key), cert: await readFile(path) };
}

describe('the certificate of the public address', () => {
  const untrusted = {
    name: 'Public address',
    state: 'broken',
    detail: /DEPTH_ZERO_SELF_SIGNED/,
    remedy: /clients trust/,
  };
  const expired = { name: 'Public address', state: 'broken', detail: /CERT_HAS_EXPIRED/, remedy: /certbot renew/ };
  const short = {
    name: 'Certificate',
    state: 'warning',
    detail: /^that of localhost ends on \d{4}-\d\d-\d\d$/,
    remedy: /certbot renew/,
  };

  test.each([
    { what: 'that is good for long', days: 90, isTrusted: true, found: undefined },
    { what: 'that ends soon', days: 5, isTrusted: true, found: short },
    { what: 'that has expired', days: -1, isTrusted: true, found: expired },
    { what: 'that no client trusts', days: 90, isTrusted: false, found: untrusted },
  ])('$what', async ({ days, isTrusted, found }) => {
    const { path, ...certificate } = await makeCertificate(days);
    const server = createSecureServer(certificate, (_request, response) => response.end('{"status":"ok"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => void (await new Promise((resolve) => server.close(resolve))));
    const { port } = server.address() as AddressInfo;
    const { checks, text } = await examine({
      REELAY_PUBLIC_URL: `https://localhost:${port}`,
      ...(isTrusted && { NODE_EXTRA_CA_CERTS: path }),
    });
    const wrong = [checks['Public address'], checks['Certificate']].filter((check) => check && check.state !== 'ok');
    expect(wrong, text).toEqual(
      found === undefined
        ? []
        : [{ ...found, detail: expect.stringMatching(found.detail), remedy: expect.stringMatching(found.remedy) }],
    );
  });
});

describe('a broken installation', () => {
  const sound = () => join(folder, 'sound');

  beforeAll(async () => {
    const database = await openDatabase({ folder: sound() });
    await database.close();
  });

  test.each(broken)('$what', async ({ finding, state, detail, remedy, environment, harm }) => {
    const data = await mkdtemp(join(folder, 'copy-'));
    await cp(sound(), data, { recursive: true });
    await harm?.(data);
    const { REELAY_DATA_DIR = data, ...others } = (await environment?.()) ?? {};
    const { code, text, checks } = await examine(others, { data: REELAY_DATA_DIR });
    expect(checks[finding], text).toMatchObject({
      state,
      detail: expect.stringMatching(detail),
      remedy: expect.stringMatching(remedy),
    });
    expect(code).toBe(state === 'broken' ? 1 : 0);
    expect(text).not.toContain('password-of-ours');
  });
});

/** A folder of programs that only tell their version. */
async function programs(name: string, version: string, configuration: string) {
  const bin = join(folder, name);
  await mkdir(bin);
  for (const program of ['ffmpeg', 'ffprobe']) {
    const path = join(bin, program);
    await writeFile(path, `#!/bin/sh\necho "${program} ${version}"\necho "  configuration: ${configuration}"\n`);
    await chmod(path, 0o755);
  }
  return { FFMPEG_PATH: bin };
}

function change(data: string, statement: string): void {
  const file = new SqliteDatabase(join(data, 'reelay.sqlite'));
  file.exec(statement);
  file.close();
}

/** Answers everything with 200, and a date that is a day ahead. */
async function vendorOfTomorrow(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Date', new Date(Date.now() + 86_400_000).toUTCString());
    response.setHeader('Content-Type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => void (await new Promise((resolve) => server.close(resolve))));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

test('tasks that wait, that nobody knows of, and whose reservation outlasts them', async () => {
  const vendor = createScriptedProvider({ name: 'vendor' });
  const full = createScriptedProvider({ name: 'full', room: () => 0 });
  vendor.script.start = async () => ({ kind: 'unknown', detail: 'the connection broke' });
  const clock = { now: Date.now() - 3 * 24 * 3_600_000 };
  const bench = await createTaskBench({ providers: [vendor, full], clock, folder: join(folder, 'bench') });
  onTestFinished(() => bench.close());
  const lost = await bench.accept();
  await bench.reached(lost, 'uncertain');
  clock.now += 24 * 3_600_000;
  await bench.reached(lost, 'failed');
  const uncertain = await bench.accept();
  await bench.reached(uncertain, 'uncertain');
  await bench.accept({ askedProvider: 'full' });

  const { code, checks } = await examine({}, { data: bench.folder });
  expect(code).toBe(0);
  expect(checks['Queue']).toMatchObject({ state: 'warning', detail: expect.stringContaining('1 for full') });
  expect(checks['Uncertain']).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining(`${uncertain} (vendor, until 20`),
    remedy: expect.stringContaining('reelay tasks resolve'),
  });
  expect(checks['Reservations']).toMatchObject({ state: 'warning', detail: expect.stringContaining(lost) });
  expect(checks['Reservations']?.detail).not.toContain(uncertain);
});
