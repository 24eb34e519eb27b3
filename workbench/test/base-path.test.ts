import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PathProxy, startPathProxy } from '../../server/src/testing/path-proxy.ts';
import { type ServerProcess, startServerProcess } from '../../server/src/testing/server-process.ts';
import { complaintsOf, contextOptions, launchChromium } from './chromium.ts';
import { untilPlaying } from './hands.ts';

/** Behind a proxy that shows the server under a path: what asks beside that path gets 404, and the browser complains. */

const key = `sk-${randomBytes(24).toString('hex')}`;

let folder: string;
let proxy: PathProxy;
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-base-path-'));
  [proxy, browser] = await Promise.all([startPathProxy('/on/reelay'), launchChromium()]);
  server = await startServerProcess({
    REELAY_DATA_DIR: join(folder, 'data'),
    REELAY_API_KEY: key,
    REELAY_PUBLIC_URL: proxy.url,
  });
  proxy.forwardTo(server.url);
});

afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

async function visit(path: string, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(contextOptions({}));
  try {
    const page = await context.newPage();
    const complaints = complaintsOf(page, proxy.url);
    await page.goto(proxy.url + path);
    await look(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

test('sign in, generate, read the code and the documents', async () => {
  await visit('/workbench/?model=grok-imagine-text-to-video', async (page) => {
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Make the first video' }).click();
    expect((await untilPlaying(page)).width).toBe(1280);
    expect(new URL(page.url()).pathname).toBe('/on/reelay/workbench');
    await page.reload();
    await untilPlaying(page);
    await page.getByRole('link', { name: 'API', exact: true }).click();
    await page.getByText(`${proxy.url}/v1/videos/generations`).first().waitFor();
    await page.getByRole('link', { name: 'History' }).click();
    await page.getByRole('heading', { name: 'History' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/on/reelay/workbench');
    expect(await page.getByRole('link', { name: 'Docs' }).getAttribute('href')).toBe(`${proxy.url}/docs`);
  });
});

test('the reference calls the server under that path, and its links lead to pages', async () => {
  await visit('/docs', async (page) => {
    await page.getByText(`${proxy.url}/`).or(page.getByText(proxy.url)).first().waitFor();
    await page.getByRole('link', { name: 'error codes' }).first().click();
    await page.getByRole('heading', { name: 'Error codes', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Your first video' }).click();
    await page.getByRole('heading', { name: 'Your first video', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Workbench' }).click();
    await page.getByRole('heading', { name: 'Workbench' }).waitFor();
  });
});
