import type { Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { openWorkbench } from './browser.ts';
import { renderMs } from './hands.ts';
import { create, untilEnded } from './server-calls.ts';

const workbench = openWorkbench();
const model = 'grok-imagine-text-to-video';
const made: string[] = [];
const prompts = ['A bridge in the fog', 'A bridge at noon', 'A bridge at night'];

beforeAll(async () => {
  for (const prompt of prompts) {
    made.push(await create(workbench, { model, prompt, duration: 1, resolution: '480p' }));
  }
  await Promise.all(made.map((id) => untilEnded(workbench, id)));
});

test('from the sign-in to a video that is ready', async () => {
  await workbench.visit(
    async (page) => {
      await expectFocus(page, page.getByLabel('API key'));
      await page.keyboard.type(workbench.key);
      await page.keyboard.press('Enter');
      const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
      await prompt.waitFor();
      await expectSomeFocus(page);
      await skipToContent(page, 'Shift+Tab');
      await tabTo(page, prompt);
      await page.keyboard.type('A kite over the dunes');
      await tabTo(page, page.getByRole('spinbutton', { name: 'Duration' }));
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type('1');
      await tabTo(page, page.getByRole('radiogroup', { name: 'Resolution' }).getByRole('radio', { checked: true }));
      const smallest = page.getByRole('radio', { name: '480p' });
      for (let presses = 0; presses < 4 && !(await smallest.isChecked()); presses++)
        await page.keyboard.press('ArrowLeft');
      await expectFocus(page, smallest);
      const generate = page.getByRole('button', { name: /^Generate/ });
      await tabTo(page, generate);
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: 'Result' }).getByText('A kite over the dunes').waitFor();
      await page.getByRole('region', { name: 'Result' }).locator('video').waitFor({ timeout: renderMs });
      await expectFocus(page, generate);
      await tabTo(page, page.getByRole('link', { name: 'Download' }));
    },
    { signedIn: false },
  );
});

test('to cancel a video, and to make another of it', async () => {
  await create(workbench, { model, prompt: 'A tower [reelay:stuck]', duration: 1 });
  await workbench.visit(
    async (page) => {
      const result = page.getByRole('region', { name: 'Result' });
      await skipToContent(page);
      await tabTo(page, result.getByRole('button', { name: 'Cancel' }));
      await page.keyboard.press('Enter');
      await result.getByText('Cancelled', { exact: true }).waitFor();
      await expectSomeFocus(page);
      await tabTo(page, result.getByRole('button', { name: 'Re-run' }));
      await page.keyboard.press('Space');
      const cancel = result.getByRole('button', { name: 'Cancel' });
      await cancel.waitFor();
      await expectSomeFocus(page);
      await tabTo(page, cancel);
      await page.keyboard.press('Space');
      await result.getByText('Cancelled', { exact: true }).waitFor();
      await expectSomeFocus(page);
    },
    { query: `?model=${model}&tab=output` },
  );
});

describe('the history', () => {
  test('cards are gone through, searched, picked and opened', async () => {
    await workbench.visit(
      async (page) => {
        const card = (words: string) => page.getByRole('link', { name: new RegExp(words) });
        await card('at night').waitFor();
        await page.keyboard.press('/');
        await expectFocus(page, page.getByRole('searchbox', { name: 'Search in prompts' }));
        await page.keyboard.type('bridge');
        await expect.poll(() => page.locator('[data-task]').count()).toBe(prompts.length);
        await tabTo(page, card('at night'));
        await page.keyboard.press('j');
        await expectFocus(page, card('at noon'));
        await page.keyboard.press('ArrowRight');
        await expectFocus(page, card('in the fog'));
        await page.keyboard.press('k');
        await page.keyboard.press('c');
        await page.keyboard.press('ArrowLeft');
        await expectFocus(page, card('at night'));
        await page.keyboard.press('c');
        await page.getByText('Two picked.').waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('region', { name: 'Result' }).locator('video').waitFor();
        await expectSomeFocus(page);
      },
      { query: '?view=history' },
    );
  });

  test('Delete asks first; Escape keeps the task and the focus, Delete takes both on', async () => {
    const id = await create(workbench, { model, prompt: 'A wrong turn [reelay:fail]', duration: 1 });
    await untilEnded(workbench, id);
    await workbench.visit(
      async (page) => {
        const card = page.getByRole('link', { name: /A wrong turn/ });
        const dialog = page.getByRole('dialog', { name: 'Delete this task?' });
        await card.waitFor();
        await page.keyboard.press('j');
        await expectFocus(page, card);
        await page.keyboard.press('Delete');
        await dialog.waitFor();
        await expectFocusWithin(dialog);
        await expectSomeFocus(page);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        await expectFocus(page, card);
        await page.keyboard.press('Delete');
        await tabTo(page, dialog.getByRole('button', { name: 'Delete' }));
        await page.keyboard.press('Enter');
        await dialog.waitFor({ state: 'detached' });
        await card.waitFor({ state: 'detached' });
        await expectSomeFocus(page);
      },
      { query: '?view=history' },
    );
  });
});

