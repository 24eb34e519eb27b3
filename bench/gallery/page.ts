/** The gallery as one HTML page, and as Markdown. */
import { type PromptPlan, planPrompt } from '@reelay/renderer';
import type { Entry } from './entries.ts';

/** Files beside the page; a name says which clip. */
export const sheetOf = (name: string): string => `${name}.jpg`;
export const videoOf = (name: string): string => `${name}.mp4`;

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:1320px;margin:2rem auto;padding:0 1rem;background:#111;color:#ddd}
img,video{display:block;max-width:100%;margin:.3rem 0;border-radius:4px}h2{margin-top:3rem}h3{margin:2.2rem 0 .2rem;color:#fff}
p{margin:.2rem 0;color:#aaa}video{width:640px}`;

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** What was understood and what was not. */
function planText({ understood, ignored, warnings }: PromptPlan): string {
  const parts = [
    understood.map(({ text, as }) => (text === as ? text : `${text} → ${as}`)).join(', ') || 'nothing was understood',
    ...(ignored.length > 0 ? [`ignored: ${ignored.join(', ')}`] : []),
    ...warnings,
  ];
  return parts.join('; ');
}

function groupsOf(entries: readonly Entry[]): readonly (readonly [string, readonly Entry[]])[] {
  return [...Map.groupBy(entries, ({ group }) => group)];
}

function htmlEntry({ name, prompt, operation, from }: Entry): string {
  const befores = from.map((source) => `<p>before</p><img loading="lazy" src="${sheetOf(source)}" alt="${source}">`);
  return `<h3>${escapeHtml(prompt)}</h3><p>${operation}: ${escapeHtml(planText(planPrompt(prompt, operation)))}</p>
${befores.join('\n')}${from.length > 0 ? '<p>after</p>' : ''}
<img loading="lazy" src="${sheetOf(name)}" alt="Frames of the result"><video controls loop preload="none" src="${videoOf(name)}"></video>`;
}

export function toHtml(entries: readonly Entry[]): string {
  const sections = groupsOf(entries).map(
    ([group, members]) => `<h2>${group}</h2>\n${members.map(htmlEntry).join('\n')}`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Reelay's gallery</title><style>${style}</style><h1>Gallery of the local provider</h1>
<p>Made by plain TypeScript and FFmpeg, with no neural model: every clip here comes from its prompt alone.</p>
${sections.join('\n')}</html>\n`;
}

function markdownEntry({ name, prompt, operation, from }: Entry): string {
  return `**“${prompt}”**${from.length > 0 ? ` on ${from.join(', ')}` : ''}\\\n${planText(planPrompt(prompt, operation))}\n\n![Frames over time](${sheetOf(name)})\n`;
}

export function toMarkdown(sources: readonly { readonly name: string }[], entries: readonly Entry[]): string {
  const befores = sources.map(({ name }) => `${name}:\n\n![The clip “${name}”](${sheetOf(name)})\n`);
  const sections = groupsOf(entries).map(
    ([group, members]) => `## ${group}\n\n${members.map(markdownEntry).join('\n')}`,
  );
  return `# Gallery of the local provider

Frames over time of clips that the local provider has made, with no neural model, and under each prompt what was understood of it.
\`npm run gallery\` makes them all as videos on one page.

## The clips that edits start from

${befores.join('\n')}
${sections.join('\n')}`;
}
