import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Confinement } from '@reelay/renderer';
import { runTool, type ToolOutcome } from './run-tool.ts';

/** Finds FFmpeg's two programs and holds them to the oldest version that our commands were tried on. */

export interface MediaTools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly version: string;
  /** What holds them in bounds, once that was found out. */
  readonly confinement?: Confinement;
}

export interface FindMediaToolsOptions {
  /** FFMPEG_PATH: the ffmpeg program, or the folder that holds ffmpeg and ffprobe. */
  readonly ffmpegPath?: string | undefined;
  /** PATH. */
  readonly searchPath?: string | undefined;
}

/** For whoever has to mend what `findMediaTools` misses. */
export const explainMissingTools =
  'install FFmpeg 5.1 or newer with libx264 (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg), or name it with FFMPEG_PATH';

const oldestVersion = { major: 5, minor: 1 };
/** libavutil of FFmpeg 5.1: builds from git carry no release number. */
const oldestLibrary = { major: 57, minor: 28 };
const suffix = process.platform === 'win32' ? '.exe' : '';

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function findIn(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name + suffix);
    if (folder !== '' && (await isProgram(path))) return path;
  }
  return undefined;
}

function reaches(text: string | undefined, oldest: { readonly major: number; readonly minor: number }): boolean {
  const [major = 0, minor = 0] = (text ?? '').split('.').map((part) => Number.parseInt(part, 10));
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}

/** The version in the first line of `ffmpeg -version`, and whether it is new enough. */
export function readVersion(text: string): { readonly version: string; readonly supported: boolean } | undefined {
  const version = /^ff(?:mpeg|probe) version (\S+)/.exec(text)?.[1];
  if (version === undefined) return undefined;
  const release = /^n?(\d+\.\d+)/.exec(version)?.[1];
  if (release !== undefined) return { version, supported: reaches(release, oldestVersion) };
  const library = /^libavutil\s+(\d+\.\s*\d+)/m.exec(text)?.[1];
  return { version, supported: reaches(library, oldestLibrary) };
}

/** What it was built with is in the second line; a build that does not tell may have it. */
function lacksEncoder(outcome: ToolOutcome): boolean {
  const [, configuration] = outcome.kind === 'exited' ? (/^ *configuration:(.*)$/m.exec(outcome.stdout) ?? []) : [];
  return configuration?.includes('--enable-') === true && !configuration.includes('--enable-libx264');
}

/** Both programs with ffmpeg's version, or the reason why there are none, for the operator. */
export async function findMediaTools({
  ffmpegPath,
  searchPath,
}: FindMediaToolsOptions = {}): Promise<MediaTools | { readonly missing: string }> {
  const folders = (searchPath ?? process.env['PATH'] ?? '').split(delimiter);
  const given = ffmpegPath === undefined || ffmpegPath === '' ? undefined : ffmpegPath;
  const isFile = given !== undefined && (await isProgram(given));
  const ffmpeg = isFile ? given : await findIn(given === undefined ? folders : [given], 'ffmpeg');
  if (ffmpeg === undefined) {
    return {
      missing: given === undefined ? 'ffmpeg is not on the PATH' : `FFMPEG_PATH: there is no ffmpeg at ${given}`,
    };
  }
  const ffprobe = await findIn(given === undefined ? folders : [dirname(ffmpeg), ...folders], 'ffprobe');
  if (ffprobe === undefined) return { missing: 'ffprobe is neither beside ffmpeg nor on the PATH' };
  for (const program of [ffprobe, ffmpeg]) {
    const outcome = await runTool({ program, args: ['-version'], timeLimitMs: 20_000 });
    const found = outcome.kind === 'exited' && outcome.code === 0 ? readVersion(outcome.stdout) : undefined;
    if (found === undefined) return { missing: `${program} does not run (${outcome.kind})` };
    if (!found.supported) return { missing: `${program} is version ${found.version}; 5.1 or newer is needed` };
    if (program === ffmpeg && lacksEncoder(outcome)) return { missing: `${program} was built without libx264` };
    if (program === ffmpeg) return { ffmpeg, ffprobe, version: found.version };
  }
  return { missing: 'ffmpeg does not run' };
}
