import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../catalogue/catalogue.ts';
import { dialects } from '../dialects/registry.ts';
import { errors } from '../errors.ts';
import { makeAnswersInert } from './browser-rules.ts';
import { registerDocs } from './docs.ts';
import { answerErrors } from './error-answers.ts';
import { registerReference } from './reference.ts';

const catalogue = await loadCatalogue();
const apis = dialects.map((dialect) => ({ dialect, faces: catalogue.faces(dialect.api, dialect.names) }));

let root: string;
let app: FastifyInstance;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'reelay-docs-'));
  await mkdir(join(root, 'guides'));
  await writeFile(join(root, 'secret.md'), '# Secret');
  await writeFile(
    join(root, 'guides', 'first-video.md'),
    '# Your first video\n\nFrom nothing to a film,\nin two minutes. And more: [errors](hostile.md), [else](https://example.org/a.md).\n',
  );
  await writeFile(
    join(root, 'guides', 'hostile.md'),
    '# <img src=x>\n\n<script>alert(1)</script>\n\n<iframe src="//x"></iframe> [a](javascript:alert(1)) [b](data:text/html,x) ![c](javascript:1)\n',
  );
  app = fastify({ routerOptions: { maxParamLength: 200 } });
  makeAnswersInert(app);
  answerErrors(app);
  registerDocs(app, {
    catalogue,
    apis,
    guidesFolder: join(root, 'guides'),
    publicUrl: () => 'https://video.example.org/',
  });
  registerReference(app);
});

