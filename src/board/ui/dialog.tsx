/** Dialogs: the browser's own, which keep the focus within and give it back to where it was. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import "./ui.css";

interface DialogProps {
  readonly title: string;
  /** Called once it is closed, also by Escape. */
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** Open for as long as it is rendered; `close` within it by `closeDialog`, so that the focus goes back. */
export function Dialog({ title, onClose, children }: DialogProps): ComponentChildren {
  const place = useRef<HTMLDialogElement>(null);
  const isGone = useRef(false);
  const id = useId();
  useEffect(() => {
    const dialog = place.current;
    if (dialog === null) return;
    dialog.showModal();
    return () => {
      isGone.current = true;
      if (dialog.open) dialog.close();
      restFocus();
    };
  }, []);
  return (
    <dialog
      ref={place}
      aria-labelledby={id}
      onClose={() => {
        restFocus();
        // Its own end was the page's doing, who knows.
        if (!isGone.current) onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** What was pressed to open the dialog may be gone by its own deed: then the page's heading has the focus. */
export function restFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body && document.activeElement !== null) return;
    const heading = document.querySelector<HTMLElement>("main h1");
    if (heading === null) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  });
}

const closeDialog = (event: { readonly currentTarget: EventTarget | null }): void =>
  (event.currentTarget as Element | null)?.closest("dialog")?.close();

interface DialogFormProps {
  /** What the button says that does it. */
  readonly action: string;
  readonly danger?: boolean;
  readonly busy?: boolean;
  /** Why it was not done, in words. */
  readonly error?: string | null;
  readonly onSubmit: () => void;
  readonly children?: ComponentChildren;
}

/** A question, and two buttons: to do it and to leave it. */
export function FormDialog({ title, onClose, ...form }: DialogProps & DialogFormProps): ComponentChildren {
  return (
    <Dialog title={title} onClose={onClose}>
      <DialogForm {...form} />
    </Dialog>
  );
}

/** The same for a dialog that goes on to say something else. */
export function DialogForm({ action, danger, busy, error, onSubmit, children }: DialogFormProps): ComponentChildren {
  return (
    <form
      class="dialog-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      {error ? (
        <p class="error" role="alert">
          {error}
        </p>
      ) : null}
      <div class="row dialog-end">
        <button type="button" onClick={closeDialog}>
          {danger ? "Keep it as it is" : "Cancel"}
        </button>
        <button type="submit" class={danger ? "danger" : "primary"} disabled={busy === true}>
          {action}
        </button>
      </div>
    </form>
  );
}
