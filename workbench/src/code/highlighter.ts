import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';

/** What code is shown in. */
export type CodeLanguage = 'bash' | 'python' | 'typescript';

/** Colours are the page's own variables, so that one set of tokens serves light and dark. */
const theme = createCssVariablesTheme({ name: 'page', variablePrefix: '--shiki-', variableDefaults: {} });

let highlighter: Promise<HighlighterCore> | undefined;

function load(): Promise<HighlighterCore> {
  return createHighlighterCore({
    themes: [theme],
    langs: [import('shiki/langs/bash.mjs'), import('shiki/langs/python.mjs'), import('shiki/langs/typescript.mjs')],
    engine: createJavaScriptRegexEngine(),
  });
}

export interface CodeToken {
  readonly text: string;
  readonly color: string | undefined;
}

/** Lines of coloured words. */
export async function highlight(code: string, language: CodeLanguage): Promise<readonly (readonly CodeToken[])[]> {
  highlighter ??= load();
  const { tokens } = (await highlighter).codeToTokens(code, { lang: language, theme: theme.name ?? 'page' });
  return tokens.map((line) => line.map(({ content, color }) => ({ text: content, color })));
}
