import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createPlanner } from '../../src/testing/emulators/planner.ts';
import { emulatedVendors, type RunningEmulator } from '../../src/testing/emulators/registry.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { probeFacts, sampleVideo } from '../../src/testing/sample-media.ts';
import { prepareSamplePrograms, type SamplePrograms } from '../../src/testing/sample-programs.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

/** Longest run of one guide, in milliseconds. */
const timeoutMs = 240_000;

vi.setConfig({ testTimeout: timeoutMs + 30_000 });

const guides = join(import.meta.dirname, '../../guides');
const entry = join(import.meta.dirname, '../../dist/cli/main.js');
const key = 'sk-test-of-the-guides-0123456789';

interface Block {
  readonly language: string;
  /** Name of the file that the reader saves it as, or `not-run`. */
  readonly note: string | undefined;
  readonly code: string;
}

/** Fenced blocks of a guide in their order. */
function blocksOf(guide: string): readonly Block[] {
  const text = readFileSync(join(guides, `${guide}.md`), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language = '', note, code = '']) => ({
    language,
    note,
    code,
  }));
}

const names = readdirSync(guides).map((file) => file.replace(/\.md$/, ''));

/** Why a block is not run, by the guide and the line that the block begins with. */
const notRun: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'first-video': {
    'npm start': 'the test has started a server',
    'export REELAY_URL=http://127.0.0.1:8080': 'the test sets its own address and key',
  },
  'from-foxapi': {
    'REELAY_API_KEY=$FOXAPI_KEY npm start': 'the test has started a server',
    'export REELAY_URL=http://127.0.0.1:8080   # was https://api.foxapi.cc': 'the test sets its own address and key',
  },
  'from-oxen': {
    'REELAY_API_KEY=$OXEN_API_KEY npm start': 'the test has started a server',
    'export REELAY_URL=http://127.0.0.1:8080   # was https://hub.oxen.ai': 'the test sets its own address and key',
  },
  'testing-your-app': {
    'REELAY_LOCAL_QUALITY=draft npm start': 'the test has started a server, in that quality',
    'export REELAY_URL=http://127.0.0.1:8080': 'the test sets its own address and key',
  },
  webhooks: {
    'export REELAY_URL=http://127.0.0.1:8080': 'the test sets its own address and key',
  },
  'your-own-keys': {
    'XAI_API_KEY=… FAL_KEY=… npm start': "needs a vendor's key; the test has started a server with an emulated vendor",
    'reelay doctor': "asks the vendors, and needs the environment of the reader's server; doctor.test.ts runs it",
    'export REELAY_URL=http://127.0.0.1:8080': 'the test sets its own address and key',
    'reelay tasks resolve TASK_ID --attach JOB_ID   # it is there: take it':
      'needs a task whose submission is uncertain; resolve.test.ts runs it',
    'reelay emulate xai --fault accept-then-drop=0.2 --fault moderated=every-5':
      'runs until Ctrl-C; emulate.test.ts runs it',
    'export XAI_API_KEY=… XAI_BASE_URL=http://127.0.0.1:…': 'its values are what the block before prints',
  },
};

/** What a reader has in the end. */
const outcomes: Readonly<
  Record<string, { readonly videos: readonly string[]; readonly printed: readonly (string | RegExp)[] }>