test('two videos are compared, to the frame', async () => {
  await workbench.visit(
    async (page) => {
      await page.getByRole('link', { name: /at night/ }).waitFor();
      for (const key of ['j', 'c', 'j', 'c']) await page.keyboard.press(key);
      await tabTo(page, page.getByRole('button', { name: 'Compare', exact: true }));
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => {
        const videos = [...document.querySelectorAll('video')];
        return videos.length === 2 && videos.every(({ readyState }) => readyState >= 3);
      });
      await expectSomeFocus(page);

      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await expectFrame(page, 2);
      await page.keyboard.press('ArrowLeft');
      await expectFrame(page, 1);

      await tabTo(page, page.getByRole('radio', { name: 'Split' }));
      await page.keyboard.press('ArrowRight');
      await expectFocus(page, page.getByRole('radio', { name: 'Side by side' }));
      await expectFrame(page, 1);
      await page.keyboard.press('ArrowLeft');

      await tabTo(page, page.getByRole('button', { name: 'One frame on' }));
      await page.keyboard.press('Space');
      await expectFrame(page, 2);

      const split = page.getByRole('slider', { name: 'Where A ends and B begins' });
      await tabTo(page, split);
      await page.keyboard.press('ArrowRight');
      expect(await split.getAttribute('aria-valuenow')).toBe('51');
      await expectFrame(page, 2);

      await tabTo(page, page.getByRole('button', { name: 'Play' }), 'Shift+Tab');
      await page.keyboard.press('Space');
      await page.waitForFunction(() => [...document.querySelectorAll('video')].every(({ paused }) => !paused));
      await expectFocus(page, page.getByRole('button', { name: 'Pause' }));
      await page.keyboard.press('Space');
      await page.waitForFunction(() => [...document.querySelectorAll('video')].every(({ paused }) => paused));
    },
    { query: '?view=history&status=completed&q=bridge' },
  );
});

describe('what opens over the page', () => {
  test('the list of models on a phone: Escape closes it and gives the focus back', async () => {
    await workbench.visit(
      async (page) => {
        const opener = page.getByRole('button', { name: 'Models' });
        const dialog = page.getByRole('dialog', { name: 'Models' });
        await opener.waitFor();
        await tabTo(page, opener);
        await page.keyboard.press('Enter');
        await expectFocusWithin(dialog);
        await expectSomeFocus(page);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        await expectFocus(page, opener);
        await page.keyboard.press('Enter');
        await tabTo(page, dialog.getByRole('link', { name: /^Veo 3.1 Lite$|Veo 3.1 Lite/ }).first());
        await page.keyboard.press('Enter');
        await dialog.waitFor({ state: 'detached' });
        await expectSomeFocus(page);
      },
      { query: `?model=${model}`, width: 390 },
    );
  });

  test('what a result can be used for: Escape closes it, the arrows choose', async () => {
    await workbench.visit(
      async (page) => {
        const opener = page.getByRole('button', { name: 'Use as input' });
        await opener.waitFor();
        await skipToContent(page);
        await tabTo(page, opener);
        await page.keyboard.press('Enter');
        await expectFocusWithin(page.getByRole('menu'));
        await page.keyboard.press('Escape');
        await page.getByRole('menu').waitFor({ state: 'hidden' });
        await expectFocus(page, opener);
        await page.keyboard.press('Enter');
        await expectFocusWithin(page.getByRole('menu'));
        const item = page.getByRole('menuitem', { name: /Edit Video/ });
        for (let presses = 0; presses < 8 && !(await isFocused(item)); presses++)
          await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await page
          .getByRole('heading', { name: /Edit Video/ })
          .first()
          .waitFor();
        await expectSomeFocus(page);
      },
      { query: `?model=${model}&tab=output&task=${made[0]}` },
    );
  });
});

