/** A layer: what is inside it may take so long, and no longer. */

import { TaskTimeout } from "../../backend/ack.ts";
import { type Clock, systemClock } from "../../backend/clock.ts";
import type { Handler, Layer, TaskContext } from "../../backend/layer.ts";
import { type Duration, durationMs } from "../../task/duration.ts";
import { layer } from "../compose.ts";

/**
 * Fails what takes longer with TaskTimeout, and fires the signal that is seen inside. The lease and the task's own timeout
 * stay as they are: a handler that does not mind its signal goes on, but nobody listens to it any more.
 *
 * @throws PriniaError `bad_request` when it is no duration
 */
export function timeout(duration: Duration, { clock = systemClock }: { readonly clock?: Clock } = {}): Layer {
  const ms = durationMs(duration, "timeout");
  return layer("timeout", (next) => (args, context) => limited(next, args, context, ms, clock));
}

async function limited(
  next: Handler<unknown, unknown>,
  args: unknown,
  context: TaskContext,
  ms: number,
  clock: Clock,
): Promise<unknown> {
  const controller = new AbortController();
  const { signal } = context;
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const late = Promise.withResolvers<never>();
  const cancel = clock.timer(ms, () => {
    const error = new TaskTimeout(`The handler took longer than ${ms} ms.`);
    controller.abort(error);
    late.reject(error);
  });
  try {
    return await Promise.race([next(args, { ...context, signal: controller.signal }), late.promise]);
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}
