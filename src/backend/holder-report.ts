/** What the holder of a lease reports, with values in place of JSON. */

import type { Status } from "../task/status.ts";
import type { HolderEvent } from "../task/task.ts";

interface Of<Type extends HolderEvent["type"]> {
  readonly type: Type;
  readonly id: string;
  readonly lease: string;
}

/** How a handler ended. */
export type HandlerResult<Out = unknown> =
  | { readonly ok: Out }
  | {
      readonly err: string;
      /** Try again after so long. */
      readonly retryAfterMs?: number | undefined;
      /** Do not try again. */
      readonly abort?: true | undefined;
    };

/**
 * - `ack`: the handler has ended.
 * - `snooze`: to be run again after so long, as if it had not begun; `release`: as soon as may be.
 * - `start`: of a task that was handed over as `Queued`. `extend`: it has so long from now. `progress`: how far it is.
 */
export type HolderReport<Out = unknown> =
  | (Of<"ack"> & { readonly result: HandlerResult<Out>; readonly logs?: readonly string[] | undefined })
  | (Of<"snooze"> & { readonly delayMs: number })
  | Of<"release">
  | Of<"start">
  | (Of<"extend"> & { readonly timeoutMs: number })
  | (Of<"progress"> & { readonly progress: unknown });

export function holderReportOf(event: HolderEvent): HolderReport {
  if (event.type === "progress") return { ...event, progress: JSON.parse(event.progress) };
  if (event.type !== "ack" || !("ok" in event.result)) return event as HolderReport;
  return { ...event, result: { ok: JSON.parse(event.result.ok) } };
}

/** Where a task stands after what was said of it, if it is taken. */
export function statusAfter(event: HolderEvent): Status {
  switch (event.type) {
    case "ack":
      if ("ok" in event.result) return "Done";
      return event.result.abort ? "Killed" : "Failed";
    case "snooze":
    case "release":
      return "Pending";
    default:
      return "Running";
  }
}
