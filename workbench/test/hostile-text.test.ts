import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { openWorkbench } from './browser.ts';
import { call, create, untilEnded } from './server-calls.ts';

/** Attacks on whoever looks at the workbench, by texts that others put there and by pages of others. */

const workbench = openWorkbench();
const text = 'grok-imagine-text-to-video';

const payloads = [
  '<img src=x onerror="window.attacked=1">',
  '<svg onload="window.attacked=1"><script>window.attacked=1</script></svg>',
  '"><script>window.attacked=1</script>',
  "'-(window.attacked=1)-'",
  'javascript:window.attacked=1',
  '<iframe srcdoc="<script>parent.attacked=1</script>"></iframe>',
  '[a](javascript:window.attacked=1) ![b](x onerror=window.attacked=1)',
  '</textarea></title></style><b id=attacker onclick=window.attacked=1>',
  '{{constructor.constructor("window.attacked=1")()}}',
];
const all = payloads.join(' ');

let ids: Readonly<Record<'failed' | 'live' | 'faulty' | 'negative', string>>;

beforeAll(async () => {
  const failed = await create(workbench, { model: text, prompt: `${all} [reelay:fail]` });
  const live = await create(workbench, { model: text, prompt: `${all} [reelay:stuck]` });
  const negative = await create(workbench, {
    ...{ model: 'veo-3.1-text-to-video', prompt: `${all} [reelay:moderation]`, negative_prompt: all },
  });
  // Oxen's queue takes any parameters and says in the task what is wrong with them.
  const faults = Object.fromEntries(payloads.map((payload) => [payload, payload]));
  const body = JSON.stringify({ model: text, prompt: all, image_url: 'javascript:window.attacked=1', ...faults });
  const headers = { 'Content-Type': 'application/json' };
  const { generations } = await call<{ generations: readonly { generation_id: string }[] }>(
    workbench,
    '/api/ai/queue',
    {
      ...{ method: 'POST', headers, body },
    },
  );
  const faulty = generations[0]?.generation_id ?? '';
  await Promise.all([failed, negative, faulty].map((id) => untilEnded(workbench, id)));
  ids = { failed, live, faulty, negative };
});

/** The text is there, and nothing of it became a part of the page. */
async function expectShownOnly(page: Page, shown: string): Promise<void> {
  await page.waitForFunction((part) => document.body.innerText.includes(part), shown);
  const found = await page.evaluate(() => ({
    attacked: 'attacked' in window,
    elements: [...document.querySelectorAll('#attacker, iframe, [onerror], [onload], [onclick], img[src="x"]')].length,
    scripts: [...document.scripts].filter((script) => script.src === '').length,
    links: [...document.links].filter(({ protocol }) => !['http:', 'https:', 'blob:'].includes(protocol)).length,
  }));
  expect(found).toEqual({ attacked: false, elements: 0, scripts: 0, links: 0 });
}

const marker = '<img src=x onerror="window.attacked=1">';

describe('texts of a task are shown, not run', () => {
  test.each<[string, () => string]>([
    ['the output of one that failed', () => `?model=${text}&tab=output&task=${ids.failed}`],
    ['the output of a live one', () => `?model=${text}&tab=output&task=${ids.live}`],
    ['an error that repeats names and values', () => `?model=${text}&tab=output&task=${ids.faulty}`],
    ['a negative prompt', () => `?model=veo-3.1-text-to-video&tab=output&task=${ids.negative}`],
    ['the history', () => '?view=history'],
    ['a search', () => `?view=history&q=${encodeURIComponent(marker)}`],
    ['a comparison', () => `?view=compare&a=${ids.failed}&b=${ids.negative}`],
  ])('in %s', async (name, query) => {
    await workbench.visit(
      async (page) => {
        if (name === 'a search') {
          expect(await page.evaluate(() => 'attacked' in window)).toBe(false);
          return;
        }
        await expectShownOnly(page, name === 'a comparison' ? '' : '<img src=x');
      },
      { query: query() },
    );
  });

  test('in the address', async () => {
    const values = ['model', 'task', 'view', 'tab', 'a', 'b', 'of', 'status', 'q'];
    const query = values.map((name) => `${name}=${encodeURIComponent(payloads[0] ?? '')}`).join('&');
    await workbench.visit((page) => expectShownOnly(page, ''), { query: `?${query}`, expected: [/status of 404/] });
  });

  test('typed into the form, and in the code of the API tab', async () => {
    await workbench.visit(
      async (page) => {
        await page.getByLabel('Prompt', { exact: true }).fill(all);
        await expectShownOnly(page, 'img src=x onerror');
      },
      { query: `?model=${text}&tab=api` },
    );
  });
});

describe('a page of another origin', () => {
  test.each(['/workbench', '/docs', '/docs/errors.md'])('shows no %s in a frame', async (path) => {
    await workbench.visit(
      async (_page, context) => {
        const stranger = await context.newPage();
        await stranger.setContent(`<iframe src="${workbench.url}${path}"></iframe>`);
        await expect
          .poll(() => stranger.frames().map((frame) => frame.url()))
          .toContain('chrome-error://chromewebdata/');
      },
      { signedIn: false },
    );
  });

  test('reads no answer of the API', async () => {
    await workbench.visit(async (_page, context) => {
      const stranger = await context.newPage();
      await stranger.setContent('<p>elsewhere</p>');
      const read = ([url, key]: readonly [string, string]) =>
        Promise.all(
          [{}, { headers: { Authorization: `Bearer ${key}` } }].map((options) =>
            fetch(url, options).then(
              () => 'read',
              () => 'refused',
            ),
          ),
        );
      expect(await stranger.evaluate(read, [`${workbench.url}/v1/tasks`, workbench.key] as const)).toEqual([
        'refused',
        'refused',
      ]);
    });
  });
});

describe('the key', () => {
  test('is kept in the tab alone: in no cookie, no storage that stays, no address', async () => {
    await workbench.visit(
      async (page, context) => {
        await page.getByLabel('API key').fill(workbench.key);
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('main').getByText('Prompt').first().waitFor();
        expect(await context.cookies()).toEqual([]);
        const kept = await page.evaluate(async () => ({
          local: JSON.stringify({ ...localStorage }),
          databases: (await indexedDB.databases()).length,
          caches: (await caches.keys()).length,
          address: location.href,
        }));
        expect(JSON.stringify(kept)).not.toContain(workbench.key);
        expect(kept).toMatchObject({ databases: 0, caches: 0 });
        const next = await context.newPage();
        await next.goto(`${workbench.url}/workbench`);
        await next.getByLabel('API key').waitFor();
      },
      { signedIn: false },
    );
  });

  test('and signed links go to no other page as a referrer', async () => {
    await workbench.visit(
      async (page) => {
        const referrers: unknown[] = [];
        page.on('request', (request) => referrers.push(request.headers()['referer']));
        await page.reload();
        await page.locator('h1').first().waitFor({ state: 'attached' });
        expect(referrers.length).toBeGreaterThan(1);
        expect(referrers.filter((referrer) => Boolean(referrer))).toEqual([]);
      },
      { query: '?view=history' },
    );
  });
});
