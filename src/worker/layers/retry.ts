/** A layer: tries again what is inside it, in place. */

import { Snooze } from "../../backend/ack.ts";
import type { BackoffOptions } from "../../backend/builder.ts";
import { type Clock, sleep, systemClock } from "../../backend/clock.ts";
import type { Layer } from "../../backend/layer.ts";
import { backoffMs, completeBackoff } from "../../task/backoff.ts";
import { durationMs } from "../../task/duration.ts";
import { AbortError, PriniaError, RetryAfterError } from "../../task/errors.ts";
import type { Backoff } from "../../task/task.ts";
import { layer } from "../compose.ts";

export interface RetryOptions {
  /** How many more tries there are after the first, at most. */
  readonly times: number;
  /** The waits before them; 100 ms, twice as long each time, at most 10 s, by default. */
  readonly backoff?: BackoffOptions | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 to 1, for the jitter. */
  readonly random?: (() => number) | undefined;
}

/** Waits in place hold a slot and a lease: they begin shorter, and stay shorter, than those of the queue. */
const BASE_MS = 100;
const MAX_MS = 10_000;

/**
 * Tries again without giving the task back: no attempt is burned, and the slot stays taken. Not after AbortError and
 * RetryAfterError, which say what is to be done, nor after a snooze, nor once the signal has fired.
 *
 * @throws PriniaError `bad_request` when `times` is no count
 */
export function retry({ times, backoff = {}, clock = systemClock, random = Math.random }: RetryOptions): Layer {
  if (!(Number.isInteger(times) && times >= 0)) {
    throw new PriniaError({ code: "bad_request", detail: "`times` is an integer from 0.", path: "times" });
  }
  const waits = waitsOf(backoff);
  return layer("retry", (next) => async (args, context) => {
    for (let tries = 1; ; tries++) {
      try {
        return await next(args, context);
      } catch (error) {
        if (tries > times || isFinal(error) || context.signal.aborted) throw error;
        const ms = backoffMs(waits, tries, random());
        context.logger.warn("tries again", { tries, ms, error });
        await sleep(clock, ms, context.signal).catch(() => {
          throw error;
        });
      }
    }
  });
}

const isFinal = (error: unknown): boolean =>
  error instanceof AbortError || error instanceof RetryAfterError || error instanceof Snooze;

function waitsOf({ base = BASE_MS, max = MAX_MS, ...rest }: BackoffOptions): Backoff {
  return completeBackoff({ ...rest, baseMs: durationMs(base, "backoff.base"), maxMs: durationMs(max, "backoff.max") });
}
