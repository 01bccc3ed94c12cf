/** What a worker tells whoever watches it. */

import type { LostReason } from "../task/task.ts";
import type { PriniaError } from "../task/errors.ts";

/** Tells a listener. Its bug must not stop the worker, nor be hidden. */
export function tell(listener: (event: WorkerEvent) => void, event: WorkerEvent): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export type WorkerEvent =
  /** The server took the worker: at first, and after each break. `resumed`: with the leases that it held. */
  | { readonly type: "start"; readonly worker: string; readonly resumed: boolean }
  /** The socket is gone; the next one is tried after so long. */
  | { readonly type: "break"; readonly code: number; readonly reason: string; readonly retryMs: number }
  /** Nothing is there to be done just now. */
  | { readonly type: "idle" }
  /** The server answered a ping. */
  | { readonly type: "heartbeat" }
  /** A handler returned. */
  | { readonly type: "success"; readonly id: string; readonly attempt: number }
  /** A handler threw. */
  | { readonly type: "error"; readonly id: string; readonly attempt: number; readonly error: unknown }
  /** A lease was taken back, and its handler's signal has fired. */
  | { readonly type: "lost"; readonly id: string; readonly lease: string; readonly reason: LostReason }
  /** The server did not take what the worker reported of a task. */
  | { readonly type: "refused"; readonly id: string; readonly error: PriniaError }
  /** The worker has stopped: asked to, or for this reason. */
  | { readonly type: "stop"; readonly error?: PriniaError };
