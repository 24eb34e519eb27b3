import type { Model } from '../contract/index.ts';
import { errorPage } from './error-page.ts';
import { type Guide, guidePath } from './guides.ts';
import { modelPage } from './model-page.ts';
import type { ShownApi } from './openapi.ts';

export interface LlmsInput {
  readonly apis: readonly ShownApi[];
  readonly models: readonly Model[];
  readonly guides: readonly Guide[];
  readonly publicUrl: string;
}

const summary =
  'Reelay is the self-hosted API for AI video: one server that speaks the APIs people already call and runs each model where there is a key for it.';

/** What there is to read, in the form of llmstxt.org. */
export function llmsIndex({ models, guides, publicUrl }: LlmsInput): string {
  const base = publicUrl.replace(/\/+$/, '');
  const link = (name: string, path: string, note: string) => `- [${name}](${base}${path}): ${note}`;
  return [
    '# Reelay',
    `> ${summary}`,
    `Every request but those for documents needs the header \`Authorization: Bearer\` with a key. Tasks take a while: make one, then read it until it has ended.`,
    ...section(
      'Guides',
      guides.map((guide) => link(guide.title, `/${guidePath(guide)}`, firstSentence(guide.text))),
    ),
    ...section('Reference', [
      link('OpenAPI document', '/openapi.json', 'every route, with a schema for each model'),
      link('Error codes', '/docs/errors.md', 'what each means and what to do about it'),
    ]),
    ...section(
      'Models',
      models.map((model) => link(model.displayName, `/docs/models/${model.id}.md`, model.summary)),
    ),
    ...section('Optional', [link('All of it in one text', '/llms-full.txt', 'guides, models and error codes')]),
    '',
  ].join('\n\n');
}

/** All documents in one. The programs are the same for every model, and the guides have them. */
export function llmsText(input: LlmsInput): string {
  const { apis, models, guides, publicUrl } = input;
  const pages = [
    ...guides.map((guide) => withWholeLinks(guide, publicUrl)),
    ...models.map((model) => modelPage(model, { apis })),
    errorPage(),
  ];
  return [llmsIndex(input), ...pages].map((page) => page.trim()).join('\n\n---\n\n');
}

/** A guide names its neighbours, which are not beside this text. */
function withWholeLinks(guide: Guide, publicUrl: string): string {
  const place = `${publicUrl.replace(/\/+$/, '')}/${guidePath(guide)}`;
  return guide.text.replaceAll(/\]\(([\w-]+\.md)\)/g, (_link, name: string) => `](${new URL(name, place).href})`);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')];
}

/** Of the first paragraph under the title. */
function firstSentence(text: string): string {
  const paragraph = text.split(/\n\s*\n/).find((part) => !/^\s*(#|```)/.test(part)) ?? '';
  const [sentence = ''] = /^.*?[.!?](?=\s|$)/s.exec(paragraph.replace(/^>\s*/, '')) ?? [paragraph];
  return sentence.replaceAll(/\s+/g, ' ').trim();
}
