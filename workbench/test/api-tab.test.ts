import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type SnippetDepth,
  type SnippetLanguage,
  type SnippetMode,
  type SnippetModel,
  snippet,
  snippetChoices,
} from '../../server/src/docs/snippets/snippet.ts';
import { probeFacts } from '../../server/src/testing/sample-media.ts';
import { prepareSamplePrograms, type SamplePrograms } from '../../server/src/testing/sample-programs.ts';
import type { Model, OxenModel } from '../src/api.ts';
import { openWorkbench } from './browser.ts';
import { choose, promptField } from './hands.ts';
import { call } from './server-calls.ts';

const workbench = openWorkbench();

/** A model whose parameters are called differently by the two APIs. */
const model = 'grok-imagine-image-to-video';
/** With all that a shell or a string could trip over. */
const prompt = `It's "noon" at 100 %: \`tick\` $(tock) $HOME \\n {x} – 🎬`;

const apiNames = { foxapi: 'FoxAPI', oxen: 'Oxen' } as const;
type ApiName = keyof typeof apiNames;

let models: Readonly<Record<ApiName, SnippetModel>>;
let programs: SamplePrograms;

beforeAll(async () => {
  programs = await prepareSamplePrograms(workbench.folder);
  const { data } = await call<{ data: readonly Model[] }>(workbench, '/v1/models?include=details');
  const schema = data.find(({ id }) => id === model)?.schema as unknown as SnippetModel['schema'];
  const oxen = await call<OxenModel>(workbench, `/api/ai/models/${model}`);
  const oxenSchema = oxen.request_schema as unknown as SnippetModel['schema'];
  // What is not filled in goes along as the form shows it.
  const untouched = { duration: 6, aspect_ratio: 'auto', resolution: '720p' };
  models = {
    foxapi: { modelId: model, schema, values: { prompt, image_url: picture(), ...untouched } },
    oxen: { modelId: oxen.id, schema: oxenSchema, values: { prompt, input_image: picture(), ...untouched } },
  };
});

/** One that the server may fetch. */
function picture(): string {
  return `${workbench.url}/workbench/sample.jpg`;
}

interface Program {
  readonly api: ApiName;
  readonly mode: SnippetMode;
  readonly depth: SnippetDepth;
  readonly language: SnippetLanguage;
}

function textOf(program: Program): string {
  return snippet({ ...program, ...models[program.api], baseUrl: workbench.url }).text;
}

async function fillIn(page: Page): Promise<void> {
  await promptField(page).fill(prompt);
  await page.getByRole('textbox', { name: /^URL/ }).fill(picture());
  await page.keyboard.press('Enter');
}

async function pick(page: Page, { api, mode, depth, language }: Program): Promise<void> {
  await choose(page, 'API', apiNames[api]);
  await page.getByRole('radiogroup', { name: 'Language' }).waitFor();
  await choose(page, 'Mode', mode);
  await choose(page, 'Parameters', depth);
  await choose(page, 'Language', language);
}

async function copied(page: Page): Promise<string> {
  await page.getByRole('region', { name: 'Code' }).getByRole('button', { name: /^Cop/ }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

test('every program is that of the generator, in letters and on the clipboard', { timeout: 120_000 }, async () => {
  await workbench.visit(
    async (page) => {
      await fillIn(page);
      await page.getByRole('link', { name: 'API', exact: true }).click();
      let seen = 0;
      for (const api of ['foxapi', 'oxen'] as const) {
        const { modes, depths, languages } = snippetChoices(api, models[api]);
        for (const mode of modes) {
          for (const depth of depths) {
            for (const language of languages) {
              const program = { api, mode, depth, language };
              await pick(page, program);
              const code = page.getByRole('region', { name: `${language}, ${mode}, ${depth}` }).locator('code');
              const text = textOf(program);
              await expect.poll(() => code.locator('span').count()).toBeGreaterThan(0);
              expect((await code.textContent())?.trimEnd()).toBe(text.trimEnd());
              seen += 1;
            }
          }
          expect(await copied(page)).toBe(textOf({ api, mode, depth: 'Your values', language: 'TypeScript' }));
        }
      }
      expect(seen).toBe((2 + 4) * 3 * 3);
    },
    { query: `?model=${model}` },
  );
});

describe('a copied program makes a video as it stands', () => {
  const text = 'grok-imagine-text-to-video';
  const runs = [
    { api: 'foxapi', mode: 'Async', language: 'cURL', shell: 'bash' },
    { api: 'oxen', mode: 'Sync', language: 'Python', shell: 'python' },
    { api: 'oxen', mode: 'Async with SSE', language: 'TypeScript', shell: 'typescript' },
  ] as const;
  test.each(runs)('$language, $api, $mode', async ({ shell, ...program }) => {
    await workbench.visit(
      async (page) => {
        await promptField(page).fill(prompt);
        await page.getByRole('link', { name: 'API', exact: true }).click();
        await pick(page, { ...program, depth: 'Your values' });
        const code = await copied(page);
        expect(code).toContain('REELAY_API_KEY');
        const printed = await programs.succeed(shell, code, {
          env: { REELAY_API_KEY: workbench.key },
          timeoutMs: 50_000,
        });
        expect(await probeFacts(printed.trim())).toMatchObject({ videoCodec: 'h264' });
        const { data } = await call<{ data: readonly { request: { parameters: { prompt: string } } }[] }>(
          workbench,
          `/v1/tasks?limit=1&include=request&model=${text}`,
        );
        expect(data[0]?.request.parameters.prompt).toBe(prompt);
      },
      { query: `?model=${text}` },
    );
  });
});
