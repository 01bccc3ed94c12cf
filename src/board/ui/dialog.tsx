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
  const id = useId();
  useEffect(() => {
    const dialog = place.current;
    if (dialog === null) return;
    dialog.showModal();
    return () => {
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
        onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

/** What was pressed to open the dialog may be gone by its own deed: then the page's heading has the focus. */
function restFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body && document.activeElement !== null) return;
    const heading = document.querySelector<HTMLElement>("main h1");
    if (heading === null) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  });
}

export const closeDialog = (event: { readonly currentTarget: EventTarget | null }): void =>
  (event.currentTarget as Element | null)?.closest("dialog")?.close();

interface FormDialogProps extends DialogProps {
  /** What the button says that does it. */
  readonly action: string;
  readonly danger?: boolean;
  readonly busy?: boolean;
  /** Why it was not done, in words. */
  readonly error?: string | null;
  readonly onSubmit: () => void;
}

/** A question, and two buttons: to do it and to leave it. */
export function FormDialog(props: FormDialogProps): ComponentChildren {
  const { action, danger, busy, error, onSubmit, children, ...rest } = props;
  return (
    <Dialog {...rest}>
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
    </Dialog>
  );
}
