/** What the other side of a call says of a task, whichever way the call goes. */

import * as v from "valibot";
import { MAX_DURATION_MS } from "../limits.ts";
import type { HolderEvent } from "../task/task.ts";
import type { Delivery } from "./target.ts";

const duration = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DURATION_MS));

/** @param more fields that each result may have besides */
export const resultsSchema = <const E extends v.ObjectEntries>(more: E) =>
  v.array(
    v.union([
      v.object({ id: v.string(), ...more, snoozeMs: duration }),
      v.object({
        ...{ id: v.string(), err: v.string() },
        ...more,
        retryAfterMs: v.optional(duration),
        abort: v.optional(v.boolean()),
      }),
      v.object({ id: v.string(), ...more, ok: v.unknown() }),
    ]),
  );

/** Of a task that is not done. */
export type Setback =
  | { readonly snoozeMs: number }
  | {
      readonly err: string;
      /** Instead of the backoff. */
      readonly retryAfterMs?: number | undefined;
      /** The task is killed, whatever attempts it has left. */
      readonly abort?: boolean | undefined;
    };

/** @param logs of the task */
export function setbackOf(
  { id, lease }: Delivery["tasks"][number],
  setback: Setback,
  logs?: readonly string[],
): HolderEvent {
  if ("snoozeMs" in setback) return { type: "snooze", id, lease, delayMs: setback.snoozeMs };
  const { err, retryAfterMs, abort } = setback;
  const result = { err, retryAfterMs, ...(abort === true ? { abort } : {}) };
  return { type: "ack", id, lease, ...(logs === undefined ? {} : { logs }), result };
}