> = {
  'for-a-team': {
    videos: [],
    printed: [
      /^key budget_day: 10 of 10 left$/m,
      /^account budget_month: 200 of 200 left$/m,
      /^key-\w+ film anna +1 +1 +0 +0 +2 +\$0\.00 +\$0\.00$/m,
      /^grok-imagine-text-to-video +1 +1 /m,
      '"tasks_in_flight":2,"budget_day_usd":2.5,',
    ],
  },
  'first-video': { videos: ['sea.mp4', 'night.mp4'], printed: [/^completed 100 %$/m, /\/files\/.*sea\.mp4/] },
  'from-foxapi': {
    videos: ['village.mp4'],
    printed: [
      'veo-3.1-text-to-video\n',
      /"provider": "local",\s+"estimated_cost_usd": 0,/,
      /^prompt: /m,
      /^duration: must be/m,
      /^size: /m,
    ],
  },
  'from-oxen': {
    videos: ['boat.mp4', 'snow.mp4'],
    printed: [
      'xai-grok-imagine-video-edit-video: prompt, input_video\n',
      /"provider": "local",\s+"estimated_cost_usd": 0,/,
    ],
  },
  'testing-your-app': {
    videos: [],
    printed: ['"code": "content_policy_violation"', /pass 4\b[\s\S]*fail 0\b[\s\S]*pass 4\b[\s\S]*fail 0\b/],
  },
  webhooks: {
    videos: [],
    printed: [
      /^completed: http:\S+\.mp4/m,
      'a stranger gets 401\n',
      'from Python: failed\n',
      'the signature fits\n',
      /^delivered: \[\{.*"status":204/m,
      'again: waiting\n',
    ],
  },
  'your-own-keys': {
    videos: [],
    printed: [
      /"provider": "xai",\s+"estimated_cost_usd": 0\.3,/,
      /"status": "completed",\s+"provider": "xai",\s+"cost_usd": 0\.3/,
    ],
  },
};

let folder: string;
let programs: SamplePrograms;
let emulator: RunningEmulator;
let local: ServerProcess;
let paid: ServerProcess;
let paidJobs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-guides-'));
  programs = await prepareSamplePrograms(folder);
  // The name that the package gives to the command line.
  await writeFile(join(folder, 'bin', 'reelay'), `#!/bin/sh\nexec "${process.execPath}" "${entry}" "$@"\n`, {
    mode: 0o755,
  });
  await symlink(process.execPath, join(folder, 'bin', 'node'));
  const video = await readFile(await sampleVideo(folder, 'result.mp4', { seconds: 1 }));
  const vendor = emulatedVendors['xai'];
  if (vendor === undefined) throw new Error('the vendor of the guide is not emulated');
  const plan = createPlanner({ rules: [], seed: 1, jobMs: 500, now: Date.now });
  const made = () => {
    paidJobs += 1;
  };
  emulator = await vendor.start({ video, folder, webhookOrigin: undefined, script: { plan, made } });
  const environment = (name: string) => ({ REELAY_DATA_DIR: join(folder, name), REELAY_API_KEY: key });
  local = await startServerProcess(environment('local-data'));
  paid = await startServerProcess({ ...environment('paid-data'), ...emulator.environment });
});

afterAll(async () => {
  await Promise.all([local?.stop(), paid?.stop()]);
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Types all of a guide into one shell, in an empty folder. */
async function follow(guide: string, url: string): Promise<{ readonly cwd: string; readonly printed: string }> {
  const cwd = join(folder, guide);
  await mkdir(cwd);
  const blocks = blocksOf(guide).filter(({ note }) => note !== 'not-run');
  for (const { note, code } of blocks) if (note !== undefined) await writeFile(join(cwd, note), code);
  const typed = blocks.filter(({ note }) => note === undefined).map(({ code }) => code);
  const env = {
    ...{ REELAY_URL: url, REELAY_API_KEY: key, REELAY_PORT: String(await freePort()), PORT: String(await freePort()) },
    // Where that server runs, for commands that open its database.
    ...(guide === 'for-a-team' && { REELAY_DATA_DIR: join(folder, 'local-data') }),
  };
  const printed = await programs.succeed('bash', `set -euo pipefail\n${typed.join('\n')}`, { cwd, env, timeoutMs });
  return { cwd, printed };
}

describe('every block', () => {
  test.each(names)('of %s is run, or it is listed why not', (guide) => {
    const blocks = blocksOf(guide);
    const marked = blocks.filter(({ note }) => note === 'not-run').map(({ code }) => code.split('\n')[0]);
    expect(marked).toEqual(Object.keys(notRun[guide] ?? {}));
    // Only a shell is typed into; all else is a file that the shell runs.
    expect(blocks.filter(({ language, note }) => language !== 'sh' && !note?.includes('.'))).toEqual([]);
    expect(blocks.filter(({ language }) => !['sh', 'python', 'ts'].includes(language))).toEqual([]);
  });

  test('that is a file is run by another', () => {
    for (const guide of names) {
      const blocks = blocksOf(guide);
      const all = blocks.map(({ code }) => code).join('\n');
      for (const { note = '' } of blocks.filter(({ note }) => note?.includes('.'))) expect(all).toContain(note);
    }
  });
});

test('links between guides lead somewhere', () => {
  for (const guide of names) {
    const text = readFileSync(join(guides, `${guide}.md`), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !names.includes(link.replace(/\.md$/, '')))).toEqual([]);
  }
});

describe.each(names)('%s', (guide) => {
  test('leads where it says', async () => {
    const { videos, printed: expected } = outcomes[guide] ?? { videos: [], printed: ['an outcome in the table'] };
    const pays = guide === 'your-own-keys';
    const { cwd, printed } = await follow(guide, pays ? paid.url : local.url);
    if (pays) expect(paidJobs).toBe(1);
    for (const text of expected) expect(printed).toMatch(text);
    for (const video of videos) {
      expect(await probeFacts(join(cwd, video))).toMatchObject({ videoCodec: 'h264', audioCodec: 'aac' });
    }
  });
});
