import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { openWorkbench } from './browser.ts';
import { create, untilEnded } from './server-calls.ts';

const workbench = openWorkbench();
const ids = { short: '', long: '' };

/** Of the clips: the local provider makes 24 frames a second. */
const frameSeconds = 1 / 24;

/** How far two videos may be apart while they play, in seconds: what the page puts right, and the time of a look. */
const inStepSeconds = 0.15;

beforeAll(async () => {
  const same = { model: 'grok-imagine-text-to-video', resolution: '480p' };
  ids.short = await create(workbench, { ...same, prompt: 'A calm sea at sunset', duration: 2, aspect_ratio: '16:9' });
  ids.long = await create(workbench, { ...same, prompt: 'A calm sea at sunset', duration: 3, aspect_ratio: '4:3' });
  await Promise.all([untilEnded(workbench, ids.short), untilEnded(workbench, ids.long)]);
});

const video = (page: Page, side: 'A' | 'B') => page.getByLabel(`${side}: A calm sea at sunset`);
const timeOf = (one: Locator) => one.evaluate((element: HTMLVideoElement) => element.currentTime);
const timesOf = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll('video')].map(({ currentTime }) => currentTime));

async function untilReady(page: Page): Promise<void> {
  for (const side of ['A', 'B'] as const) {
    await expect
      .poll(() => video(page, side).evaluate((element: HTMLVideoElement) => element.readyState), { timeout: 20_000 })
      .toBe(4);
  }
}

/** Follows which picture each video shows, by its time in the clip: that a time was set does not say that it is seen. */
async function watchPictures(page: Page): Promise<() => Promise<readonly number[]>> {
  const shown = await page.evaluateHandle(() => {
    const videos = [...document.querySelectorAll('video')];
    const times = videos.map(() => 0);
    for (const [index, video] of videos.entries()) {
      const look: VideoFrameRequestCallback = (_now, { mediaTime }) => {
        times[index] = mediaTime;
        video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    }
    return times;
  });
  return () => shown.evaluate((times) => times);
}

async function compare(look: (page: Page) => Promise<void>): Promise<void> {
  await workbench.visit(
    async (page) => {
      await untilReady(page);
      await look(page);
    },
    { query: `?view=compare&a=${ids.short}&b=${ids.long}` },
  );
}

test('two results are picked from the history', async () => {
  await workbench.visit(
    async (page) => {
      const picks = page.getByRole('button', { name: 'Pick for comparison' });
      await picks.first().click();
      await page.getByText('One picked. Pick another to compare.').waitFor();
      await picks.first().click();
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await untilReady(page);
      const { searchParams } = new URL(page.url());
      expect([searchParams.get('a'), searchParams.get('b')].toSorted()).toEqual([ids.short, ids.long].toSorted());
    },
    { query: '?view=history' },
  );
});

test('play keeps both in step, and pause holds them', async () => {
  await compare(async (page) => {
    await page.getByRole('button', { name: 'Play' }).click();
    for (const seconds of [0.2, 0.6, 1]) {
      await expect.poll(() => timeOf(video(page, 'B')), { timeout: 20_000, interval: 20 }).toBeGreaterThan(seconds);
      const [a = 0, b = 0] = await timesOf(page);
      expect(Math.abs(Math.min(a, 2) - Math.min(b, 2))).toBeLessThan(inStepSeconds);
    }
    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = page.locator('video').evaluateAll((all) => all.map((one) => (one as HTMLVideoElement).paused));
    expect(await paused).toEqual([true, true]);
  });
});

test('a step of a frame moves both, by button and by key', async () => {
  await compare(async (page) => {
    const step = page.getByRole('button', { name: 'One frame on' });
    const shown = await watchPictures(page);
    const frames = async () => (await shown()).map((time) => Math.round(time / frameSeconds));
    await step.click();
    await step.click();
    await expect.poll(frames).toEqual([2, 2]);
    await page.getByRole('button', { name: 'One frame back' }).click();
    await expect.poll(frames).toEqual([1, 1]);
    await page.getByRole('heading', { name: 'Compare' }).click();
    await page.keyboard.press('ArrowRight');
    await expect.poll(frames).toEqual([2, 2]);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(frames).toEqual([0, 0]);
  });
});

test('the longer one sets the length; the shorter holds its last picture', async () => {
  await compare(async (page) => {
    await page.getByText('0.00 / 3.00 s').waitFor();
    const position = page.getByRole('slider', { name: 'Position' });
    await position.focus();
    await page.keyboard.press('End');
    await expect.poll(() => timeOf(video(page, 'B'))).toBeGreaterThan(2.9);
    const short = await timeOf(video(page, 'A'));
    expect(short).toBeGreaterThan(1.9);
    expect(short).toBeLessThan(2);
  });
});

test('split by a slider, or side by side', async () => {
  await compare(async (page) => {
    const places = async () => Promise.all([video(page, 'A').boundingBox(), video(page, 'B').boundingBox()]);
    const cut = () =>
      video(page, 'B').evaluate((element) => getComputedStyle(element.closest('[style]') ?? element).clipPath);
    const [a, b] = await places();
    expect(Math.round(a?.x ?? 0)).toBe(Math.round(b?.x ?? 1));
    expect(await cut()).toContain('50%');
    await page.getByRole('slider', { name: 'Where A ends and B begins' }).focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight']) await page.keyboard.press(key);
    await expect.poll(cut).toContain('53%');
    expect(await timesOf(page)).toEqual([0, 0]);

    await page.getByRole('radiogroup', { name: 'View' }).getByText('Side by side').click();
    await expect.poll(async () => (await places())[1]?.x ?? 0).toBeGreaterThan((a?.x ?? 0) + 100);
    expect(await page.getByRole('slider', { name: 'Where A ends and B begins' }).count()).toBe(0);
  });
});

test('what differs is listed first and counted; A and B can be swapped', async () => {
  await compare(async (page) => {
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });
    await page.getByRole('heading', { name: /^(2|3) differences$/ }).waitFor();
    expect(await row('Duration').getByRole('cell').allTextContents()).toEqual(['2 s', '3 s']);
    expect(await row('Aspect ratio').getByRole('cell').allTextContents()).toEqual(['16:9', '4:3']);
    expect(await row('Resolution').getByRole('cell').allTextContents()).toEqual(['480p', '480p']);
    const names = await page.getByRole('rowheader').allTextContents();
    expect(names.indexOf('Duration')).toBeLessThan(names.indexOf('Prompt'));
    await page.getByRole('button', { name: 'Swap A and B' }).click();
    await expect.poll(() => row('Duration').getByRole('cell').allTextContents()).toEqual(['3 s', '2 s']);
  });
});
