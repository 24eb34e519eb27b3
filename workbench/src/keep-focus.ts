import { useEffect } from 'react';

/**
 * Whoever uses the keyboard stays where they are. The browser forgets the focus when its element is taken off the page or cannot be
 * used for a moment; what the next key does would then begin at the top of the page.
 *
 * 1. An element that was only switched off has the focus again once it is back on.
 * 2. In the place of one that is gone, the nearest part of the page around it has the focus.
 * 3. A focus that somebody has taken elsewhere, or nowhere by a click, stays theirs.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let around = chainOf(document.activeElement);
    const remember = ({ target }: FocusEvent) => {
      around = chainOf(target);
    };
    const forget = () => {
      around = [];
    };
    const restore = () => {
      const [last, ...parts] = around;
      if (last === undefined || !isNowhere()) return;
      if (isShown(last)) {
        if (!last.matches(':disabled')) last.focus();
        return;
      }
      const place = [...parts.filter(isPart), document.querySelector('main')].find((part) => part && isShown(part));
      if (place) focusPart(place);
    };
    const observer = new MutationObserver(restore);
    const watched = {
      attributes: true,
      attributeFilter: ['disabled', 'hidden', 'data-tab'],
      childList: true,
      subtree: true,
    };
    observer.observe(document.body, watched);
    document.addEventListener('focusin', remember);
    document.addEventListener('pointerdown', forget);
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', remember);
      document.removeEventListener('pointerdown', forget);
    };
  }, []);
}

/** Brings the keyboard to a part of the page that no key leads to by itself. */
export function focusPart(part: HTMLElement): void {
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

/** The browser lets go of what was hidden a little later than of what was removed. */
function isNowhere(): boolean {
  const { activeElement: active, body } = document;
  return active === null || active === body || !active.checkVisibility();
}

function isShown(element: HTMLElement): boolean {
  return element.isConnected && element.checkVisibility();
}

function isPart(element: HTMLElement): boolean {
  return element.matches('section[aria-label], main, nav');
}

/** The element and all that it is in, from the inside out: an element that is gone knows nothing of it any more. */
function chainOf(target: EventTarget | null): readonly HTMLElement[] {
  const chain: HTMLElement[] = [];
  for (let element = target; element instanceof HTMLElement; element = element.parentElement) chain.push(element);
  return chain;
}
