import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { startReceiver } from '../../server/src/testing/receiver.ts';
import { samplePicture } from '../../server/src/testing/sample-media.ts';
import type { Task } from '../src/api.ts';
import { openWorkbench } from './browser.ts';
import {
  choose,
  dropFile,
  fact,
  generate,
  promptField,
  renderMs,
  setDuration,
  shownTask,
  untilPlaying,
} from './hands.ts';
import { call, create, createKey, untilEnded } from './server-calls.ts';

const run = promisify(execFile);
const reelay = join(import.meta.dirname, '..', '..', 'server', 'dist', 'cli', 'main.js');

/** The smallest limit that the server takes: files of more are quickly made. */
const workbench = openWorkbench({ REELAY_MAX_UPLOAD_MB: '1' });
const model = 'grok-imagine-text-to-video';
const query = `?model=${model}`;

/** What Chromium says of a server that is gone, and of one that goes while it answers. */
const gone = [/net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)/];

const answered = (status: number, path: string) =>
  new RegExp(`^console error: Failed to load resource: .* status of ${status} .*${path}`);

/** A task under way on the page, shortest and smallest. */
async function begin(page: Page, prompt: string): Promise<void> {
  await promptField(page).fill(prompt);
  await setDuration(page, 1);
  await choose(page, 'Resolution', '480p');
  await generate(page);
}

async function untilProgress(page: Page): Promise<number> {
  const bar = page.getByRole('progressbar', { name: 'Progress' });
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: renderMs })
    .toBeGreaterThan(0);
  return Number(await bar.getAttribute('aria-valuenow'));
}

test('cancel', async () => {
  await workbench.visit(
    async (page) => {
      await begin(page, 'A storm that nobody waits for [reelay:slow=3600]');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('link', { name: /^Cancelled, .*A storm/ }).waitFor();
      await page.getByText('Cancelled', { exact: true }).first().waitFor();
      expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
      const { error } = await call<Task>(workbench, `/v1/tasks/${shownTask(page)}`);
      expect(error?.code).toBe('request_cancelled');
    },
    { query },
  );
});

test('a reload in the middle goes on with the same task, to its end', async () => {
  await workbench.visit(
    async (page) => {
      await begin(page, 'A river at first light [reelay:slow=6]');
      const before = await untilProgress(page);
      const address = page.url();
      await page.reload();
      expect(await untilProgress(page)).toBeGreaterThanOrEqual(before);
      expect(page.url()).toBe(address);
      expect(await promptField(page).inputValue()).toContain('A river at first light');
      await untilPlaying(page);
      const { request } = await call<Task>(
        workbench,
        `/v1/tasks/${new URL(address).searchParams.get('task')}?include=request`,
      );
      expect(request.parameters['prompt']).toContain('A river at first light');
    },
    { query },
  );
});

test('a failed task tells its code, what happened and what to do', async () => {
  await workbench.visit(
    async (page) => {
      await begin(page, 'A duel at noon [reelay:moderation]');
      const failure = page.getByRole('region', { name: 'Failure' });
      await failure.getByText('content_policy_violation').waitFor({ timeout: renderMs });
      const { error } = await call<Task>(workbench, `/v1/tasks/${shownTask(page)}`);
      await failure.getByText(error?.message ?? 'a task that did not fail').waitFor();
      await failure.getByText('What to do').waitFor();
      await failure.getByText('Will fail again as it is.').waitFor();
      await page.getByRole('link', { name: /^Failed with content_policy_violation, .*A duel at noon/ }).waitFor();
    },
    { query },
  );
});

test('the webhook of a task: its tries, and once more for a key that may', async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  receiver.answer = (_request, response) => response.writeHead(503).end();
  const task = await create(workbench, { model, prompt: 'A bell rings [reelay:fail]', callback_url: receiver.url });
  const shown = { query: `${query}&task=${task}&tab=output` };
  await untilEnded(workbench, task);
  await workbench.visit(async (page) => {
    const webhook = page.getByRole('region', { name: 'Webhook' });
    await webhook
      .getByText(/answered 503/)
      .first()
      .waitFor();
    await webhook.getByText(/tr(y|ies), the next/).waitFor();
    receiver.answer = (_request, response) => response.writeHead(204).end();
    await webhook.getByRole('button', { name: 'Send again' }).click();
    await webhook.getByText('delivered').waitFor();
    await webhook.getByText('answered 204').waitFor();
  }, shown);
  const key = await createKey(workbench, { account: 'default', scopes: ['read'] });
  await workbench.visit(
    async (page) => {
      const webhook = page.getByRole('region', { name: 'Webhook' });
      await webhook.getByText('answered 204').waitFor();
      expect(await webhook.getByRole('button').count()).toBe(0);
    },
    { ...shown, key, expected: [answered(403, '/v1/videos/generations')] },
  );
});