test('a form that is not complete leads to its first fault', async () => {
  await workbench.visit(
    async (page) => {
      const prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
      await prompt.waitFor();
      await skipToContent(page);
      await tabTo(page, page.getByRole('button', { name: /^Generate/ }));
      await page.keyboard.press('Enter');
      await expectFocus(page, prompt);
    },
    { query: `?model=${model}` },
  );
});

/** Keys that lead to a place at most: more would be too many for a person. */
const mostTabs = 40;

/** Goes from stop to stop until an element has the focus. At every one it is seen where the focus is. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const stops: string[] = [];
  for (let presses = 0; presses < mostTabs; presses++) {
    await page.keyboard.press(key);
    const stop = await focusOf(page);
    stops.push(stop.name);
    expect(stop.isVisible, `nothing shows that the focus is on ${stop.name}`).toBe(true);
    if (await isFocused(target)) return;
  }
  throw new Error(`${mostTabs} times ${key} did not lead to ${target}, but to: ${stops.join(', ')}`);
}

async function skipToContent(page: Page, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await tabTo(page, page.getByRole('button', { name: 'Skip to the content' }), key);
  await page.keyboard.press('Enter');
  await expectSomeFocus(page);
}

function isFocused(target: Locator): Promise<boolean> {
  return target.evaluate((element) => element === document.activeElement);
}

async function expectFocus(page: Page, target: Locator): Promise<void> {
  await target.waitFor({ state: 'attached' });
  await expect.poll(() => isFocused(target), { message: `the focus is on ${target}`, timeout: 5_000 }).toBe(true);
  expect(await focusOf(page)).toMatchObject({ isVisible: true });
}

async function expectFocusWithin(target: Locator): Promise<void> {
  await target.waitFor();
  await expect.poll(() => target.evaluate((element) => element.contains(document.activeElement))).toBe(true);
}

/** The focus is somewhere on the page, and one sees where. */
async function expectSomeFocus(page: Page): Promise<void> {
  await expect.poll(() => focusOf(page), { timeout: 5_000 }).toMatchObject({ isVisible: true });
}

/** Frames of a second that the local renderer makes. */
const framesPerSecond = 24;

/** Both videos show this frame, counted from 0. */
async function expectFrame(page: Page, frame: number): Promise<void> {
  const times = () => page.evaluate(() => [...document.querySelectorAll('video')].map((video) => video.currentTime));
  const frames = async () => (await times()).map((seconds) => Math.floor(seconds * framesPerSecond + 0.01));
  await expect.poll(frames).toEqual([frame, frame]);
}

/** What has the focus, and whether an outline of it is in sight: around itself, or around what stands for it. */
function focusOf(page: Page): Promise<{ readonly name: string; readonly isVisible: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { name: 'nothing', isVisible: false };
    // Of a video's controls, which the browser draws and marks by itself, only the video is told.
    if (element instanceof HTMLVideoElement && element.controls) return { name: 'video', isVisible: true };
    const marked = [element, element.closest('label'), element.closest('.mantine-Input-wrapper')];
    const isVisible = marked.some((part) => {
      if (part === null) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(part);
      const { width, height, bottom, top } = part.getBoundingClientRect();
      const isOnScreen = width > 1 && height > 1 && bottom > 0 && top < innerHeight;
      return isOnScreen && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
    });
    const words = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40);
    return { name: `${element.tagName.toLowerCase()} ${words}`, isVisible };
  });
}
