/** How long a failed task waits before it is tried again. */

import { type Backoff, DEFAULT_BACKOFF } from "./task.ts";

/**
 * The wait after the given attempt, in whole ms: the first is `baseMs`, the cap comes before the jitter.
 *
 * @param attempt how many executions there were, from 1
 * @param random uniform in [0, 1): 0.5 is no jitter
 */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  const growth = backoff.type === "fixed" ? 1 : backoff.factor ** Math.max(0, attempt - 1);
  // Zero times infinity is not a number, and a base of zero never grows.
  const wait = backoff.baseMs === 0 ? 0 : Math.min(backoff.baseMs * growth, backoff.maxMs);
  return Math.max(0, Math.round(wait * (1 + backoff.jitter * (2 * random - 1))));
}

/**
 * Fills what a caller left out from the built-in backoff. A base above the default cap lifts the cap with it, since a
 * caller who asks for a longer first wait means it.
 */
export function completeBackoff(given: Partial<Backoff>): Backoff {
  const maxMs = Math.max(DEFAULT_BACKOFF.maxMs, given.baseMs ?? 0);
  return { ...DEFAULT_BACKOFF, maxMs, ...given };
}
