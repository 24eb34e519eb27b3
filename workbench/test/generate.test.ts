import { test } from 'vitest';
import { openWorkbench } from './browser.ts';

const workbench = openWorkbench();

test('one click of an empty workbench leads to a video', async () => {
  await workbench.visit(async (page) => {
    await page.getByRole('button', { name: 'Make the first video' }).click();
    await page.getByRole('progressbar', { name: 'Progress' }).waitFor();
    await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  });
});
