import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../server/dist/testing/free-port.js';

const run = promisify(execFile);

/** Where Debian has it, which is not on everybody's path. */
const program = 'nginx';
const searched = `${process.env['PATH']}:/usr/sbin`;

const startTimeoutMs = 10_000;

export interface Nginx {
  readonly version: string;
  /** Of the file that it serves. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `undefined` where it is not installed. One worker, as a server of ours is one process; else as Debian sets it: `sendfile` on. */
export async function startNginx(file: string): Promise<Nginx | undefined> {
  const env = { ...process.env, PATH: searched };
  const told = await run(program, ['-v'], { env }).catch(() => undefined);
  if (told === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'reelay-bench-nginx-'));
  await mkdir(join(folder, 'www'));
  await copyFile(file, join(folder, 'www', 'video.mp4'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port));
  const child = spawn(program, ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}/video.mp4`;
  await untilAnswered(url);
  return {
    version: told.stderr.trim().replace(/^.*\//, ''),
    url,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const owner = process.getuid?.() === 0 ? 'user root;' : '';
  return `
daemon off;
${owner}
worker_processes 1;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  access_log off;
  keepalive_requests 1000000;
  types { video/mp4 mp4; }
  ${places.map((place) => `${place}_temp_path ${folder}/${place};`).join('\n  ')}
  server { listen 127.0.0.1:${port}; root ${folder}/www; }
}
`;
}

async function untilAnswered(url: string): Promise<void> {
  const giveUpAt = performance.now() + startTimeoutMs;
  while (!(await fetch(url, { method: 'HEAD' }).catch(() => undefined))?.ok) {
    if (performance.now() > giveUpAt) throw new Error('nginx does not answer');
    await pause(20);
  }
}
