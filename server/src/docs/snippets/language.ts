import type { JsonObject } from '../../contract/index.ts';
import type { Route } from './routes.ts';

/** What a template fills in. */
export interface Filling {
  /** Without a slash at the end, and fit for a word of a shell. */
  readonly baseUrl: string;
  readonly body: JsonObject;
}

/** One language: a program for every way through an API. */
export interface Language {
  /** As highlighters and fenced blocks call it. */
  readonly name: 'bash' | 'python' | 'typescript';
  readonly templates: Readonly<Record<Route, (filling: Filling) => string>>;
}
