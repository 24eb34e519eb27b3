import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { startEmulator } from '../../testing/emulators/emulator.ts';
import { createServiceAccount } from '../../testing/emulators/google-account.ts';
import { startVertexEmulator, type VertexEmulator } from '../../testing/emulators/vertex.ts';
import { applicationDefaultToken } from './token.ts';

let folder: string;
let emulator: VertexEmulator;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-token-'));
  emulator = await startVertexEmulator({ token: 'ya29.emulated', video: Buffer.from('a film') });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
});

async function credentials(file: object): Promise<void> {
  const path = join(folder, 'account.json');
  await writeFile(path, JSON.stringify(file));
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path);
}

test('a service account gets its tokens where its file says, for that audience, and seldom', async () => {
  await credentials(emulator.serviceAccount());
  const getToken = applicationDefaultToken();
  expect(await Promise.all([getToken(), getToken(), getToken()])).toEqual(Array(3).fill('ya29.emulated'));
  expect(await getToken()).toBe('ya29.emulated');
  expect(emulator.requests.map(({ path }) => path)).toEqual(['/token']);
  const assertion = new URLSearchParams(emulator.requests[0]?.body.toString()).get('assertion') ?? '';
  const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({ aud: `${emulator.origin}/token`, scope: expect.stringContaining('cloud-platform') });
});

test('on the loopback, whatever proxy the environment names', async () => {
  await credentials(emulator.serviceAccount());
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy']) vi.stubEnv(name, 'http://127.0.0.1:1');
  expect(await applicationDefaultToken()()).toBe('ya29.emulated');
});

test.each([
  ['a key that is not the account’s', () => createServiceAccount(emulator.project, `${emulator.origin}/token`)],
  ['an account by another name', () => ({ ...emulator.serviceAccount(), client_email: 'somebody@else.example' })],
])('no token for %s', async (_name, file) => {
  emulator.serviceAccount();
  await credentials(file());
  await expect(applicationDefaultToken()()).rejects.toThrow('invalid_grant');
});

test('an assertion is not sent in the clear, nor after a redirect', async () => {
  await credentials({ ...emulator.serviceAccount(), token_uri: 'http://tokens.example/token' });
  await expect(applicationDefaultToken()()).rejects.toThrow('has to be an https address');
  const { origin } = emulator;
  const mover = await startEmulator({
    'POST /token': () => ({ status: 307, headers: { location: `${origin}/token` } }),
  });
  onTestFinished(() => mover.close());
  await credentials({ ...emulator.serviceAccount(), token_uri: `${mover.origin}/token` });
  await expect(applicationDefaultToken()()).rejects.toThrow();
  expect(emulator.requests).toEqual([]);
});

test('an address of Google in the file is left to the library, which asks Google, through a proxy where there is one', async () => {
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on('connect', ({ url }, socket) => {
    asked.push(url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv('NO_PROXY', '');
  await credentials({ ...emulator.serviceAccount(), token_uri: 'https://accounts.google.com/o/oauth2/token' });
  await expect(applicationDefaultToken()()).rejects.toThrow();
  expect(new Set(asked)).toEqual(new Set(['oauth2.googleapis.com:443']));
});
