import { createStore, useStore } from './store.ts';

const said = createStore('');

/** Tells people who do not see the page what has happened on it. */
export function announce(text: string): void {
  said.set(() => text);
}

export function Announcer() {
  const text = useStore(said);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
