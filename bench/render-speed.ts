/**
 * What a render costs beside the least it could cost: a bare FFmpeg transcode of the same 1080p source to the same size, in the
 * same run. CPU is that of the render child and every FFmpeg it starts; on a machine that others use it is the figure to trust,
 * not the seconds that pass.
 */
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { RenderInput, RenderJob } from '@reelay/renderer';
import { median } from './statistics.ts';

const usage = `Usage: node bench/render-speed.ts [--quick] [--only TEXT]

  --quick  two seconds of video and one run of each
  --only   renders only the rows whose name contains TEXT
`;

/** What is aimed at: CPU as a multiple of the transcode's, memory in megabytes, milliseconds to the first progress. */
const aims = { edit480: 2.5, made720: 4, megabytes: 400, firstMs: 1_000 };
/** How often memory is looked at, in milliseconds. */
const memoryIntervalMs = 50;
/** Linux counts CPU time of ended children in hundredths of a second. */
const ticksPerSecond = 100;
const kilobytesPerMegabyte = 1_000;

const run = promisify(execFile);
const child = fileURLToPath(import.meta.resolve('@reelay/renderer/child'));

interface Cost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMegabytes: number;
  readonly firstMs: number;
}

interface Bench {
  readonly folder: string;
  readonly seconds: number;
  readonly runs: number;
  readonly video: RenderInput;
  readonly picture: RenderInput;
}

interface Row {
  readonly name: string;
  readonly side: 480 | 720;
  readonly operation: RenderJob['operation'];
  readonly prompt: string;
  readonly aim?: number;
}

const sky = 'Change the sky to a sunset with orange and purple clouds';
const rows: readonly Row[] = [
  { name: 'edit: sky', side: 480, operation: 'edit', prompt: sky, aim: aims.edit480 },
  { name: 'edit: night', side: 480, operation: 'edit', prompt: 'Make it night with stars', aim: aims.edit480 },
  { name: 'edit: snow', side: 480, operation: 'edit', prompt: 'Add falling snow', aim: aims.edit480 },
  { name: 'edit: rain', side: 480, operation: 'edit', prompt: 'Add heavy rain', aim: aims.edit480 },
  { name: 'edit: fog', side: 480, operation: 'edit', prompt: 'Add fog', aim: aims.edit480 },
  { name: 'edit: black and white', side: 480, operation: 'edit', prompt: 'black and white', aim: aims.edit480 },
  { name: 'edit: oil painting', side: 480, operation: 'edit', prompt: 'oil painting', aim: aims.edit480 },
  { name: 'edit: watercolour', side: 480, operation: 'edit', prompt: 'watercolour', aim: aims.edit480 },
  { name: 'edit: sky', side: 720, operation: 'edit', prompt: sky, aim: aims.made720 },
  { name: 'image: push in', side: 480, operation: 'image-to-video', prompt: 'slowly push in' },
  {
    name: 'image: wind',
    side: 720,
    operation: 'image-to-video',
    prompt: 'wind in the grass, push in',
    aim: aims.made720,
  },
  { name: 'text: sea', side: 480, operation: 'text-to-video', prompt: 'the sea at sunset' },
  { name: 'text: sea', side: 720, operation: 'text-to-video', prompt: 'the sea at sunset', aim: aims.made720 },
  { name: 'text: city', side: 720, operation: 'text-to-video', prompt: 'a city skyline at night', aim: aims.made720 },
  { name: 'text: mountains', side: 720, operation: 'text-to-video', prompt: 'mountains at dawn', aim: aims.made720 },
  {
    name: 'references',
    side: 720,
    operation: 'reference-to-video',
    prompt: 'a film of @Image1 and @Image2',
    aim: aims.made720,
  },
  {
    name: 'extend',
    side: 720,
    operation: 'extend',
    prompt: 'the camera pulls out to reveal a city at sunset',
    aim: aims.made720,
  },
];

