import { focusPart } from './keep-focus.ts';

/** Past the header and the list of models, for those who go there key by key. Shown while it has the focus. */
export function SkipLink() {
  return (
    <nav className="skip" aria-label="Skip">
      <button type="button" className="skip-link" onClick={skip}>
        Skip to the content
      </button>
    </nav>
  );
}

function skip(): void {
  const parts = [...document.querySelectorAll<HTMLElement>('main .pane, main:not(:has(.pane))')];
  const part = parts.find((one) => one.checkVisibility());
  if (part !== undefined) focusPart(part);
}
