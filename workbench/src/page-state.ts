import { type MouseEvent, useSyncExternalStore } from 'react';

/**
 * What the address bar carries, so that a link leads to what its sender sees. The form's values are not in it: prompts do not
 * belong into histories and logs.
 */
export interface PageState {
  readonly view: 'create' | 'history' | 'compare';
  readonly model: string;
  /** On a wide page the form is always there, and `input` shows the output beside it. */
  readonly tab: 'input' | 'output' | 'api' | 'about';
  readonly task: string;
  /** The two tasks that are compared. */
  readonly a: string;
  readonly b: string;
  /** Filters of the history: model, status, operation and words. */
  readonly of: string;
  readonly status: string;
  readonly operation: string;
  readonly q: string;
}

const initial: PageState = {
  view: 'create',
  model: '',
  tab: 'input',
  task: '',
  a: '',
  b: '',
  of: '',
  status: '',
  operation: '',
  q: '',
};

const choices: Partial<Record<keyof PageState, readonly string[]>> = {
  view: ['create', 'history', 'compare'],
  tab: ['input', 'output', 'api', 'about'],
};

const changed = 'reelay:page';

function read(search: string): PageState {
  const given = new URLSearchParams(search);
  const entries = Object.entries(initial).map(([name, fallback]) => {
    const value = given.get(name) ?? fallback;
    const allowed = choices[name as keyof PageState];
    return [name, allowed === undefined || allowed.includes(value) ? value : fallback];
  });
  return Object.fromEntries(entries) as PageState;
}

/** Only what differs from the first sight of the page. */
export function hrefOf(state: Partial<PageState>): string {
  const given = Object.entries({ ...initial, ...state }).filter(
    ([name, value]) => value !== '' && value !== initial[name as keyof PageState],
  );
  const search = new URLSearchParams(given).toString();
  return search === '' ? location.pathname : `${location.pathname}?${search}`;
}

let cached: { readonly search: string; readonly state: PageState } | undefined;

/** The same object as long as the address is the same. */
function current(): PageState {
  if (cached?.search !== location.search) cached = { search: location.search, state: read(location.search) };
  return cached.state;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener(changed, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(changed, listener);
  };
}

/** `replace` for what the back button should not stop at. */
export function go(patch: Partial<PageState>, { replace = false } = {}): void {
  const href = hrefOf({ ...current(), ...patch });
  if (href === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  window.dispatchEvent(new Event(changed));
}

export function usePage(): PageState {
  return useSyncExternalStore(subscribe, current);
}

/** Properties of a link within the page, which may also be opened elsewhere. */
export function linkTo(patch: Partial<PageState>) {
  return {
    href: hrefOf({ ...current(), ...patch }),
    onClick: (event: MouseEvent<HTMLAnchorElement>) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      go(patch);
    },
  };
}
