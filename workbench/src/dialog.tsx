import { ActionIcon } from '@mantine/core';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { CloseIcon } from './icons.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** `side` fills the page's left edge, from top to bottom. */
  readonly place?: 'middle' | 'side';
}

/** The browser's own modal dialog: it keeps the focus, gives it back, and closes on Escape. Shown as long as it is rendered. */
export function Dialog({ title, onClose, children, place = 'middle' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Closed while it is still on the page: from one that is off it, the browser gives no focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the key is Escape, which the dialog handles by itself
    <dialog
      ref={dialog}
      className={`dialog dialog-${place}`}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={onClose}>
            <CloseIcon />
          </ActionIcon>
        </header>
        {children}
      </div>
    </dialog>
  );
}
