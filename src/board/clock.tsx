/** What time it is, for whatever shows how long ago something was. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { formatAgo, formatTime } from "./format.ts";

const TICK_MS = 1_000;

/** Goes on each second, while somebody may see it. */
export const now = signal(Date.now());

export function startClock(): void {
  const tick = (): void => {
    if (document.visibilityState === "visible") now.value = Date.now();
  };
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", tick);
}

/** An instant, as the span to it; the instant itself is in its title. */
export const Ago = ({ at }: { readonly at: number }): ComponentChildren => (
  <time dateTime={new Date(at).toISOString()} title={formatTime(at)}>
    {formatAgo(at, Math.max(now.value, Date.now()))}
  </time>
);
