import type { ApiName } from '../../contract/index.ts';

export const snippetModes = ['Sync', 'Async', 'Async with SSE', 'Webhook'] as const;

/** How a program gets at its video: in the answer, by looking again and again, by listening, or by being told. */
export type SnippetMode = (typeof snippetModes)[number];

/** Modes of each API, the shortest code first. */
export const modesOf: Readonly<Record<ApiName, readonly SnippetMode[]>> = {
  foxapi: ['Async', 'Webhook'],
  oxen: snippetModes,
};

/** A way through an API; each language has one template for each. */
export type Route = 'foxapi-async' | 'foxapi-webhook' | 'oxen-sync' | 'oxen-async' | 'oxen-sse' | 'oxen-webhook';

const routes: Readonly<Record<ApiName, { readonly [mode in SnippetMode]?: Route }>> = {
  foxapi: { Async: 'foxapi-async', Webhook: 'foxapi-webhook' },
  oxen: { Sync: 'oxen-sync', Async: 'oxen-async', 'Async with SSE': 'oxen-sse', Webhook: 'oxen-webhook' },
};

/** Throws where the API has no such mode. */
export function routeOf(api: ApiName, mode: SnippetMode): Route {
  const route = routes[api][mode];
  if (route === undefined) throw new RangeError(`${api} has no mode ${mode}`);
  return route;
}
