import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DCLinter } from 'dclint';
import type { Copy } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findProgram } from '../../../scripts/system-programs.mjs';
import { readConfig } from '../../src/config.ts';
import { buildImage, contextFiles, copyOf, type Image, parseDockerfile } from './container-stages.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const settings = new Set(
  [...read('server/src/config.ts').matchAll(/^ {2}([A-Z][A-Z\d_]+): Type\./gm)].map(([, name]) => name),
);

describe('the Dockerfile', () => {
  const lines = parseDockerfile(root);
  const of = (keyword: string) => lines.filter((line) => line.getKeyword() === keyword);

  test('is a valid one', () => {
    expect(validate(read('Dockerfile'))).toEqual([]);
  });

  test('copies what is there and what .dockerignore lets through', () => {
    const files = contextFiles(root);
    const stages = new Set<string>(
      lines.flatMap((line) => /\bAS (\w+)$/.exec(line.getRawArgumentsContent() ?? '')?.[1] ?? []),
    );
    for (const { sources, from } of of('COPY').map((line) => copyOf(line as Copy))) {
      if (from !== undefined) expect(stages).toContain(from);
      else if (!sources.includes('.')) for (const source of sources) expect(files).toContain(source);
    }
    expect(files.filter((path) => /(^|\/)(\.env|\.git|node_modules|data|dist)(\/|$)|\.test\./.test(path))).toEqual([]);
  });

  test('runs as nobody special, keeps data in a volume, and has no shell before the server', () => {
    expect(of('USER').map((line) => line.getArgumentsContent())).toEqual(['1000:1000']);
    expect(of('VOLUME').map((line) => line.getArgumentsContent())).toEqual(['["/data"]']);
    expect(of('ENTRYPOINT')[0]?.getArgumentsContent()).toBe('["tini", "--", "node", "/app/dist/cli/main.js"]');
    expect(of('CMD')[0]?.getArgumentsContent()).toBe('["serve"]');
    const environment = of('ENV').flatMap((line) => line.getArguments().map((word) => word.getValue().split('=')[0]));
    for (const name of environment) if (name !== 'NODE_ENV') expect(settings).toContain(name);
  });

  test('is labelled with the version of the package', () => {
    expect(read('Dockerfile')).toContain(`ARG VERSION=${JSON.parse(read('server/package.json')).version}\n`);
  });
});

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
}

interface LintResult {
  readonly messages: readonly { readonly line: number; readonly message: string }[];
}

describe('compose.yaml', () => {
  const text = read('compose.yaml');
  const compose = parse(text, { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, unknown>>;
  };
  const ours = ['api', 'worker'].map((name) => compose.services[name] ?? {});
  const secrets = { POSTGRES_PASSWORD: 'a'.repeat(48), REELAY_S3_SECRET_ACCESS_KEY: 'b'.repeat(48) };
  const filled = (value: string) =>
    value.replaceAll(/\$\{(\w+):\?[^}]+\}/g, (_, name: string) => secrets[name as keyof typeof secrets] ?? '');

  test('fits the schema of compose files and breaks no rule', () => {
    // Order is the reader's: what belongs together stands together.
    const order = {
      'service-keys-order': 0,
      'services-alphabetical-order': 0,
      'top-level-properties-order': 0,
    } as const;
    const linter = new DCLinter({ rules: order, quiet: true, debug: false, exclude: [], stylish: false } as never);
    const results: readonly LintResult[] = linter.lintFiles([join(root, 'compose.yaml')], false);
    const found = results.flatMap(({ messages }) => messages);
    expect(found.map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
  });

  test('gives settings that the server knows and takes', () => {
    for (const { environment = {} } of ours) {
      for (const name of Object.keys(environment)) expect(settings).toContain(name);
      const values = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)]));
      expect(readConfig(values)).toMatchObject({
        role: environment['REELAY_ROLE'],
        databaseUrl: `postgres://reelay:${secrets.POSTGRES_PASSWORD}@database:5432/reelay`,
        s3: { endpoint: 'http://store:7070', bucket: 'reelay', secretAccessKey: secrets.REELAY_S3_SECRET_ACCESS_KEY },
      });
    }
    expect(ours.map(({ environment }) => environment?.['REELAY_ROLE'])).toEqual(['api', 'worker']);
  });

  test('starts in order: each waits for what it needs to be well', () => {
    for (const { depends_on: needs = {} } of Object.values(compose.services)) {
      for (const [name, { condition }] of Object.entries(needs)) {
        expect(compose.services).toHaveProperty(name);
        expect(condition).toBe(name === 'bucket' ? 'service_completed_successfully' : 'service_healthy');
        if (condition === 'service_healthy') expect(compose.services[name]).toHaveProperty('healthcheck');
      }
    }
    for (const { depends_on: needs = {} } of ours) expect(Object.keys(needs)).toEqual(['database', 'bucket']);
  });

  test('gives a server the time that it may take to stop', () => {
    const [, milliseconds = ''] = /stopTimeoutMs = ([\d_]+)/.exec(read('server/src/cli/serve.ts')) ?? [];
    for (const { stop_grace_period: grace = '' } of ours) {
      expect(Number.parseInt(grace, 10) * 1_000).toBeGreaterThan(Number(milliseconds.replaceAll('_', '')));
    }
  });

  test('names its volumes, and holds no secret', () => {
    const named = Object.values(compose.services)
      .flatMap(({ volumes = [] }) => volumes)
      .filter((volume) => !volume.startsWith('/'))
      .map((volume) => volume.split(':')[0]);
    expect(named).toEqual(Object.keys(compose.volumes));
    const asked = new Set([...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name));
    const example = new Map(
      [...read('.env.example').matchAll(/^(?:# )?([A-Z][A-Z\d_]+)=(.*)$/gm)].map(([, name = '', value]) => [
        name,
        value,
      ]),
    );
    for (const name of asked) expect(example.get(name ?? '')).toBe('');
    for (const name of example.keys()) if (!asked.has(name)) expect(settings).toContain(name);
    expect(read('.gitignore').split('\n')).toContain('.env');
  });
});

