/**
 * Pictures of the workbench in its states, at three widths, light and dark, against a server that runs:
 *
 *   REELAY_URL=http://127.0.0.1:8080 REELAY_API_KEY=sk-… node workbench/screenshots.ts <folder> [state …]
 *
 * A fresh data folder shows the empty states. What the browser complains about, and what is wider than the page, is printed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const base = process.env['REELAY_URL'] ?? 'http://127.0.0.1:8080';
const key = process.env['REELAY_API_KEY'] ?? '';
const [folder = 'screenshots', ...wanted] = process.argv.slice(2);

const widths = { 1440: 900, 1024: 768, 390: 844 } as const;
type Width = keyof typeof widths;

interface State {
  readonly name: string;
  /** As if nothing had been made yet. */
  readonly isNew?: boolean;
  /** Signed out where false. */
  readonly signedIn?: boolean;
  readonly query?: string;
  readonly show?: (page: Page, width: Width) => Promise<void>;
}

interface ListedTask {
  readonly id: string;
  readonly status: string;
  readonly operation: string;
  readonly error: { readonly code: string } | null;
}

async function call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${key}`, ...init.headers },
  });
  return (await response.json()) as Answer;
}

async function create(body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const { id } = await call<{ id: string }>('/v1/videos/generations', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return id;
}

async function untilEnded(id: string): Promise<ListedTask> {
  for (;;) {
    const task = await call<ListedTask>(`/v1/tasks/${id}`);
    if (task.status === 'completed' || task.status === 'failed') return task;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const text = 'grok-imagine-text-to-video';
const prompts = [
  'A calm sea at sunset, the camera slowly pans to the right',
  'Snow falls on a mountain village at night, warm light in the windows',
  'A lighthouse in a storm, waves break against the rocks, the camera circles slowly',
  'A city skyline at dawn, clouds pass quickly',
  'A meadow in summer, the wind moves the grass',
];

/** Tasks of every kind that the pictures show. */
async function seed(): Promise<Readonly<Record<'ready' | 'other' | 'failed' | 'live', string>>> {
  const { data } = await call<{ data: readonly ListedTask[] }>('/v1/tasks?limit=100&include=request');
  const ready = data.filter(({ status }) => status === 'completed').map(({ id }) => id);
  if (ready.length < prompts.length) {
    for (const [index, prompt] of prompts.entries()) {
      ready.push(
        await create({ model: text, prompt, duration: 4 + (index % 3), resolution: index % 2 ? '720p' : '480p' }),
      );
    }
    await Promise.all(ready.map(untilEnded));
  }
  const failed =
    data.find(({ error }) => error?.code === 'content_policy_violation')?.id ??
    (await untilEnded(await create({ model: text, prompt: 'A duel at noon [reelay:moderation]', duration: 4 }))).id;
  const live = await create({
    model: text,
    prompt: 'A river winds through a canyon at first light [reelay:slow=3600]',
    duration: 6,
  });
  const [first = '', second = ''] = ready;
  return { ready: first, other: second, failed, live };
}

async function statesOf(tasks: Awaited<ReturnType<typeof seed>>): Promise<readonly State[]> {
  return [
    { name: 'sign-in', signedIn: false },
    {
      name: 'sign-in-wrong',
      signedIn: false,
      show: async (page) => {
        await page.getByLabel('API key').fill('sk-not-a-key-of-this-server');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByText('does not know that key').waitFor();
      },
    },
    { name: 'first-run', isNew: true },
    { name: 'result', query: `?model=${text}&tab=output&task=${tasks.ready}`, show: posters },
    { name: 'form', query: `?model=${text}&task=${tasks.ready}`, show: filled },
    { name: 'live', query: `?model=${text}&tab=output&task=${tasks.live}`, show: posters },
    { name: 'failed', query: `?model=${text}&tab=output&task=${tasks.failed}`, show: posters },
    { name: 'edit', query: `?model=grok-imagine-edit-video&task=${tasks.ready}`, show: withVideo },
    { name: 'references', query: '?model=veo-3.1', show: advanced },
    { name: 'faults', query: '?model=veo-3.1-first-last-frame-to-video', show: faulty },
    { name: 'api', query: `?model=${text}&tab=api` },
    { name: 'model', query: '?model=grok-imagine-video-extension&tab=about' },
    { name: 'history', query: '?view=history', show: posters },
    { name: 'history-none', query: '?view=history&q=nothingislikethat' },
    { name: 'compare-split', query: `?view=compare&a=${tasks.ready}&b=${tasks.other}`, show: playable },
    {
      name: 'compare-side',
      query: `?view=compare&a=${tasks.ready}&b=${tasks.other}`,
      show: async (page) => {
        await page.getByText('Side by side').click();
        await playable(page);
      },
    },
    {
      name: 'models',
      query: `?model=${text}`,
      show: async (page, width) => {
        if (width !== 1440) await page.getByRole('button', { name: 'Models' }).click();
      },
    },
  ];
}

/** Stills of the cards are taken from the clips one after the other. */
async function posters(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const done = [...document.querySelectorAll('.card-picture[data-status="completed"]')];
    return (
      document.querySelector('.card, .first-run') !== null && done.every((card) => card.querySelector('img') !== null)
    );
  });
  await page.waitForFunction(() => [...document.querySelectorAll('video')].every(({ readyState }) => readyState >= 3));
}

async function playable(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const videos = [...document.querySelectorAll('video')];
    return videos.length === 2 && videos.every(({ readyState }) => readyState >= 3);
  });
}

async function filled(page: Page, width: Width): Promise<void> {
  await page.getByRole('button', { name: 'Use the sample' }).click();
  await page
    .getByText(/Free|About \$/)
    .first()
    .waitFor();
  if (width !== 390) await posters(page);
}

/** The result as the input of the next: from the menu to the form. */
async function withVideo(page: Page, width: Width): Promise<void> {
  if (width === 390) await page.getByRole('link', { name: 'Output' }).click();
  await page.getByRole('button', { name: 'Use as input' }).click();
  await page.getByRole('menuitem', { name: /Edit Video/ }).click();
  await page
    .getByText(/ × \d+/)
    .first()
    .waitFor();
}

async function advanced(page: Page): Promise<void> {
  await page.getByText('Reference to video', { exact: true }).last().click();
  await page.getByRole('button', { name: /^Advanced/ }).click();
}

async function faulty(page: Page): Promise<void> {
  const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('these are notes') };
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByRole('button', { name: 'Generate' }).click();
  await page.getByText('Say what you want to see.').waitFor();
}

async function take(browser: Browser, state: State, width: Width, scheme: 'light' | 'dark'): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: widths[width] },
    colorScheme: scheme,
    hasTouch: width === 390,
    deviceScaleFactor: width === 390 ? 2 : 1,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const title = `${state.name}-${width}-${scheme}`;
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') console.log(`${title}: ${message.text()}`);
  });
  page.on('pageerror', (error) => console.log(`${title}: ${error.message}`));
  if (state.signedIn !== false) {
    await page.addInitScript((value) => sessionStorage.setItem('reelay.key', value), key);
  }
  if (state.isNew) {
    await page.route('**/v1/tasks?*', (route) =>
      route.fulfill({ json: { data: [], has_more: false, next_cursor: null } }),
    );
  }
  await page.goto(`${base}/workbench${state.query ?? ''}`);
  try {
    await page.waitForFunction(() => document.querySelector('h1') !== null);
    await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null);
    await state.show?.(page, width);
  } catch (error) {
    console.log(`${title}: ${String(error).split('\n', 1)[0]}`);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) console.log(`${title}: ${overflow} px wider than the page`);
  await page.screenshot({ path: join(folder, `${title}.png`) });
  if (width === 390) await page.screenshot({ path: join(folder, `${title}-whole.png`), fullPage: true });
  await context.close();
}

await mkdir(folder, { recursive: true });
const states = await statesOf(await seed());
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  for (const state of states.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    for (const width of [1440, 1024, 390] as const) {
      for (const scheme of ['light', 'dark'] as const) await take(browser, state, width, scheme);
    }
  }
} finally {
  await browser.close();
}
