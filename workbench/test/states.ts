/**
 * The states of the workbench that its pictures show and its tests look through, on any server that runs.
 */
import type { Page } from 'playwright-core';
import type { Task } from '../src/api.ts';
import type { Width } from './chromium.ts';
import { call, create, createKey, type ShownServer, untilEnded } from './server-calls.ts';

/** One sight of the workbench. */
export interface State {
  readonly name: string;
  /** As if nothing had been made yet. */
  readonly isNew?: boolean;
  /** Signed out where false. */
  readonly signedIn?: boolean;
  /** Another key than the first one. */
  readonly key?: (tasks: SeededTasks) => string;
  /** What stands behind `/workbench`. */
  readonly query?: (tasks: SeededTasks) => string;
  /** What a person does to get there once the page is open. */
  readonly show?: (page: Page, width: Width) => Promise<void>;
}

const text = 'grok-imagine-text-to-video';
const prompts = [
  'A calm sea at sunset, the camera slowly pans to the right',
  'Snow falls on a mountain village at night, warm light in the windows',
  'A lighthouse in a storm, waves break against the rocks, the camera circles slowly',
  'A city skyline at dawn, clouds pass quickly',
  'A meadow in summer, the wind moves the grass',
];

/** Ids of tasks of every kind that there is something to see of. */
export interface SeededTasks {
  readonly ready: string;
  readonly other: string;
  readonly failed: string;
  readonly live: string;
  /** One with a webhook that nobody takes. */
  readonly told: string;
  /** Keys with limits: little is used, and all is used up. */
  readonly limitedKey: string;
  readonly usedUpKey: string;
}

/** Makes what is not there yet, clips of so many seconds and a little more. */
export async function seedTasks(server: ShownServer, { seconds }: { readonly seconds: number }): Promise<SeededTasks> {
  const { data } = await call<{ data: readonly Task[] }>(server, '/v1/tasks?limit=100');
  const ready = data.filter(({ status }) => status === 'completed').map(({ id }) => id);
  if (ready.length < prompts.length) {
    for (const [index, prompt] of prompts.entries()) {
      const resolution = index % 2 ? '720p' : '480p';
      ready.push(await create(server, { model: text, prompt, duration: seconds + (index % 3), resolution }));
    }
    await Promise.all(ready.map((id) => untilEnded(server, id)));
  }
  const refused = { model: text, prompt: 'A duel at noon [reelay:moderation]', duration: 4 };
  const failed =
    data.find(({ error }) => error?.code === 'content_policy_violation')?.id ??
    (await untilEnded(server, await create(server, refused))).id;
  const prompt = 'A river winds through a canyon at first light [reelay:slow=3600]';
  const slow = { model: text, prompt, duration: 6 };
  const live = await create(server, slow);
  const bell = {
    model: text,
    prompt: 'A bell rings in an empty square [reelay:fail]',
    callback_url: 'http://127.0.0.1:9/hook',
  };
  const told = await create(server, bell);
  await untilEnded(server, told);
  const [first = '', second = ''] = ready;
  const limitedKey = await createKey(server, { budget_day_usd: 5, requests_per_minute: 600, tasks_in_flight: 4 });
  const usedUpKey = await createKey(server, { budget_day_usd: 0, budget_month_usd: 20, tasks_in_flight: 1 });
  await create({ ...server, key: usedUpKey }, slow);
  return { ready: first, other: second, failed, live, told, limitedKey, usedUpKey };
}

export const states: readonly State[] = [
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
  { name: 'result', query: ({ ready }) => `?model=${text}&tab=output&task=${ready}`, show: posters },
  { name: 'form', query: ({ ready }) => `?model=${text}&task=${ready}`, show: filled },
  { name: 'live', query: ({ live }) => `?model=${text}&tab=output&task=${live}`, show: posters },
  { name: 'failed', query: ({ failed }) => `?model=${text}&tab=output&task=${failed}`, show: posters },
  { name: 'webhook', query: ({ told }) => `?model=${text}&tab=output&task=${told}`, show: refused },
  { name: 'limits', key: ({ limitedKey }) => limitedKey, query: () => `?model=${text}`, show: limitsLeft },
  { name: 'limits-used-up', key: ({ usedUpKey }) => usedUpKey, query: () => `?model=${text}`, show: limitsUsedUp },
  { name: 'edit', query: ({ ready }) => `?model=grok-imagine-edit-video&task=${ready}`, show: withVideo },
  { name: 'references', query: () => '?model=veo-3.1', show: advanced },
  { name: 'faults', query: () => '?model=veo-3.1-first-last-frame-to-video', show: faulty },
  { name: 'api', query: () => `?model=${text}&tab=api` },
  { name: 'model', query: () => '?model=grok-imagine-video-extension&tab=about' },
  { name: 'history', query: () => '?view=history', show: posters },
  { name: 'history-none', query: () => '?view=history&q=nothingislikethat' },
  { name: 'compare-split', query: ({ ready, other }) => `?view=compare&a=${ready}&b=${other}`, show: playable },
  {
    name: 'compare-side',
    query: ({ ready, other }) => `?view=compare&a=${ready}&b=${other}`,
    show: async (page) => {
      await page.getByText('Side by side').click();
      await playable(page);
    },
  },
  {
    name: 'models',
    query: () => `?model=${text}`,
    show: async (page, width) => {
      if (width !== 1440) await page.getByRole('button', { name: 'Models' }).click();
    },
  },
];

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

async function refused(page: Page): Promise<void> {
  const webhook = page.getByRole('region', { name: 'Webhook' });
  await webhook
    .getByText(/refuses connections/)
    .first()
    .waitFor();
}

async function limitsLeft(page: Page): Promise<void> {
  await page.getByText('$5.00 of $5.00 left today').waitFor();
  await page.getByText('4 of 4 places free for tasks').waitFor();
}

async function limitsUsedUp(page: Page): Promise<void> {
  await page.getByText('The budget of $0.00 is used up today.').waitFor();
  await page.getByText('The one place for a task is taken.').waitFor();
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

/** Leads a page that was just opened to a state. */
export async function settle(page: Page, { isNew = false, show }: State, width: Width): Promise<void> {
  if (isNew) {
    await page.route('**/v1/tasks?*', (route) =>
      route.fulfill({ json: { data: [], has_more: false, next_cursor: null } }),
    );
    await page.reload();
  }
  await page.waitForFunction(() => document.querySelector('h1') !== null);
  await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null);
  await show?.(page, width);
}

/** How much wider than the page its contents are, in pixels. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
