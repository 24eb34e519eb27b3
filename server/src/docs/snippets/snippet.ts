import type { ApiName, JsonObject } from '../../contract/index.ts';
import { curl } from './curl.ts';
import type { Language } from './language.ts';
import { python } from './python.ts';
import { modesOf, routeOf, type SnippetMode } from './routes.ts';
import { exampleMedia, ordered, type SampleMedia, sampleParameters } from './sample-body.ts';
import { typescript } from './typescript.ts';

export type { SnippetMode } from './routes.ts';
export type { SampleMedia } from './sample-body.ts';

/**
 * Programs that make a video, from a model's JSON Schema. Runs in the server and in a browser alike.
 *
 * 1. A program takes its key from REELAY_API_KEY and prints the video's URL on standard output, nothing else there.
 * 2. After an error's answer, and after a job that failed, it says what was wrong and ends with another status than 0.
 * 3. A shell program may be pasted: it neither ends the shell nor leaves its options changed.
 * 4. A webhook is believed once its signature was checked with REELAY_WEBHOOK_SECRET. It comes to PORT; a shell, which does not
 *    listen, finds it in files.
 */

export const snippetDepths = ['Minimal', 'All parameters', 'Your values'] as const;

/** Which parameters are sent: those that have to be, all that go together, or the caller's own. */
export type SnippetDepth = (typeof snippetDepths)[number];

export const snippetLanguages = ['cURL', 'Python', 'TypeScript'] as const;
export type SnippetLanguage = (typeof snippetLanguages)[number];

/** What a body is made from. */
export interface SnippetModel {
  readonly modelId: string;
  /** Of the model in the API that is spoken to. */
  readonly schema: JsonObject;
  /** Parameters in that API's names, for `Your values`. */
  readonly values?: JsonObject;
  readonly media?: SampleMedia;
}

export interface SnippetRequest extends SnippetModel {
  readonly api: ApiName;
  readonly mode: SnippetMode;
  readonly depth: SnippetDepth;
  readonly language: SnippetLanguage;
  /** Where the server is, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Where webhooks are to come; an example where nobody gave one. */
  readonly callbackUrl?: string;
}

export interface Snippet {
  readonly text: string;
  readonly language: Language['name'];
}

const exampleCallbackUrl = 'https://your-app.example.com/reelay';

const languages: Readonly<Record<SnippetLanguage, Language>> = { cURL: curl, Python: python, TypeScript: typescript };

/** Throws where the API has no such mode. */
export function snippet(request: SnippetRequest): Snippet {
  const { api, mode, depth, language, baseUrl, callbackUrl = exampleCallbackUrl, ...model } = request;
  const { name, templates } = languages[language];
  const callback = mode === 'Webhook' && { callback_url: callbackUrl };
  const filling = { baseUrl: plainUrl(baseUrl), body: { ...snippetBody(depth, model), ...callback } };
  return { text: templates[routeOf(api, mode)](filling), language: name };
}

/** What the program of a depth sends. */
export function snippetBody(
  depth: SnippetDepth,
  { modelId, schema, values = {}, media = exampleMedia }: SnippetModel,
): JsonObject {
  const parameters: Readonly<Record<SnippetDepth, () => JsonObject>> = {
    Minimal: () => sampleParameters(schema, { fields: 'required', media }),
    'All parameters': () => sampleParameters(schema, { fields: 'all', media }),
    'Your values': () => ordered(schema, values),
  };
  return { model: modelId, ...parameters[depth]() };
}

export interface SnippetChoices {
  readonly modes: readonly SnippetMode[];
  /** Without those that send the same as the one before; `Your values` only where there are any. */
  readonly depths: readonly SnippetDepth[];
  readonly languages: readonly SnippetLanguage[];
}

export function snippetChoices(api: ApiName, model: SnippetModel): SnippetChoices {
  const bodies = snippetDepths
    .filter((depth) => depth !== 'Your values' || model.values !== undefined)
    .map((depth) => ({ depth, text: JSON.stringify(snippetBody(depth, model)) }));
  const depths = bodies.filter(({ text }, index) => text !== bodies[index - 1]?.text).map(({ depth }) => depth);
  return { modes: modesOf[api], depths, languages: snippetLanguages };
}

/** Without a slash at the end, and without what a shell or a string would read as something else. */
function plainUrl(url: string): string {
  const encoded = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return url.replace(/\/+$/, '').replaceAll(/["'`$\\{}()&;|<>\s]/g, encoded);
}
