/** What counts on by the page's one timer. */

import type { ComponentChildren } from "preact";
import { now } from "../clock.tsx";
import { formatTime } from "../format.ts";
import { durationText } from "./time.ts";

/** Whole seconds while it ticks. */
const tickText = (ms: number): string =>
  ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : durationText(Math.floor(ms / 1_000) * 1_000);

interface UntilProps {
  readonly at: number;
  /** What to say once it has come. */
  readonly past: string;
}

/** How long until then. */
export function Until({ at, past }: UntilProps): ComponentChildren {
  const left = at - now.value;
  return <Instant at={at}>{left > 0 ? `in ${tickText(left + 999)}` : past}</Instant>;
}

/** How long it has lasted. */
export function Elapsed({ since }: { readonly since: number }): ComponentChildren {
  return <>{tickText(now.value - since)}</>;
}

/** An instant: in words, or as the children say it, with the whole of it at hand. */
export function Instant({ at, children }: { readonly at: number; readonly children?: ComponentChildren }) {
  const whole = textOf(at);
  return (
    <time dateTime={isoOf(at)} title={whole}>
      {children ?? whole}
    </time>
  );
}

/** The last instant that a date can say; a task may be scheduled for it. */
const MAX_DATE = 8_640_000_000_000_000;
const within = (at: number): number => Math.min(Math.max(at, -MAX_DATE), MAX_DATE);
const isoOf = (at: number): string => new Date(within(at)).toISOString();
const textOf = (at: number): string => formatTime(within(at));
