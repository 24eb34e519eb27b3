import { gzipSync } from 'node:zlib';
import type { Page, Response } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { openWorkbench } from './browser.ts';
import { promptField } from './hands.ts';
import { create, untilEnded } from './server-calls.ts';

const workbench = openWorkbench();

/** Most JavaScript that the page loads before anybody does anything, compressed, in bytes. */
const mostScript = 250_000;

/** The page again, with everything that it loads until it is ready. */
async function loadAgain(page: Page): Promise<readonly Response[]> {
  const loaded: Response[] = [];
  page.on('response', (response) => loaded.push(response));
  await page.reload();
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.waitForFunction(() => document.querySelector('.mantine-Skeleton-root') === null);
  return loaded;
}

describe('the first load', () => {
  test.each([
    ['of the sign-in', false],
    ['of the form', true],
  ])('%s is light', async (_what, signedIn) => {
    await workbench.visit(
      async (page) => {
        const scripts = (await loadAgain(page)).filter((response) => response.request().resourceType() === 'script');
        const sizes = await Promise.all(scripts.map(async (script) => gzipSync(await script.body()).byteLength));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        expect(total).toBeGreaterThan(50_000);
        expect(total).toBeLessThan(mostScript);
        for (const script of scripts) expect(await script.headerValue('content-encoding')).toBe('gzip');
      },
      { signedIn },
    );
  });

  test('has no program of a tab that was not opened', async () => {
    await workbench.visit(async (page) => {
      const before = (await loadAgain(page)).map((response) => response.url());
      const opened = page.waitForResponse((response) => response.request().resourceType() === 'script');
      await page.getByRole('link', { name: 'API', exact: true }).click();
      expect(before).not.toContain((await opened).url());
    });
  });
});

describe('the policy', () => {
  const refusedInline = [
    /Executing inline script violates .*script-src 'self'/,
    /Executing inline event handler violates/,
  ];

  test('runs no script that stands in the page, whoever puts it there', async () => {
    await workbench.visit(
      async (page) => {
        const ran = await page.evaluate(async () => {
          const script = document.createElement('script');
          script.textContent = 'document.documentElement.dataset.ran = "script"';
          document.body.append(script);
          const holder = document.createElement('div');
          holder.innerHTML = `<img src="data:," onerror="document.documentElement.dataset.ran = 'handler'">`;
          const image = holder.firstElementChild;
          const failed = new Promise((resolve) => image?.addEventListener('error', resolve));
          document.body.append(holder);
          await failed;
          return document.documentElement.dataset['ran'];
        });
        expect(ran).toBeUndefined();
      },
      { expected: refusedInline },
    );
  });

  test('has a nonce for styles that is another with each answer, and none for scripts', async () => {
    const nonces = await Promise.all([1, 2, 3].map(nonceOfAnswer));
    expect(new Set(nonces).size).toBe(3);
  });

  async function nonceOfAnswer(): Promise<string | undefined> {
    const answer = await fetch(`${workbench.url}/workbench`);
    const policy = answer.headers.get('content-security-policy') ?? '';
    const [, nonce = 'none'] = /style-src 'self' 'nonce-([\w-]{20,})'/.exec(policy) ?? [];
    expect(policy.split('; ')).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(await answer.text()).toContain(`nonce="${nonce}"`);
    return nonce;
  }

  test('lets no other page frame the workbench', async () => {
    await workbench.visit(async (_page, context) => {
      const other = await context.newPage();
      const refused = other.waitForEvent('console', (message) => /frame-ancestors 'none'/.test(message.text()));
      await other.setContent(`<iframe src="${workbench.url}/workbench"></iframe>`);
      await refused;
      await expect.poll(() => other.frames().at(1)?.url()).toMatch(/^chrome-error:/);
    });
  });
});

test('a key is in the tab alone, and nothing is kept in cookies', async () => {
  await workbench.visit(
    async (page, context) => {
      await page.getByLabel('API key').fill(workbench.key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await promptField(page).fill('A secret of nobody');
      expect(await context.cookies()).toEqual([]);
      const kept = await page.evaluate(async () => ({
        session: Object.values(sessionStorage),
        local: Object.entries(localStorage),
        databases: await indexedDB.databases(),
        caches: await caches.keys(),
        address: location.href,
        history: JSON.stringify(history.state),
      }));
      expect(kept.session).toContain(workbench.key);
      expect(JSON.stringify({ ...kept, session: [] })).not.toContain(workbench.key);
      expect(kept).toMatchObject({ databases: [], caches: [] });

      await page.reload();
      await promptField(page).waitFor();
      const other = await context.newPage();
      await other.goto(page.url());
      await other.getByRole('button', { name: 'Sign in' }).waitFor();
    },
    { signedIn: false },
  );
});

test('what somebody writes is text wherever it is shown', async () => {
  const prompt = '<img src=x onerror="document.title=1"><script>document.title=2</script> & <b>bold</b>';
  const model = 'grok-imagine-text-to-video';
  const ids = await Promise.all(
    [prompt, `${prompt} [reelay:fail]`].map((words) => create(workbench, { model, prompt: words, duration: 1 })),
  );
  await Promise.all(ids.map((id) => untilEnded(workbench, id)));
  const [ready, failed] = ids;
  const places = [
    `?model=${model}&tab=output&task=${ready}`,
    `?model=${model}&tab=output&task=${failed}`,
    '?view=history',
    `?view=history&q=${encodeURIComponent(prompt)}`,
    `?view=compare&a=${ready}&b=${ready}`,
    `?model=${encodeURIComponent(prompt)}`,
  ];
  await workbench.visit(async (page) => {
    for (const place of places) {
      await page.goto(`${workbench.url}/workbench${place}`);
      await page.getByText(prompt.slice(0, 40)).first().waitFor();
      expect(await page.locator('img[src="x"], #root script, #root b').count(), place).toBe(0);
      expect(await page.title()).not.toMatch(/^\d$/);
    }
    await page.goto(`${workbench.url}/workbench?model=${model}`);
    await promptField(page).fill(prompt);
    await page.getByRole('link', { name: 'API', exact: true }).click();
    await page.getByRole('region', { name: /^cURL/ }).getByText('<b>bold</b>').first().waitFor();
    expect(await page.locator('img[src="x"], #root script, #root b').count()).toBe(0);
  });
});
