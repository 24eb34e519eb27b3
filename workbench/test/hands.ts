/**
 * What a person does on the page and sees of it. Things are found by what they are called, as a screen reader tells them.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';

/** How long a render and what comes before it may take, in milliseconds. */
export const renderMs = 45_000;

export function promptField(page: Page): Locator {
  return page.getByRole('textbox', { name: 'Prompt', exact: true });
}

/** One of a few choices that are all in sight. */
export async function choose(page: Page, group: string, value: string): Promise<void> {
  await page.getByRole('radiogroup', { name: group }).getByText(value, { exact: true }).click();
}

export async function setDuration(page: Page, seconds: number): Promise<void> {
  await page.getByRole('spinbutton', { name: 'Duration' }).fill(String(seconds));
}

/** Presses the button; what the page shows as the result is the new task's when this resolves. */
export async function generate(page: Page): Promise<void> {
  const shown = shownTask(page);
  await page.getByRole('button', { name: /^Generate/ }).click();
  await expect.poll(() => shownTask(page), { timeout: renderMs }).not.toBe(shown);
}

/** Id of the task that the address names. */
export function shownTask(page: Page): string | null {
  return new URL(page.url()).searchParams.get('task');
}

/** By the dialog of the browser. */
export async function chooseFiles(page: Page, title: string, path: string): Promise<void> {
  const dialog = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: `Choose a file: ${title}` }).click();
  await (await dialog).setFiles(path);
}

/** Drops a file from the desktop where the page says that it can be dropped. */
export async function dropFile(page: Page, place: RegExp, path: string): Promise<void> {
  const bytes = await readFile(path, 'base64');
  const dataTransfer = await page.evaluateHandle(
    ([name, data]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(data), (character) => character.charCodeAt(0))], name));
      return transfer;
    },
    [basename(path), bytes] as const,
  );
  const target = page.getByText(place);
  await target.dispatchEvent('dragover', { dataTransfer });
  await target.dispatchEvent('drop', { dataTransfer });
}

/** Waits for the result's video to move; answers what the browser knows of it. */
export async function untilPlaying(page: Page): Promise<{ readonly width: number; readonly duration: number }> {
  const video = page.getByRole('region', { name: 'Result' }).locator('video');
  await video.waitFor({ timeout: renderMs });
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.currentTime), { timeout: renderMs })
    .toBeGreaterThan(0);
  return video.evaluate((element: HTMLVideoElement) => ({ width: element.videoWidth, duration: element.duration }));
}

/** Remembers from now on what the page shows of a task's progress between its start and its end, in percent. */
export async function watchProgress(page: Page): Promise<() => Promise<readonly number[]>> {
  const seen = await page.evaluateHandle(() => {
    const values: number[] = [];
    const look = () => {
      const bar = document.querySelector('[role="progressbar"][aria-label="Progress"]');
      const value = Number(bar?.getAttribute('aria-valuenow') ?? Number.NaN);
      if (value > 0 && value < 100 && value !== values.at(-1)) values.push(value);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    return values;
  });
  return () => seen.evaluate((values) => values);
}

/** What the stage tells of a task under a name. */
export function fact(page: Page, name: string): Locator {
  return page
    .getByRole('region', { name: 'Result' })
    .locator('dl > div')
    .filter({ has: page.getByText(name, { exact: true }) });
}