test('a server that dies and comes back: the page says so, and goes on by itself', async () => {
  await workbench.visit(
    async (page) => {
      await page.getByText('Live', { exact: true }).waitFor();
      await begin(page, 'A lighthouse in the fog [reelay:slow=4]');
      await untilProgress(page);
      await workbench.server.kill();
      const outage = page.getByText('The server does not answer. Trying again');
      await outage.waitFor();
      await page.getByRole('button', { name: 'Generate' }).click();
      await page.getByRole('alert').getByText('The server does not answer.').waitFor();
      await page.getByRole('button', { name: 'Re-run' }).click();
      await page
        .getByRole('region', { name: 'Result' })
        .getByRole('alert')
        .getByText('The server does not answer.')
        .waitFor();
      await page.getByRole('button', { name: 'Edit parameters' }).click();
      await workbench.restart();
      await outage.waitFor({ state: 'hidden' });
      await untilPlaying(page);
      await generate(page);
      await expect
        .poll(() => page.getByRole('link', { name: /A lighthouse in the fog/ }).count(), { timeout: renderMs })
        .toBe(2);
    },
    { query, expected: gone },
  );
});

test('a wrong key is told so, the right one lets in', async () => {
  await workbench.visit(
    async (page) => {
      const field = page.getByLabel('API key');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Enter a key.').waitFor();
      await field.fill('sk-not-a-key-of-this-server');
      await field.press('Enter');
      await page.getByText('This server does not know that key.').waitFor();
      await field.fill(workbench.key);
      await field.press('Enter');
      await promptField(page).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await field.waitFor();
      await page.reload();
      await field.waitFor();
    },
    { signedIn: false, expected: [answered(401, '/v1/account/credits')] },
  );
});

test('a key that is revoked leads back to the sign-in', async () => {
  const environment = { PATH: process.env['PATH'], REELAY_DATA_DIR: join(workbench.folder, 'data') };
  const keys = async (...args: readonly string[]): Promise<{ readonly id: string; readonly key: string }> =>
    JSON.parse((await run(process.execPath, [reelay, 'keys', ...args, '--json'], { env: environment })).stdout);
  const { id, key } = await keys('create', '--account', 'guest');
  await workbench.visit(
    async (page) => {
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Live', { exact: true }).waitFor();
      await keys('revoke', id);
      // Nobody touches the page: the stream of events is all that can tell it.
      await workbench.server.stop();
      await workbench.restart();
      await page.getByText('The server no longer accepts this key.').waitFor();
    },
    { signedIn: false, expected: [...gone, answered(401, '')] },
  );
});

test('again: the same, and with another length', async () => {
  const prompt = 'A kite above the dunes';
  const first = await create(workbench, { model, prompt, duration: 1, resolution: '480p', aspect_ratio: '1:1' });
  await untilEnded(workbench, first);
  await workbench.visit(
    async (page) => {
      const taskOf = () => shownTask(page);
      const parametersOf = async () =>
        (await call<Task>(workbench, `/v1/tasks/${taskOf()}?include=request`)).request.parameters;
      const wanted = await parametersOf();
      await page.getByRole('button', { name: 'Re-run' }).click();
      await expect.poll(taskOf).not.toBe(first);
      expect(await parametersOf()).toEqual(wanted);
      await untilPlaying(page);

      await page.getByRole('button', { name: 'Edit parameters' }).click();
      await expect.poll(() => promptField(page).inputValue()).toBe(prompt);
      await setDuration(page, 2);
      await generate(page);
      expect(await parametersOf()).toEqual({ ...wanted, duration: 2 });
      await fact(page, 'Duration').getByText('2').waitFor();
      expect((await untilPlaying(page)).duration).toBeCloseTo(2, 1);
    },
    { query: `${query}&task=${first}&tab=output` },
  );
});

test('a fault that only the server finds is told at its field', async () => {
  await workbench.visit(
    async (page) => {
      await promptField(page).fill('   ');
      await page.getByRole('alert').getByText('Must not be blank.').waitFor();
      await page.getByRole('alert').getByText('Some values need a change.').waitFor();
      const about = await promptField(page).getAttribute('aria-describedby');
      expect(await page.locator(`[id="${about?.split(' ').at(-1)}"]`).textContent()).toContain('Must not be blank.');
      await promptField(page).fill('A calm sea');
      await page.getByText('Must not be blank.').waitFor({ state: 'hidden' });
      await page.getByText('Free on local').waitFor();
    },
    { query, expected: [answered(422, '/v1/videos/generations')] },
  );
});

test('files of the wrong kind, and too large ones, are told at their field', async () => {
  const notes = join(workbench.folder, 'notes.png');
  await writeFile(notes, 'these are notes');
  const wide = await samplePicture(workbench.folder, 'wide.png', { width: 64, height: 64 });
  const heavy = join(workbench.folder, 'heavy.png');
  await writeFile(heavy, Buffer.concat([await readFile(wide), Buffer.alloc(8 * 1024 * 1024)]));
  await workbench.visit(
    async (page) => {
      const place = /Drop or paste a picture here/;
      await dropFile(page, place, notes);
      await page.getByRole('alert').getByText('notes.png is not a picture that this takes').waitFor();
      await dropFile(page, place, heavy);
      await page
        .getByRole('alert')
        .getByText(/heavy\.png \(8\.\d MB\): .*1 MB/)
        .waitFor();
      await dropFile(page, place, wide);
      await page.getByText('64 × 64').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
    },
    { query: '?model=grok-imagine-image-to-video', expected: [answered(413, '/v1/files/upload/stream')] },
  );
});
