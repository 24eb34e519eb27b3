import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receiver, startReceiver, webhookHeaders } from '../../src/testing/receiver.ts';
import { type ServerProcess, startServerProcess } from '../../src/testing/server-process.ts';

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
  expect(await second.stop()).toBe(0);
});
