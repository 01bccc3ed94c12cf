/** The one way to call an object: a fresh stub for each try, and no failure of the platform gets out unnamed. */

import { CALL_PAUSE_MS, CALL_TRIES, RETRY_AFTER_MS } from "../limits.ts";
import { logBug } from "../protocol/bug.ts";
import { fail, type Result } from "../task/result.ts";
import { pause, type Timing } from "./timing.ts";

/** What the platform says of an error of its own. An error thrown by the object's code has none of these. */
interface PlatformFlags {
  readonly retryable?: unknown;
  readonly overloaded?: unknown;
}

/**
 * - `repeat`: the call may run twice, since its verb is idempotent by lease, id or key.
 * - `once`: a push of tasks without a key: a second run would make second tasks.
 */
export type Repetition = "repeat" | "once";

/**
 * Calls an object.
 *
 * @param open gives a fresh stub: one that failed stays broken
 * @param run makes the call; refusals come back as values
 * @returns what the object answered; `overloaded` when the platform is busy or restarting, `internal` when the call
 *   failed in a way that it should not, or when the outcome of a `once` call is unknown
 */
export async function callObject<Stub, T>(
  open: () => Stub,
  run: (stub: Stub) => Promise<Result<T>>,
  repetition: Repetition,
  timing: Timing,
): Promise<Result<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(open());
    } catch (error) {
      const { retryable, overloaded } = flagsOf(error);
      if (overloaded === true) return busy("This queue gets more requests than it can take just now.");
      if (retryable === true && repetition === "repeat") {
        if (attempt >= CALL_TRIES) return busy("This queue could not be reached just now.");
        await pause(timing, CALL_PAUSE_MS * 2 ** (attempt - 1));
        continue;
      }
      // A retryable failure is the platform's ordinary one; the log is for what nobody foresaw.
      if (retryable !== true) logBug("object call", error);
      return repetition === "once" ? unknownOutcome() : internal();
    }
  }
}

const flagsOf = (error: unknown): PlatformFlags => (typeof error === "object" && error !== null ? error : {});

const busy = (what: string) => fail("overloaded", `${what} Try again.`, { retryAfterMs: RETRY_AFTER_MS });

/** 500 rather than 503: what stands between us and the client repeats a 503 by itself. */
const unknownOutcome = () =>
  fail(
    "internal",
    "The outcome of this push is unknown: the connection to the queue broke, and a task without an idempotencyKey is not sent twice. Look for it by listing the queue's tasks, or push with an idempotencyKey, which makes trying again safe.",
  );

export const internal = () => fail("internal", "Something went wrong in this server; it has been logged.");