/**
 * `REELAY_CONTAINER=1` goes through the Dockerfile's stages in folders and runs the result as a container would be run:
 * another root, read-only but for /data and /tmp, another user without capabilities. Needs root on Linux, for mounts of its own.
 */
const runs = process.env['REELAY_CONTAINER'] === '1';

describe.runIf(runs)('the image, without Docker', () => {
  let folder: string;
  let data: string;
  let image: Image;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reelay-container-'));
    data = join(folder, 'data');
    image = await buildImage(root, folder);
    mkdirSync(data);
    chownSync(data, 1000, 1000);
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    port = (holder.address() as { port: number }).port;
    holder.close();
  }, 600_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }), 300_000);

  /** Debian's programs are this machine's; Node is the one that runs the tests. */
  const enter = `
    set -e
    mount -t tmpfs root "$ROOT"
    for name in bin dev etc lib lib64 proc usr; do
      if [ -L "/$name" ]; then cp -a "/$name" "$ROOT/$name"
      elif [ -e "/$name" ]; then mkdir "$ROOT/$name"; mount --rbind "/$name" "$ROOT/$name"; fi
    done
    mkdir "$ROOT/app" "$ROOT/data" "$ROOT/node" "$ROOT/tmp"
    mount --bind "$APP" "$ROOT/app"
    mount -o remount,bind,ro "$ROOT/app"
    mount --bind "$DATA" "$ROOT/data"
    mount --bind "$NODE" "$ROOT/node"
    mount -t tmpfs tmp "$ROOT/tmp"
    mount -o remount,ro "$ROOT"
    exec chroot "$ROOT" /usr/bin/env -i "$@"`;

  function container(words: readonly string[]): ChildProcess {
    const rooted = join(folder, 'root');
    mkdirSync(rooted, { recursive: true });
    const environment = { ...image.environment, PATH: '/node:/usr/bin:/bin', REELAY_PORT: String(port) };
    const user = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', '--no-new-privs', '--bounding-set=-all'];
    return spawn(
      'unshare',
      [
        '--mount',
        '--propagation=private',
        'sh',
        '-c',
        enter,
        'sh',
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        ...user,
        // Where this machine has no tini, its place stays empty.
        ...(words[0] === 'tini' && findProgram('tini', process.env) === undefined ? words.slice(2) : words),
      ],
      {
        env: {
          PATH: process.env['PATH'],
          ROOT: rooted,
          APP: join(image.folder, 'app'),
          DATA: data,
          NODE: dirname(process.execPath),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  }

  async function ran(words: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const child = container(words);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [code] = await once(child, 'close');
    return { code, output };
  }

  test('holds the package and the packages that it loads, and links to none of the workspace', () => {
    expect(existsSync(join(image.folder, 'app/node_modules/@reelay/renderer/dist/kernels.wasm'))).toBe(true);
    expect(existsSync(join(image.folder, 'app/node_modules/reelay'))).toBe(false);
    expect(existsSync(join(image.folder, 'app/node_modules/vitest'))).toBe(false);
    expect(
      execFileSync('find', [join(image.folder, 'app'), '-type', 'l', '-not', '-path', '*/.bin/*'], {
        encoding: 'utf8',
      }),
    ).toBe('');
  });

  test('can write to its volume and to /tmp alone', async () => {
    const writes = (place: string) => ran(['node', '-e', `require('fs').writeFileSync('${place}/mark', '')`]);
    expect((await writes('/app')).output).toContain('EROFS');
    expect((await writes('/')).output).toContain('EROFS');
    expect(await writes('/data')).toEqual({ code: 0, output: '' });
    expect(await writes('/tmp')).toEqual({ code: 0, output: '' });
  });

  test('serves, is well, renders, and stops on the first signal', async () => {
    const server = container([...image.entrypoint, ...image.command]);
    const ended = once(server, 'close');
    let said = '';
    for await (const text of server.stdout?.setEncoding('utf8').iterator({ destroyOnReturn: false }) ?? []) {
      said += text;
      if (/listens on http/.test(said)) break;
    }
    server.stdout?.resume();
    server.stderr?.resume();
    expect(said).toContain('listens on http');
    expect(await ran(image.healthcheck)).toEqual({ code: 0, output: '' });
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/workbench`)).status).toBe(200);
    const demo = await ran([...image.entrypoint, 'demo', '--fast', '--output', '/data/demo']);
    expect(demo).toMatchObject({ code: 0, output: expect.stringContaining('Four videos') });
    expect(existsSync(join(data, 'demo', '3-extension.mp4'))).toBe(true);
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect((await ran(image.healthcheck)).code).toBe(1);
  });
});
