import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileServer, serveFiles } from '../../server/src/testing/file-server.ts';
import { probeFacts, samplePicture, sampleVideo } from '../../server/src/testing/sample-media.ts';
import { openWorkbench } from './browser.ts';
import {
  choose,
  chooseFiles,
  dropFile,
  fact,
  generate,
  promptField,
  renderMs,
  setDuration,
  untilPlaying,
  watchProgress,
} from './hands.ts';

const workbench = openWorkbench();
const files = { landscape: '', portrait: '', clip: '' };
let elsewhere: FileServer;

beforeAll(async () => {
  const { folder } = workbench;
  files.landscape = await samplePicture(folder, 'landscape.jpg', { width: 640, height: 360 });
  files.portrait = await samplePicture(folder, 'portrait.png', { width: 360, height: 640 });
  files.clip = await sampleVideo(folder, 'clip.mp4');
  elsewhere = await serveFiles(folder);
});
afterAll(() => elsewhere.close());

test('one click of an empty workbench leads to a video', async () => {
  await workbench.visit(async (page) => {
    const progress = await watchProgress(page);
    await page.getByRole('button', { name: 'Make the first video' }).click();
    const { width, duration } = await untilPlaying(page);
    expect([width, Math.round(duration)]).toEqual([1280, 6]);
    expect((await progress()).length).toBeGreaterThan(0);
    expect(await fact(page, 'Cost').textContent()).toContain('free');
  });
});

test('text to video: price, progress, the video, its file and its link', async () => {
  await workbench.visit(
    async (page, context) => {
      await promptField(page).fill('A calm sea at sunset [reelay:slow=2]');
      await setDuration(page, 2);
      await choose(page, 'Resolution', '480p');
      await page.getByText('Free on local, a stand-in').waitFor();
      const progress = await watchProgress(page);
      await generate(page);
      expect((await untilPlaying(page)).duration).toBeCloseTo(2, 1);
      const seen = await progress();
      expect(seen.length).toBeGreaterThan(0);
      expect(seen).toEqual(seen.toSorted((one, other) => one - other));

      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download' }).click();
      const path = join(workbench.folder, 'downloaded.mp4');
      await (await download).saveAs(path);
      expect(await probeFacts(path)).toMatchObject({ height: 480, frames: 48 });

      await page.getByRole('button', { name: 'Copy link' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      const answer = await context.request.get(await page.evaluate(() => navigator.clipboard.readText()));
      expect([answer.status(), answer.headers()['content-type']]).toEqual([200, 'video/mp4']);
    },
    { query: '?model=grok-imagine-text-to-video' },
  );
});

test('image to video: a dropped picture, which can be removed and replaced', async () => {
  await workbench.visit(
    async (page) => {
      await dropFile(page, /Drop or paste a picture here/, files.portrait);
      await page.getByText('360 × 640').waitFor();
      await page.getByRole('button', { name: 'Remove Input image' }).click();
      await dropFile(page, /Drop or paste a picture here/, files.portrait);
      const dialog = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Replace Input image' }).click();
      await (await dialog).setFiles(files.landscape);
      await page.getByText('640 × 360').waitFor();
      await promptField(page).fill('The camera pushes in');
      await finish(page, { seconds: 1 });
    },
    { query: '?model=grok-imagine-1.5-image-to-video' },
  );
});

test('first and last frame: one chosen, one by its URL on another host', async () => {
  await workbench.visit(
    async (page) => {
      await chooseFiles(page, 'First frame', files.landscape);
      const url = page.getByRole('textbox', { name: 'URL: Last frame' });
      await url.fill(`${elsewhere.url}/portrait.png`);
      await url.press('Enter');
      await page.getByText('360 × 640').waitFor();
      await page.getByText('640 × 360').waitFor();
      await promptField(page).fill('From one to the other');
      await choose(page, 'Duration', '4');
      await choose(page, 'Resolution', '720p');
      await generate(page);
      expect((await untilPlaying(page)).duration).toBeCloseTo(4, 1);
    },
    { query: '?model=veo-3.1-fast-first-last-frame-to-video' },
  );
  expect(elsewhere.requests).toContain('/portrait.png');
});

test('reference to video: pictures chosen and pasted', async () => {
  await workbench.visit(
    async (page) => {
      await chooseFiles(page, 'Reference images', files.landscape);
      await page.getByText('1 / 7').waitFor();
      await promptField(page).click();
      await page.evaluate(async () => {
        const canvas = document.createElement('canvas');
        const [width, height] = [400, 300];
        Object.assign(canvas, { width, height });
        canvas.getContext('2d')?.fillRect(0, 0, width, height);
        const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
        if (picture !== null) await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      });
      await page.keyboard.press('ControlOrMeta+V');
      await page.getByText('2 / 7').waitFor();
      await page.getByText('400 × 300').waitFor();
      await promptField(page).fill('Both meet in a garden');
      await finish(page, { seconds: 1 });
    },
    { query: '?model=grok-imagine-reference-to-video' },
  );
});

test('a dropped video is edited, and the result extended', async () => {
  await workbench.visit(
    async (page) => {
      await dropFile(page, /Drop or paste a video here/, files.clip);
      await page.getByText('2 s · 320 × 180').waitFor();
      await promptField(page).fill('Change the sky to a sunset');
      await generate(page);
      expect((await untilPlaying(page)).duration).toBeCloseTo(2, 1);

      await page.getByRole('button', { name: 'Use as input' }).click();
      await page.getByRole('menuitem', { name: /Grok Imagine Video Extension/ }).click();
      await page.getByRole('heading', { name: 'Grok Imagine Video Extension', exact: true }).waitFor();
      await promptField(page).fill('The camera zooms out');
      await setDuration(page, 2);
      await generate(page);
      await fact(page, 'Model').getByText('Grok Imagine Video Extension').waitFor();
      expect((await untilPlaying(page)).duration).toBeCloseTo(4, 1);
    },
    { query: '?model=grok-imagine-edit-video' },
  );
});

test('four at once are four tasks, all of which end', async () => {
  await workbench.visit(
    async (page) => {
      await promptField(page).fill('A meadow in the wind');
      await setDuration(page, 1);
      await choose(page, 'Resolution', '480p');
      await choose(page, 'How many videos', '4');
      await generate(page);
      const cards = page
        .getByRole('region', { name: 'Recent tasks' })
        .getByRole('link', { name: /A meadow in the wind/ });
      await expect.poll(() => cards.count()).toBe(4);
      await expect.poll(() => cards.filter({ hasText: 'Ready, ' }).count(), { timeout: renderMs }).toBe(4);
      await untilPlaying(page);
    },
    { query: '?model=grok-imagine-text-to-video' },
  );
});

/** The smallest and shortest that the model makes. */
async function finish(page: Page, { seconds }: { readonly seconds: number }): Promise<void> {
  await setDuration(page, seconds);
  await choose(page, 'Resolution', '480p');
  await generate(page);
  expect((await untilPlaying(page)).duration).toBeCloseTo(seconds, 1);
}
