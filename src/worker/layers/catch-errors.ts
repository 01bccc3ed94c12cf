/** A layer: makes a result of an error, or another error. */

import { Snooze } from "../../backend/ack.ts";
import type { Handler, TaskContext } from "../../backend/layer.ts";
import { layer, type Named } from "../compose.ts";

/** A layer around handlers of any results; its own are added to them. */
export type Recovering<Args, Recovered> = Named<<Out>(next: Handler<Args, Out>) => Handler<Args, Out | Recovered>>;

/**
 * Asks what becomes of an error: what `recover` returns is the task's result, what it throws is the error in its place.
 * A snooze is no error.
 *
 * @example
 * catchErrors((error) => {
 *   if (error instanceof NotFound) return null;
 *   throw error instanceof BadAddress ? new AbortError("no such address", { cause: error }) : error;
 * });
 */
// biome-ignore lint/suspicious/noExplicitAny: as `Layer` has it
export function catchErrors<Recovered, Args = any>(
  recover: (error: unknown, args: Args, context: TaskContext) => Recovered | Promise<Recovered>,
): Recovering<Args, Recovered> {
  return layer("catchErrors", (next) => async (args, context) => {
    try {
      return await next(args, context);
    } catch (error) {
      if (error instanceof Snooze) throw error;
      return recover(error, args, context);
    }
  });
}
