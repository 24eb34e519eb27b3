import { createHash } from 'node:crypto';
import markdownIt from 'markdown-it';

/**
 * Our Markdown documents as pages for people. Links are relative, so that a page works under whatever path a proxy shows it.
 *
 * 1. HTML in the Markdown is shown as text, and links lead to web pages only.
 * 2. The page's policy lets it load nothing and run nothing; its style stands in it, and is allowed by its hash.
 */

export interface HtmlPage {
  readonly markdown: string;
  /** What leads from the page to the folder that all paths of the server begin in, such as `../../`. */
  readonly root: string;
  /** Pages that are listed at the end; their paths begin in that folder. */
  readonly guides: readonly { readonly title: string; readonly path: string }[];
}

const renderer = markdownIt({ html: false });
const { fence } = renderer.renderer.rules;
// What is wider than the page scrolls, for the keyboard too.
renderer.renderer.rules['fence'] = (...given) => fence?.(...given).replace('<pre>', '<pre tabindex="0">') ?? '';
renderer.renderer.rules['table_open'] = () => '<div class="wide" tabindex="0"><table>\n';
renderer.renderer.rules['table_close'] = () => '</table></div>\n';

const style = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f8f9f9, #0f1312);
  --sunken: light-dark(#eff2f1, #0a0d0c);
  --line: light-dark(#e0e5e4, #262e2c);
  --text: light-dark(#141a19, #e8eeec);
  --soft: light-dark(#47524f, #b4c0bd);
  --accent: light-dark(#0a6b64, #5fcdbf);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.6 system-ui, sans-serif; }
header, main, footer { max-width: 52rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; border-bottom: 1px solid var(--line); }
header strong { margin-right: auto; }
footer { border-top: 1px solid var(--line); color: var(--soft); }
footer ul { padding-left: 1.2rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
h1, h2, h3 { line-height: 1.25; margin: 2em 0 0.6em; }
h1 { margin-top: 0.6em; font-size: 1.9rem; }
h2 { font-size: 1.35rem; }
h3 { font-size: 1.1rem; }
blockquote { margin: 1em 0; padding-left: 1rem; border-left: 3px solid var(--accent); color: var(--soft); }
code { font: 0.9em/1.5 ui-monospace, "Cascadia Mono", Menlo, monospace; overflow-wrap: anywhere; }
:not(pre) > code { padding: 0.1em 0.3em; border-radius: 4px; background: var(--sunken); }
pre { padding: 0.9rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--sunken); }
pre code, table code { overflow-wrap: normal; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.92rem; }
th, td { padding: 0.4rem 0.9rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td:last-child { min-width: 13rem; }
th:empty { display: none; }
`;

export const htmlPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function htmlPage({ markdown, root, guides }: HtmlPage): string {
  const { escapeHtml } = renderer.utils;
  const [, title = 'Documentation'] = /^# (.+)$/m.exec(markdown) ?? [];
  const link = (path: string, name: string) => `<a href="${escapeHtml(root + path)}">${escapeHtml(name)}</a>`;
  const listed = guides.map((guide) => `<li>${link(guide.path, guide.title)}</li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)} · Reelay</title>
<style>${style}</style>
</head>
<body>
<header>
<strong>Reelay</strong>
${link('workbench', 'Workbench')}
${link('docs', 'API reference')}
${link('docs/errors.md', 'Error codes')}
</header>
<main>
${renderer.render(markdown)}</main>
<footer>
${listed.length === 0 ? '' : `<p>Guides</p>\n<ul>\n${listed.join('\n')}\n</ul>`}
</footer>
</body>
</html>
`;
}

/** True where a web page is wanted more than Markdown: browsers name HTML, programs mostly take anything. */
export function prefersHtml(accept: string | undefined): boolean {
  const offers = (accept ?? '').split(',').map((offer) => {
    const [type = '', ...parameters] = offer.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    return { type, weight: Number(weight) || 0 };
  });
  const weightOf = (type: string) => Math.max(0, ...offers.filter((one) => one.type === type).map((one) => one.weight));
  return weightOf('text/html') > weightOf('text/markdown');
}
