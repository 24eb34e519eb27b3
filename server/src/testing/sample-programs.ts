import { execFile, spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Languages of samples, as fenced blocks call them. */
export type SampleLanguage = 'bash' | 'python' | 'typescript';

export interface ProgramRun {
  /** Exit code; undefined where it was stopped because it took too long. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; default: the folder that was prepared. */
  readonly cwd?: string;
  readonly timeoutMs: number;
}

export interface SamplePrograms {
  run(language: SampleLanguage, code: string, options: RunOptions): Promise<ProgramRun>;
  /** Answers what it printed; throws with all it said where it did not end well. */
  succeed(language: SampleLanguage, code: string, options: RunOptions): Promise<string>;
}

const needed: Readonly<Record<SampleLanguage, readonly string[]>> = {
  bash: ['bash', 'curl', 'jq'],
  python: ['python3'],
  typescript: [],
};

/** Runs samples as a reader would: with bash, Python and Node. Puts what they need on this machine into the folder. */
export async function prepareSamplePrograms(folder: string): Promise<SamplePrograms> {
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'python'));
  const { stdout } = spawnSync('which', ['mawk'], { encoding: 'utf8' });
  // Debian's awk reads a pipe in whole blocks, others line by line: the strictest one there is counts.
  if (stdout.trim() !== '') await symlink(stdout.trim(), join(folder, 'bin', 'awk'));
  if (process.env['REELAY_TEST_OWN_REQUESTS'] || !has('python3', '-c', 'import requests')) {
    await writeFile(join(folder, 'python', 'requests.py'), requestsModule);
  }
  let programs = 0;

  async function run(
    language: SampleLanguage,
    code: string,
    { env, cwd = folder, timeoutMs }: RunOptions,
  ): Promise<ProgramRun> {
    const missing = needed[language].filter((tool) => !has(tool, '--version'));
    if (missing.length > 0) throw new Error(`install ${missing.join(', ')} to run this sample`);
    const [command, args] = await commandOf(language, code);
    const { promise, resolve } = Promise.withResolvers<ProgramRun>();
    const all = {
      ...process.env,
      PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
      PYTHONPATH: join(folder, 'python'),
      ...env,
    };
    const options = { env: all, cwd, timeout: timeoutMs, killSignal: 'SIGKILL' as const };
    const child = execFile(command, args, options, (error, stdout, stderr) =>
      resolve({ code: error?.killed ? undefined : (child.exitCode ?? undefined), stdout, stderr }),
    );
    return promise;
  }

  async function commandOf(language: SampleLanguage, code: string): Promise<readonly [string, readonly string[]]> {
    if (language !== 'typescript') return [language === 'bash' ? 'bash' : 'python3', ['-c', code]];
    const file = join(folder, `program-${++programs}.ts`);
    await writeFile(file, code);
    return [process.execPath, [file]];
  }

  return {
    run,
    async succeed(language, code, options) {
      const ended = await run(language, code, options);
      if (ended.code === 0) return ended.stdout;
      const how = ended.code === undefined ? `not done in ${options.timeoutMs} ms` : `ended with ${ended.code}`;
      throw new Error(`${how}\n${ended.stdout}\n${ended.stderr}\n${code}`);
    },
  };
}

function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0;
}

/** As much of Python's `requests` as the samples use, for machines without it. */
const requestsModule = `
import json as _json
import urllib.error
import urllib.request


class Response:
    def __init__(self, raw):
        self._raw = raw
        self.status_code = raw.status
        self.ok = raw.status < 400

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._raw.close()

    @property
    def text(self):
        return self._raw.read().decode()

    def raise_for_status(self):
        if not self.ok:
            raise RuntimeError(f"{self.status_code}: {self.text}")

    def json(self):
        return _json.loads(self._raw.read())

    def iter_lines(self, decode_unicode=False):
        for line in self._raw:
            line = line.rstrip(b"\\r\\n")
            yield line.decode() if decode_unicode else line


def _send(method, url, headers=None, json=None, stream=False, timeout=None):
    headers = dict(headers or {})
    body = None
    if json is not None:
        body = _json.dumps(json).encode()
        headers.setdefault("Content-Type", "application/json")
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        return Response(urllib.request.urlopen(request, timeout=timeout))
    except urllib.error.HTTPError as error:
        return Response(error)


def get(url, **options):
    return _send("GET", url, **options)


def post(url, **options):
    return _send("POST", url, **options)
`;
