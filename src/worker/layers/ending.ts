/** How a handler ended, as the layers that look on tell it. */

import { Snooze, TaskTimeout, WorkerStopped } from "../../backend/ack.ts";
import { AbortError } from "../../task/errors.ts";
import { guarded } from "../guarded.ts";

/**
 * - `done`: it returned.
 * - `failed`: it threw, and is retried while attempts are left.
 * - `killed`: it threw AbortError.
 * - `snoozed`: it is run again later, and burned no attempt.
 * - `timeout`: it took too long.
 * - `lost`: its lease was taken back meanwhile, whatever it made of it.
 * - `released`: its worker stopped meanwhile, and gave it back.
 */
export const ENDINGS = ["done", "failed", "killed", "snoozed", "timeout", "lost", "released"] as const;

export type Ending = (typeof ENDINGS)[number];

/** @param thrown what it threw, if it did */
function endingOf(signal: AbortSignal, thrown?: { readonly error: unknown }): Ending {
  if (signal.aborted && signal.reason instanceof WorkerStopped) return "released";
  if (signal.aborted && !(signal.reason instanceof TaskTimeout)) return "lost";
  if (!thrown) return "done";
  if (thrown.error instanceof Snooze) return "snoozed";
  if (thrown.error instanceof AbortError) return "killed";
  return signal.aborted || thrown.error instanceof TaskTimeout ? "timeout" : "failed";
}

/** Runs what is inside a layer, and tells how it ended; what it returns or throws goes on as it is. */
export async function observed<Out>(
  run: () => Out | Promise<Out>,
  signal: AbortSignal,
  ended: (ending: Ending, error?: unknown) => void,
): Promise<Out> {
  try {
    const value = await run();
    guarded(() => ended(endingOf(signal)));
    return value;
  } catch (error) {
    guarded(() => ended(endingOf(signal, { error }), error));
    throw error;
  }
}
