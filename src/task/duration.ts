/** Durations and instants as people write them. */

import { MAX_DURATION_MS, MAX_INSTANT_MS } from "../limits.ts";
import { PriniaError } from "./errors.ts";

type Unit = "ms" | "s" | "m" | "h" | "d";

/** Milliseconds, or text: "250ms", "30s", "10m", "2h", "1.5d". */
export type Duration = number | `${number}${Unit}`;

/** Milliseconds since the epoch, or a Date. */
export type Instant = number | Date;

const UNITS: Readonly<Record<Unit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * A duration in whole milliseconds.
 *
 * @param name what it is for, for the error
 * @throws PriniaError `bad_request` when it is none: negative, not finite, of an unknown unit, over 100 years
 */
export function durationMs(duration: Duration, name = "duration"): number {
  const ms = typeof duration === "number" ? duration : parsed(duration);
  if (ms >= 0 && ms <= MAX_DURATION_MS) return Math.round(ms);
  const detail = `\`${name}\` is ${JSON.stringify(duration)}: give milliseconds from 0 to ${MAX_DURATION_MS}, or text like "30s", "10m", "2h".`;
  throw new PriniaError({ code: "bad_request", detail, path: name });
}

function parsed(text: string): number {
  const [, count, unit] = PATTERN.exec(String(text)) ?? [];
  return count === undefined ? Number.NaN : Number(count) * UNITS[unit as Unit];
}

/**
 * An instant in whole milliseconds since the epoch.
 *
 * @throws PriniaError `bad_request` when it is none
 */
export function instantMs(instant: Instant, name = "instant"): number {
  const ms = Number(instant);
  if (ms >= 0 && ms <= MAX_INSTANT_MS) return Math.round(ms);
  const detail = `\`${name}\` is no instant: give a Date, or milliseconds since the epoch.`;
  throw new PriniaError({ code: "bad_request", detail, path: name });
}
