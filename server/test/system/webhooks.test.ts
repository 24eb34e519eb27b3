import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receiver, startReceiver, webhookHeaders } from '../../src/testing/receiver.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

const run = promisify(execFile);
const tool = join(import.meta.dirname, '../../dist/cli/main.js');

const key = 'sk-webhook-webhook-webhook';
const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };

let folder: string;
let receiver: Receiver;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-webhooks-'));
  receiver = await startReceiver();
});

afterAll(async () => {
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

const start = () => startServerProcess({ REELAY_DATA_DIR: folder, REELAY_API_KEY: key });

async function secretOf({ url }: ServerProcess): Promise<string> {
  const answer = await fetch(`${url}/v1/webhooks/secret`, { headers });
  return ((await answer.json()) as { secret: string }).secret;
}

/** What the command line tool prints, beside the running server. */
async function reelay(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [tool, 'webhooks', ...args, '--data', folder]);
  return stdout;
}

const sent = () => receiver.received.map(({ headers }) => headers['webhook-id']);

test('crash: what was being sent when the server was killed is sent by the next one, under the same id', async () => {
  // Nothing is answered: the server dies between the end of the task and its delivery.
  receiver.answer = () => undefined;
  const first = await start();
  const json = { model: 'grok-imagine-text-to-video', prompt: '[reelay:fail]', callback_url: receiver.url };
  const answer = await fetch(`${first.url}/v1/videos/generations`, {
    method: 'POST',
    headers,
    body: JSON.stringify(json),
  });
  const { id } = (await answer.json()) as { id: string };
  await expect.poll(() => receiver.received.length, { timeout: 20_000, interval: 10 }).toBe(1);
  await first.kill();
  receiver.answer = (_request, response) => response.writeHead(200).end();
  const second = await start();
  await expect.poll(() => receiver.received.length, { timeout: 20_000, interval: 10 }).toBe(2);
  const [, got] = receiver.received;
  if (got === undefined) throw new Error('nothing came');
  expect(new Webhook(await secretOf(second)).verify(got.body, webhookHeaders(got))).toMatchObject({
    id,
    status: 'failed',
  });
  expect(new Set(sent()).size).toBe(1);
  const [delivery = ''] = sent().map(String);
  await expect.poll(() => reelay('show', delivery), { timeout: 20_000 }).toMatch(/^Status +delivered$/m);
  expect(await reelay('list', '--task', id)).toMatch(
    new RegExp(`^${delivery} +delivered +1 .* ${id} +${receiver.url}$`, 'm'),
  );
  expect(JSON.parse(await reelay('list', '--failed', '--json'))).toEqual([]);
  await expect(reelay('show', 'msg_none')).rejects.toThrow(/there is no delivery msg_none/);
  expect(await reelay('redeliver', delivery)).toBe(`Delivery ${delivery} of task ${id} is sent again.\n`);
  await expect.poll(() => receiver.received.length, { timeout: 20_000, interval: 10 }).toBe(3);
  const before = (await reelay('secret')).trim();
  expect(before).toBe(await secretOf(second));
  const rotated = JSON.parse(await reelay('secret', '--rotate', '--json'));
  expect(rotated).toMatchObject({ account: 'default', previous: [{ secret: before }] });
  expect(rotated.secret).toBe(await secretOf(second));
  await expect(reelay('secret', '--account', 'nobody')).rejects.toThrow(/There is no account "nobody"/);
  expect(await second.stop()).toBe(0);
});
