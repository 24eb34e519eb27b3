/**
 * Pictures of the workbench in its states, at three widths, light and dark, against a server that runs:
 *
 *   REELAY_URL=http://127.0.0.1:8080 REELAY_API_KEY=sk-… node workbench/screenshots.ts <folder> [state …]
 *
 * The server needs `REELAY_ALLOW_ADDRESSES=127.0.0.1`, for a webhook. A fresh data folder shows the empty states. What the browser complains about, and what is wider than the page, is printed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { complaintsOf, contextOptions, launchChromium, type PageLook } from './test/chromium.ts';
import { overflowOf, type SeededTasks, type State, seedTasks, settle, states } from './test/states.ts';

const server = {
  url: process.env['REELAY_URL'] ?? 'http://127.0.0.1:8080',
  key: process.env['REELAY_API_KEY'] ?? '',
};
const [folder = 'screenshots', ...wanted] = process.argv.slice(2);

interface Shot {
  readonly state: State;
  readonly tasks: SeededTasks;
  readonly look: Required<PageLook>;
}

async function take(browser: Browser, { state, tasks, look }: Shot): Promise<void> {
  const { width, scheme } = look;
  const context = await browser.newContext({ ...contextOptions(look), deviceScaleFactor: width === 390 ? 2 : 1 });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const title = `${state.name}-${width}-${scheme}`;
  const complaints = complaintsOf(page, server.url);
  if (state.signedIn !== false) {
    const key = state.key?.(tasks) ?? server.key;
    await page.addInitScript((value) => sessionStorage.setItem('reelay.key', value), key);
  }
  try {
    await page.goto(`${server.url}/workbench${state.query?.(tasks) ?? ''}`);
    await settle(page, state, width);
  } catch (error) {
    console.log(`${title}: ${String(error).split('\n', 1)[0]}`);
  }
  for (const complaint of complaints) console.log(`${title}: ${complaint}`);
  const overflow = await overflowOf(page);
  if (overflow > 0) console.log(`${title}: ${overflow} px wider than the page`);
  await page.screenshot({ path: join(folder, `${title}.png`) });
  if (width === 390) await page.screenshot({ path: join(folder, `${title}-whole.png`), fullPage: true });
  await context.close();
}

await mkdir(folder, { recursive: true });
const tasks = await seedTasks(server, { seconds: 4 });
const browser = await launchChromium();
try {
  for (const state of states.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const width of [1440, 1024, 390] as const) {
      for (const scheme of ['light', 'dark'] as const) {
        await take(browser, { state, tasks, look: { width, scheme, isStill: true } });
      }
    }
  }
} finally {
  await browser.close();
}
