/** Outcomes of what one did, said once: in a corner, and to whoever listens instead. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

type Tone = "plain" | "good" | "bad";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: Tone;
}

const SHOWN_MS = 6_000;
const MOST = 4;

const toasts = signal<readonly Toast[]>([]);
let last = 0;

/** Says it. What went wrong stays until it is closed: it may say what to do. */
export function say(text: string, tone: Tone = "plain"): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value, { id, text, tone }].slice(-MOST);
  if (tone !== "bad") setTimeout(() => close(id), SHOWN_MS);
}

function close(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

/** There from the start: a live region that comes with its text is not read. */
export const Toasts = (): ComponentChildren => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({ id, text, tone }) => (
      <div class="toast" data-tone={tone} key={id}>
        <p>{text}</p>
        <button type="button" class="quiet" aria-label="Close message" onClick={() => close(id)}>
          ×
        </button>
      </div>
    ))}
  </div>
);
