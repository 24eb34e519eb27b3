import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MediaProbe } from '../contract/index.ts';
import type { MediaTools } from './ffmpeg.ts';
import { failure, ffmpeg, h264, testFolder, testPattern, testTools, tone } from './media.fixture.ts';
import { type NormaliseVideoOptions, normaliseVideo } from './normalise.ts';
import { probeFile } from './probe.ts';

let tools: MediaTools;

beforeAll(async () => {
  tools = await testTools();
});

async function prepare(
  ...encoding: readonly string[]
): Promise<{ folder: string; inputPath: string; probe: MediaProbe }> {
  const folder = await testFolder();
  const inputPath = await ffmpeg(...testPattern('320x240', 2), ...tone(2), ...encoding, join(folder, 'in.mp4'));
  return { folder, inputPath, probe: await probeFile(inputPath, { ffprobePath: tools.ffprobe }) };
}

const small = { width: 160, height: 120, seconds: 1 };

async function convert(options: Omit<NormaliseVideoOptions, 'tools'>): Promise<MediaProbe> {
  await normaliseVideo({ ...options, tools });
  return probeFile(options.outputPath, { ffprobePath: tools.ffprobe });
}

describe('normaliseVideo', () => {
  it('scales, cuts, encodes and keeps the sound', async () => {
    const { folder, inputPath, probe } = await prepare('-c:v', 'mpeg4', '-c:a', 'libmp3lame');
    const outputPath = join(folder, 'out.mp4');
    const found = await convert({ inputPath, probe, normalisation: small, outputPath });
    expect(found).toMatchObject({ container: 'mp4', width: 160, height: 120, videoCodec: 'h264', audioCodec: 'aac' });
    expect(found.durationSeconds).toBeCloseTo(1, 1);
    const question = ['-v', 'error', '-select_streams', 'a', '-show_entries', 'stream=duration', '-of', 'csv=p=0'];
    const { stdout } = await promisify(execFile)(tools.ffprobe, [...question, outputPath]);
    expect(Number(stdout)).toBeCloseTo(1, 1);
    const bytes = await readFile(outputPath);
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
  });

  it('stores a turned video upright, with square pixels', async () => {
    const { folder, inputPath } = await prepare(...h264, '-vf', 'setsar=4/3');
    const turned = await ffmpeg(
      '-i',
      inputPath,
      '-c',
      'copy',
      '-metadata:s:v',
      'rotate=90',
      join(folder, 'turned.mp4'),
    );
    const probe = await probeFile(turned, { ffprobePath: tools.ffprobe });
    expect(probe).toMatchObject({ width: 240, height: 427 });
    const normalisation = { width: 120, height: 214, seconds: 1 };
    const found = await convert({ inputPath: turned, probe, normalisation, outputPath: join(folder, 'out.mp4') });
    expect(found).toMatchObject({ width: 120, height: 214 });
  });

  it('does not invent a sound, and makes any colour format playable', async () => {
    const folder = await testFolder();
    const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv444p'];
    const inputPath = await ffmpeg(...testPattern('320x240', 1), ...encoding, join(folder, 'in.mp4'));
    const probe = await probeFile(inputPath, { ffprobePath: tools.ffprobe });
    const found = await convert({ inputPath, probe, normalisation: small, outputPath: join(folder, 'out.mp4') });
    expect(found.audioCodec).toBeUndefined();
  });

  it('says that the disk is full', async () => {
    const { inputPath, probe } = await prepare(...h264);
    const outcome = failure(convert({ inputPath, probe, normalisation: small, outputPath: '/dev/full' }));
    expect((await outcome).code).toBe('storage_full');
  });

  it('says that the file cannot be decoded', async () => {
    const { folder, inputPath, probe } = await prepare(...h264);
    const bytes = await readFile(inputPath);
    await writeFile(inputPath, bytes.subarray(0, bytes.length / 2));
    const outputPath = join(folder, 'out.mp4');
    const outcome = failure(convert({ inputPath, probe, normalisation: small, outputPath }));
    expect((await outcome).code).toBe('input_unreadable');
  });

  it('ends at its time limit, and with the reason of the caller', async () => {
    const { folder, inputPath, probe } = await prepare(...h264);
    const options = { inputPath, probe, normalisation: small, outputPath: join(folder, 'out.mp4'), tools };
    expect((await failure(normaliseVideo({ ...options, timeLimitMs: 5 }))).code).toBe('input_too_complex');
    const abort = new AbortController();
    const running = normaliseVideo({ ...options, signal: abort.signal });
    const reason = new Error('cancelled');
    setImmediate(() => abort.abort(reason));
    await expect(running).rejects.toBe(reason);
  });
});
