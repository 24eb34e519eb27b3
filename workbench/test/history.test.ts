import { openAsBlob } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { samplePicture } from '../../server/src/testing/sample-media.ts';
import type { StoredFile } from '../src/api.ts';
import { openWorkbench } from './browser.ts';
import { renderMs } from './hands.ts';
import { call, create, untilEnded } from './server-calls.ts';

const workbench = openWorkbench();
const query = '?view=history';
const text = 'grok-imagine-text-to-video';
const smallest = { model: text, duration: 1, resolution: '480p' };

/** Cards that the page shows at once, and cancelled tasks that make more of them than that. */
const pageSize = 24;
const cancelled = 23;

beforeAll(async () => {
  const picture = await samplePicture(workbench.folder, 'picture.png');
  const form = new FormData();
  form.set('file', await openAsBlob(picture), 'picture.png');
  const { url } = await call<StoredFile>(workbench, '/v1/files/upload/stream', { method: 'POST', body: form });
  const ended = [
    await create(workbench, { ...smallest, prompt: 'A lighthouse of 100% granite' }),
    await create(workbench, { ...smallest, model: 'grok-imagine-image-to-video', prompt: 'Waves', image_url: url }),
    await create(workbench, { ...smallest, prompt: 'A duel [reelay:moderation]' }),
  ];
  await Promise.all(ended.map((id) => untilEnded(workbench, id)));
  for (let index = 0; index < cancelled; index++) {
    const id = await create(workbench, { ...smallest, prompt: `Draft ${index} [reelay:slow=3600]` });
    await call(workbench, `/v1/tasks/${id}/cancel`, { method: 'POST' });
  }
});

const cards = (page: Page): Locator => page.getByRole('main').getByRole('article');

const untilCards = (page: Page, count: number) => expect.poll(() => cards(page).count()).toBe(count);

test('cards tell status, model and cost; more are shown on demand', async () => {
  await workbench.visit(
    async (page) => {
      await untilCards(page, pageSize);
      await page.getByRole('button', { name: 'Show more' }).click();
      await untilCards(page, cancelled + 3);
      expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
      const lighthouse = cards(page).filter({ hasText: 'A lighthouse' });
      expect(await lighthouse.textContent()).toMatch(/^Ready, Grok Imagine Text to Video: .*free/);
      await page.getByRole('link', { name: /^Failed with content_policy_violation, .*A duel/ }).waitFor();
    },
    { query },
  );
});

test('filters by status, operation and model, which the address keeps', async () => {
  await workbench.visit(
    async (page) => {
      const status = (name: string) => page.getByRole('radiogroup', { name: 'Status' }).getByText(name).click();
      await status('Ready');
      await untilCards(page, 2);
      await page.getByRole('combobox', { name: 'Operation' }).selectOption('Image to video');
      await untilCards(page, 1);
      await page.reload();
      await untilCards(page, 1);
      expect(await cards(page).textContent()).toContain('Waves');
      await status('Failed');
      await page.getByText('No task is like that.').waitFor();
      await page.getByRole('link', { name: 'Show everything' }).click();
      await untilCards(page, pageSize);
      await page.getByRole('combobox', { name: 'Model' }).selectOption('Grok Imagine Image to Video');
      await untilCards(page, 1);
      await page.getByRole('combobox', { name: 'Model' }).selectOption('Every model');
      await status('Failed');
      await untilCards(page, pageSize);
    },
    { query },
  );
});

test('search in prompts, whatever the case, also for signs', async () => {
  await workbench.visit(
    async (page) => {
      const search = page.getByRole('searchbox', { name: 'Search in prompts' });
      await search.fill('LIGHTHOUSE');
      await untilCards(page, 1);
      await search.fill('100%');
      await untilCards(page, 1);
      await search.fill('_');
      await page.getByText('No task is like that.').waitFor();
      await page.getByRole('link', { name: 'Show everything' }).click();
      await untilCards(page, pageSize);
      expect(await search.inputValue()).toBe('');
    },
    { query },
  );
});

test('a task that ends leaves the list of those under way', async () => {
  await create(workbench, { ...smallest, prompt: 'A comet [reelay:slow=5]' });
  await workbench.visit(
    async (page) => {
      await cards(page).filter({ hasText: 'A comet' }).waitFor();
      await expect.poll(() => cards(page).count(), { timeout: renderMs }).toBe(0);
      await page.getByText('No task is like that.').waitFor();
    },
    { query: `${query}&status=processing` },
  );
});

test('deleting asks first, and takes the task away everywhere', async () => {
  const id = await create(workbench, { ...smallest, prompt: 'A moth, soon gone' });
  await untilEnded(workbench, id);
  await workbench.visit(
    async (page) => {
      await page.getByRole('link', { name: /A moth, soon gone/ }).click();
      const dialog = page.getByRole('dialog', { name: 'Delete this task?' });
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByRole('button', { name: 'Keep' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await expect.poll(() => page.getByText('A moth, soon gone').count()).toBe(0);
      await page.getByRole('link', { name: 'History', exact: true }).click();
      await untilCards(page, pageSize);
      expect(await page.getByText('A moth, soon gone').count()).toBe(0);
    },
    { query },
  );
  await expect(call(workbench, `/v1/tasks/${id}`)).rejects.toThrow('404');
});
