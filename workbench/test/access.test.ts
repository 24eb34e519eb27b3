import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { openWorkbench } from './browser.ts';
import { heights, type Width } from './chromium.ts';
import { overflowOf, type SeededTasks, type State, seedTasks, settle, states } from './states.ts';

const workbench = openWorkbench();
let tasks: SeededTasks;

beforeAll(async () => {
  tasks = await seedTasks(workbench, { seconds: 1 });
});

/** What a wrong key is answered with, which Chromium notes by itself. */
const refusedKey = /status of 401 .*\/v1\/account\/credits$/;

function visit(state: State, width: Width, look: (page: Page) => Promise<void>): Promise<void> {
  return workbench.visit(
    async (page) => {
      await settle(page, state, width);
      await look(page);
    },
    {
      width,
      isStill: true,
      query: state.query?.(tasks) ?? '',
      signedIn: state.signedIn !== false,
      ...(state.key && { key: state.key(tasks) }),
      expected: state.name === 'sign-in-wrong' ? [refusedKey] : [],
    },
  );
}

describe('everybody can use it, and nothing is wider than the page', () => {
  test.each(states)('$name', async (state) => {
    const desk = visit(state, 1440, async (page) => {
      await expectUsable(page);
      await expectOnPage(page);
      await page.setViewportSize({ width: 1024, height: heights[1024] });
      await expectOnPage(page);
    });
    const phone = visit(state, 390, async (page) => {
      await expectUsable(page);
      await expectOnPage(page);
    });
    await Promise.all([desk, phone]);
  });
});

/** Rules whose answer depends on the colour scheme; all others were asked in the first one. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/** Nothing that axe finds fault with, in light and in dark. */
async function expectUsable(page: Page): Promise<void> {
  expect(await violationsOf(new AxeBuilder({ page }))).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => document.documentElement.dataset['mantineColorScheme'] === 'dark');
  expect(await violationsOf(new AxeBuilder({ page }).withRules(colourRules))).toEqual([]);
}

async function violationsOf(axe: AxeBuilder): Promise<readonly string[]> {
  // The page has no frames, which is what the slower way would be for.
  const { violations } = await axe.setLegacyMode().analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

/** Nothing is wider than the page, and no control is cut off where nothing scrolls. */
async function expectOnPage(page: Page): Promise<void> {
  expect(await overflowOf(page)).toBe(0);
  expect(await page.evaluate(controlsBeside)).toEqual([]);
}

/** Runs in the page. */
function controlsBeside(): readonly string[] {
  const scrolls = (element: Element): boolean =>
    ['auto', 'scroll'].includes(getComputedStyle(element).overflowX) ||
    (element.parentElement !== null && scrolls(element.parentElement));
  return [...document.querySelectorAll('a, button, input, select, textarea')]
    .filter((control) => {
      const { left, right, width } = control.getBoundingClientRect();
      // What only assistive technology reads is a pixel wide, wherever it is.
      return width > 1 && (left < -0.5 || right > innerWidth + 0.5) && !scrolls(control);
    })
    .map((control) => control.outerHTML.slice(0, 120));
}
