import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ownEntry = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends it at once, as a crash or a lost machine would. */
  kill(): Promise<void>;
  /** Asks it to stop; answers its exit code. */
  stop(): Promise<number | null>;
}

/** Starts the built server, or another version's, as a process of its own. Needs `npm run build`. */
export async function startServerProcess(
  environment: Readonly<Record<string, string>>,
  entry = ownEntry,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [entry, 'serve'], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      REELAY_PORT: '0',
      REELAY_LOCAL_QUALITY: 'draft',
      REELAY_ALLOW_ADDRESSES: '127.0.0.1',
      REELAY_LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: string) => {
      output += text;
      const match = /listens on (http:\S+)/.exec(output);
      if (match?.[1] !== undefined) resolve(match[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });
  const ended = async () => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined);
  return {
    url,
    child,
    async kill() {
      child.kill('SIGKILL');
      await ended();
    },
    async stop() {
      child.kill('SIGTERM');
      await ended();
      return child.exitCode;
    },
  };
}