/** CPU of all ended children so far, in seconds; see proc(5) for the fields. */
function childrenSeconds(): number {
  const text = readFileSync('/proc/self/stat', 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

/** Resident memory of a process and all below it; pages they share count for each. */
function treeMegabytes(pid: number): number {
  try {
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
    return below.reduce((sum, next) => sum + treeMegabytes(Number(next)), Number(resident) / kilobytesPerMegabyte);
  } catch {
    return 0; // it ended while it was looked at
  }
}

async function measure(command: string, args: readonly string[]): Promise<Cost> {
  const cpuBefore = childrenSeconds();
  const startedAt = performance.now();
  const started = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let peakMegabytes = 0;
  let firstMs = 0;
  let said = '';
  const memory = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, treeMegabytes(started.pid ?? 0));
  }, memoryIntervalMs);
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    firstMs ||= performance.now() - startedAt;
    said = text;
  });
  const code = await new Promise((resolve) => started.on('close', resolve));
  clearInterval(memory);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${said}`);
  return {
    ...{ peakMegabytes, firstMs },
    wallSeconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: childrenSeconds() - cpuBefore,
  };
}

async function render(
  job: Omit<RenderJob, 'seed' | 'quality' | 'workFolder' | 'audio'>,
): Promise<Cost & { seconds: number }> {
  const path = `${job.outputPath}.json`;
  const workFolder = `${job.outputPath}-work`;
  await writeFile(path, JSON.stringify({ seed: 7, quality: 'full', audio: true, workFolder, ...job }));
  const cost = await measure(process.execPath, [child, path]);
  const { stdout } = await run('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'csv=p=0',
    job.outputPath,
  ]);
  return { ...cost, seconds: Number(stdout) };
}

async function prepare(folder: string, seconds: number, runs: number): Promise<Bench> {
  const small = join(folder, 'small.mp4');
  const path = join(folder, 'source.mp4');
  const prompt = 'A calm mountain lake under a clear blue day sky, the camera slowly pans right';
  await render({
    ...{ operation: 'text-to-video', prompt, inputs: [], resolution: '480p', aspectRatio: '16:9' },
    ...{ durationSeconds: seconds, outputPath: small },
  });
  // Grain, and the bit rate of a telephone's camera: a clean source would be cheaper to decode than any real one.
  const grain = 'scale=1920:1080:flags=lanczos,noise=alls=10:allf=t';
  const rate = ['-preset', 'veryfast', '-b:v', '12M', '-maxrate', '14M', '-bufsize', '24M'];
  const copies = ['-vf', grain, '-c:v', 'libx264', ...rate, '-c:a', 'copy'];
  await run('ffmpeg', ['-v', 'error', '-i', small, ...copies, path]);
  const still = join(folder, 'still.png');
  await run('ffmpeg', ['-v', 'error', '-i', path, '-frames:v', '1', still]);
  const size = { width: 1920, height: 1080 };
  return {
    ...{ folder, seconds, runs },
    video: { role: 'video', path, demuxer: 'mov', ...size, durationSeconds: seconds, hasAudio: true },
    picture: { role: 'image', path: still, demuxer: 'png_pipe', ...size },
  };
}

async function transcode({ folder, video }: Bench, side: number): Promise<Cost> {
  const scale = `fps=24,scale=-2:${side}`;
  const codecs = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '19',
    '-threads:v',
    '2',
    '-c:a',
    'aac',
    '-b:a',
    '160k',
  ];
  return await measure('ffmpeg', [
    '-v',
    'error',
    '-nostdin',
    '-i',
    video.path,
    '-vf',
    scale,
    ...codecs,
    '-y',
    join(folder, 'bare.mp4'),
  ]);
}

function inputsOf({ operation }: Row, { video, picture }: Bench): readonly RenderInput[] {
  if (operation === 'text-to-video') return [];
  if (operation === 'image-to-video') return [picture];
  if (operation === 'reference-to-video') return [1, 2].map(() => ({ ...picture, role: 'reference' }));
  return [video];
}

/** The medians of all runs; memory is the most of all. */
function typical(costs: readonly Cost[]): Cost {
  const middle = (figure: keyof Cost) => median(costs.map((cost) => cost[figure]));
  return {
    ...{ cpuSeconds: middle('cpuSeconds'), wallSeconds: middle('wallSeconds'), firstMs: middle('firstMs') },
    peakMegabytes: Math.max(...costs.map(({ peakMegabytes }) => peakMegabytes)),
  };
}

async function measureRow(row: Row, bench: Bench): Promise<string> {
  const { operation, prompt, side } = row;
  const bare: Cost[] = [];
  const costs: (Cost & { seconds: number })[] = [];
  for (let index = 0; index < bench.runs; index += 1) {
    bare.push(await transcode(bench, side));
    const outputPath = join(bench.folder, 'result.mp4');
    const inputs = inputsOf(row, bench);
    const resolution = operation === 'extend' ? 'auto' : (`${side}p` as const);
    costs.push(
      await render({
        operation,
        prompt,
        inputs,
        resolution,
        aspectRatio: 'auto',
        durationSeconds: bench.seconds,
        outputPath,
      }),
    );
  }
  const cost = typical(costs);
  const seconds = costs[0]?.seconds ?? bench.seconds;
  // The transcode's CPU for as much video as the render made.
  const floor = (typical(bare).cpuSeconds * seconds) / bench.seconds;
  const ratio = cost.cpuSeconds / floor;
  const cells = [
    `${row.name} ${side}p`,
    cost.cpuSeconds.toFixed(1),
    `${ratio.toFixed(1)}x`,
    row.aim === undefined ? '' : `${row.aim}x`,
    `${(seconds / cost.wallSeconds).toFixed(2)}x`,
    `${Math.round(cost.peakMegabytes)} MB`,
    `${Math.round(cost.firstMs)} ms`,
  ];
  return `| ${cells.join(' | ')} |\n`;
}

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

if (values.help) process.stdout.write(usage);
else {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-render-speed-'));
  try {
    const bench = await prepare(folder, values.quick ? 2 : 8, values.quick ? 1 : 3);
    process.stdout.write(
      `Load before: ${loadavg()[0]?.toFixed(1)}. Aims: at most ${aims.megabytes} MB, first progress within ${aims.firstMs} ms, speed above 1x.\n\n`,
    );
    process.stdout.write('| render | CPU s | CPU / transcode | aim | speed | memory | first progress |\n');
    process.stdout.write('| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n');
    for (const row of rows) {
      if (`${row.name} ${row.side}p`.includes(values.only ?? '')) process.stdout.write(await measureRow(row, bench));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
