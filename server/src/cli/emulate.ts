import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nearest } from '../catalogue/nearest.ts';
import { findMediaTools } from '../media/ffmpeg.ts';
import { createPlanner, type FaultRule, faultRuleOf } from '../testing/emulators/planner.ts';
import { type EmulatedVendor, emulatedVendors, type RunningEmulator } from '../testing/emulators/registry.ts';
import { type Fault, faults } from '../testing/emulators/script.ts';
import { sampleVideo } from '../testing/sample-media.ts';
import { defineCommand, type Options, type Values } from './command.ts';
import { createReport } from './emulate-report.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { print, say } from './output.ts';
import { listenForStop } from './stop-signals.ts';

const defaultJobSeconds = 5;

/** The finished file of every job. */
const film = { width: 1280, height: 720, seconds: 5 };

const names = Object.keys(emulatedVendors);

const options = {
  port: { type: 'string', placeholder: 'PORT', description: 'Port on 127.0.0.1; a free one where it is left out' },
  'job-seconds': {
    type: 'string',
    placeholder: 'SECONDS',
    description: `How long a job takes (default ${defaultJobSeconds})`,
  },
  latency: { type: 'string', placeholder: 'MS', description: 'Pause before every answer, in milliseconds (default 0)' },
  fault: {
    type: 'string',
    multiple: true,
    placeholder: 'FAULT',
    description: [
      'What goes wrong: with every job (NAME), with a chance (NAME=0.1), or with every n-th (NAME=every-5). May be',
      `repeated; the first that strikes counts. One of ${Object.keys(faults).join(', ')}`,
    ].join(' '),
  },
  seed: { type: 'string', placeholder: 'NUMBER', description: 'Makes chances strike the same submissions again' },
  webhooks: {
    type: 'string',
    placeholder: 'URL',
    description: 'Origin of your server on this machine: news of jobs goes there, where the provider sends any',
  },
} as const satisfies Options;

export const emulate = defineCommand({
  name: 'emulate',
  summary: 'Stand in for a paid provider on this machine',
  about: [
    `Speaks the wire format of a provider (${names.join(', ')}), so that a server runs through everything that a paid`,
    'job goes through, and nobody pays. Prints the variables that lead a server to it on standard output, then a line for',
    'every request on standard error, with the jobs that would have been paid counted. Ctrl-C ends it with a summary; it',
    'exits with 1 where a submission was paid twice.',
  ].join(' '),
  positionals: ['PROVIDER'],
  options,
  examples: [
    `emulate ${names[0]}`,
    `emulate ${names[1]} --job-seconds 20 --webhooks http://127.0.0.1:8080`,
    `emulate ${names[0]} --fault accept-then-drop=0.1 --fault moderated=every-5 --seed 7`,
  ],
  async run({ values, positionals: [name = ''] }) {
    const run = readRun(name, values);
    const stop = listenForStop();
    const folder = await mkdtemp(join(tmpdir(), 'reelay-emulate-'));
    try {
      const report = createReport(createPlanner({ ...run, now: Date.now }), tell);
      const emulator = await start(run, { report, folder });
      for (const [variable, value] of Object.entries(emulator.environment))
        print(`export ${variable}=${quoted(value)}`);
      say(`\nThe emulator of ${name} answers on ${emulator.origin}. Seed ${run.seed}. Ctrl-C ends it.\n`);
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
      await emulator.close();
      say(`\n${report.summary()}`);
      return report.paidTwice() ? 1 : 0;
    } finally {
      stop.end();
      await rm(folder, { recursive: true, force: true });
    }
  },
});

interface Run {
  readonly vendor: EmulatedVendor;
  readonly port: number;
  readonly jobMs: number;
  readonly answerAfterMs: number;
  readonly rules: readonly FaultRule[];
  readonly seed: number;
  readonly webhookOrigin: string | undefined;
}

function readRun(name: string, values: Values<typeof options>): Run {
  const vendor = emulatedVendors[name];
  if (vendor === undefined || !Object.hasOwn(emulatedVendors, name)) {
    throw usageFailure(`There is no emulator of "${name}"`, `There are ${names.join(', ')}.`);
  }
  return {
    vendor,
    port: numberOf('port', values.port ?? '0', 65_535),
    jobMs: numberOf('job-seconds', values['job-seconds'] ?? String(defaultJobSeconds), 86_400) * 1_000,
    answerAfterMs: numberOf('latency', values.latency ?? '0', 600_000),
    rules: (values.fault ?? []).map((text) => ruleOf(text, name, vendor.faults)),
    seed: numberOf('seed', values.seed ?? String(randomInt(1_000_000)), 2 ** 32 - 1),
    webhookOrigin: values.webhooks === undefined ? undefined : originOf(values.webhooks),
  };
}

/** Whole numbers, and parts of a second. */
function numberOf(flag: 'port' | 'job-seconds' | 'latency' | 'seed', text: string, maximum: number): number {
  const form = flag === 'job-seconds' ? /^\d{1,10}(\.\d+)?$/ : /^\d{1,10}$/;
  const value = form.test(text) ? Number(text) : Number.NaN;
  if (value <= maximum) return value;
  throw usageFailure(`--${flag} must be a number from 0 to ${maximum}, not "${text}"`);
}

function ruleOf(text: string, name: string, known: readonly Fault[]): FaultRule {
  const rule = faultRuleOf(text);
  if (rule !== undefined && known.includes(rule.fault)) return rule;
  const [fault = ''] = text.split('=');
  const isKnown = known.some((one) => one === fault);
  const near = isKnown ? undefined : nearest(fault, known);
  throw usageFailure(
    isKnown
      ? `--fault ${fault} takes a chance from 0 to 1 or every-N, not "${text.slice(fault.length + 1)}"`
      : `There is no fault "${fault}" at ${name}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    `There are ${known.join(', ')}.`,
  );
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin;
  throw usageFailure(`--webhooks must be an address such as http://127.0.0.1:8080, not "${text}"`);
}

async function start(
  { vendor, port, answerAfterMs, webhookOrigin }: Run,
  { report, folder }: { readonly report: ReturnType<typeof createReport>; readonly folder: string },
): Promise<RunningEmulator> {
  const tools = await findMediaTools({ ffmpegPath: process.env['FFMPEG_PATH'] });
  if ('missing' in tools) throw new CliFailure(`${tools.missing}.`, { advice: '"reelay doctor" says how to get it.' });
  const video = await readFile(await sampleVideo(folder, 'film.mp4', { ...film, ffmpeg: tools.ffmpeg }));
  try {
    return await vendor.start({
      port,
      answerAfterMs,
      webhookOrigin,
      folder,
      video,
      script: report,
      onAnswer: (request, answer) => tell(report.lineOf(request, answer)),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new CliFailure(`Port ${port} cannot be had: ${code === 'EACCES' ? 'it needs more rights' : 'it is taken'}.`, {
      advice: 'Choose another with --port.',
    });
  }
}

function tell(line: string): void {
  say(`${new Date().toISOString().slice(11, 19)}  ${line}`);
}

/** As a POSIX shell reads it. */
function quoted(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