afterAll(async () => {
  await app?.close();
  await rm(root, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: 'GET', url, headers });

describe('pages of models', () => {
  const ids = apis.flatMap(({ dialect, faces }) => faces.all.map((face) => [dialect.title, face.id, face] as const));

  test.each(ids)('%s %s', async (title, id, face) => {
    const answer = await get(`/docs/models/${id}.md`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/markdown; charset=utf-8');
    const { body } = answer;
    expect(body).toBe((await get(`/docs/models/${face.model.id}.md`)).body);
    expect(body).toMatch(new RegExp(`^# ${face.model.displayName.replaceAll('.', '\\.')}\n`));
    expect(body).toContain(`| Id at ${title} | \`${id}\` |`);
    for (const { name } of face.parameters) expect(body).toContain(`| \`${name}\` |`);
    for (const heading of ['Price', 'Providers', `Parameters at ${title}`]) expect(body).toContain(`\n## ${heading}\n`);
    expect(body).toContain(`\n## Sample at ${title}\n`);
    for (const language of ['cURL', 'Python', 'TypeScript']) expect(body).toContain(`\n### Async, ${language}\n`);
    expect(body).toContain('https://video.example.org/v1/videos/generations');
    for (const provider of Object.keys(face.model.offers ?? {})) expect(body).toContain(`- ${provider}: as `);
    expect(body).not.toMatch(/\bundefined \||\[object O|\|\n\n\n/);
  });

  test.each(['/docs/models/none.md', '/docs/models/.md', '/docs/models/veo-3.1', '/docs/models/..%2f..%2fsecret.md'])(
    '%s is not there',
    async (url) => {
      expect((await get(url)).statusCode).toBe(404);
    },
  );
});

describe('guides', () => {
  test('are handed out as they are', async () => {
    const answer = await get('/docs/guides/first-video.md');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toMatch(/^# Your first video\n/);
    const again = await get('/docs/guides/first-video.md', { 'if-none-match': String(answer.headers.etag) });
    expect(again.statusCode).toBe(304);
  });

  test.each([
    '/docs/guides/none.md',
    '/docs/guides/..%2fsecret.md',
    '/docs/guides/%2e%2e%2fsecret.md',
    '/docs/guides/.md',
  ])('%s is not there', async (url) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('# Secret');
  });
});

describe('for people', () => {
  const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  test.each(['/docs/guides/first-video.md', '/docs/models/veo-3.1.md', '/docs/errors.md'])(
    '%s is a page in a browser and Markdown for programs',
    async (url) => {
      const page = await get(url, browser);
      expect(page.statusCode).toBe(200);
      expect(page.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        vary: 'Accept, Accept-Encoding',
        'x-content-type-options': 'nosniff',
      });
      const source = await get(url);
      expect(source.headers['content-type']).toBe('text/markdown; charset=utf-8');
      const [, title = ''] = /^# (.+)$/m.exec(source.body) ?? [];
      expect(page.body).toContain(`<h1>${title}</h1>`);
      expect(page.headers.etag).not.toBe(source.headers.etag);
      const links = [...page.body.matchAll(/ href="(\.\.[^"]*)"/g)].map(([, link = '']) => link);
      expect(links.length).toBeGreaterThan(3);
      for (const link of links.filter((one) => !one.endsWith('/workbench'))) {
        const { pathname } = new URL(link, `http://127.0.0.1${url}`);
        expect((await get(pathname, browser)).statusCode, link).toBe(200);
      }
      const again = await get(url, { ...browser, 'if-none-match': String(page.headers.etag) });
      expect(again).toMatchObject({ statusCode: 304, headers: { vary: 'Accept, Accept-Encoding' } });
    },
  );

  test('the page may load and run nothing, and its style is the one that is allowed', async () => {
    const { headers, body } = await get('/docs/errors.md', browser);
    const policy = String(headers['content-security-policy']);
    const [, style = ''] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toMatch(/unsafe|script-src|https?:/);
    expect(body).not.toMatch(/<script| style="| on\w+="/);
  });

  test('what stands in a document is shown, not run', async () => {
    const { body } = await get('/docs/guides/hostile.md', browser);
    expect(body).toContain('<title>&lt;img src=x&gt; · Reelay</title>');
    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(body).not.toMatch(/<script|<img|<iframe|href="(javascript|data:text)/i);
  });

  test.each([
    ['*/*', 'text/markdown'],
    ['text/markdown, text/html;q=0.9', 'text/markdown'],
    ['text/markdown, text/html', 'text/markdown'],
    ['text/html;q=0', 'text/markdown'],
    ['text/html;q=odd', 'text/markdown'],
    ['text/html;level=1;q=0.4, */*;q=0.1', 'text/html'],
    ['TEXT/HTML', 'text/html'],
  ])('who accepts %s gets %s', async (accept, type) => {
    expect((await get('/docs/errors.md', { accept })).headers['content-type']).toBe(`${type}; charset=utf-8`);
  });
});

describe('for language models', () => {
  test('the index has the form of llmstxt.org, and its links lead somewhere', async () => {
    const { body } = await get('/llms.txt');
    const [title, quote, text, ...rest] = body.trim().split('\n\n');
    expect(title).toBe('# Reelay');
    expect(quote).toMatch(/^> /);
    expect(text).not.toMatch(/^[#>-]/);
    expect(rest.filter((_part, index) => index % 2 === 0)).toEqual([
      '## Guides',
      '## Reference',
      '## Models',
      '## Optional',
    ]);
    const links = [...body.matchAll(/^- \[([^\]]+)\]\(https:\/\/video\.example\.org(\/[^)]+)\): (.+)$/gm)];
    expect(links).toHaveLength(body.match(/^- /gm)?.length ?? 0);
    expect(links.length).toBe(catalogue.models.length + 5);
    for (const [, , path = ''] of links) expect((await get(path)).statusCode, path).toBe(200);
    expect(body).toContain('first-video.md): From nothing to a film, in two minutes.\n');
  });

  test('the full text has every guide, model and error', async () => {
    const { body } = await get('/llms-full.txt');
    for (const model of catalogue.models) expect(body).toContain(`\n# ${model.displayName}\n`);
    expect(body).toContain('\n# Your first video\n');
    expect(body).toContain(
      '[errors](https://video.example.org/docs/guides/hostile.md), [else](https://example.org/a.md)',
    );
    for (const code of Object.keys(errors)) expect(body).toContain(`| \`${code}\` |`);
  });

  test('a server without guides has an index all the same', async () => {
    const bare = fastify();
    registerDocs(bare, { catalogue, apis, guidesFolder: join(root, 'none'), publicUrl: () => 'http://127.0.0.1:8080' });
    const { statusCode, body } = await bare.inject('/llms.txt');
    expect(statusCode).toBe(200);
    expect(body).not.toContain('## Guides');
    await bare.close();
  });
});

describe('the reference', () => {
  test('loads nothing from elsewhere, and may not', async () => {
    const page = await get('/docs');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(page.body).not.toMatch(/https?:|<script>/);
    const sources = [...page.body.matchAll(/src="([^"]+)"/g)].map(([, source = '']) => source);
    expect(sources).toHaveLength(2);
    for (const source of sources) {
      const answer = await get(source, { 'accept-encoding': 'gzip' });
      expect(answer.statusCode, source).toBe(200);
      expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
    }
    const script = await get('/docs/assets/scalar.js', { 'accept-encoding': 'gzip' });
    expect(gunzipSync(script.rawPayload).toString()).toContain('createApiReference');
    expect((await get('/docs/assets/start.js')).body).toContain('"telemetry":false');
  });

  test.each(['/docs/assets/other.js', '/docs/assets/..%2f..%2fpackage.json', '/docs/', '/docs/scalar.js'])(
    '%s is not there',
    async (url) => {
      expect((await get(url)).statusCode).toBe(404);
    },
  );
});
