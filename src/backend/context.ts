/** A worker as its backend sees it: who it is, how much room it has, and where to tell it things. */

import type { PriniaError } from "../task/errors.ts";
import type { LostLease, LostReason } from "../task/task.ts";

/**
 * - `pending`: not started yet. Out: start.
 * - `running`: takes tasks. In: start, resume. Out: pause, stop.
 * - `paused`: takes none; what runs goes on. In: pause. Out: resume, stop.
 * - `stopped`: takes none any more. In: stop, or a refusal of the backend.
 */
export type WorkerState = "pending" | "running" | "paused" | "stopped";

/** What a worker tells whoever listens. */
export type WorkerEvent =
  /** The backend took the worker: at first, and after each break. `resumed`: with the leases that it held. */
  | { readonly type: "start"; readonly worker: string; readonly resumed: boolean }
  /** The connection is gone, or a request failed; the next try comes after so long. */
  | { readonly type: "break"; readonly reason: string; readonly retryMs: number }
  /** Nothing is there to be done just now. */
  | { readonly type: "idle" }
  /** The backend answered a sign of life. */
  | { readonly type: "heartbeat" }
  /** A handler returned. */
  | { readonly type: "success"; readonly id: string; readonly attempt: number }
  /** A handler threw, or a task could not be decoded. */
  | { readonly type: "error"; readonly id: string; readonly attempt: number; readonly error: unknown }
  /** A lease was taken back, and its handler's signal has fired. */
  | { readonly type: "lost"; readonly id: string; readonly lease: string; readonly reason: LostReason }
  /** The backend did not take what the worker reported of a task. */
  | { readonly type: "refused"; readonly id: string; readonly error: PriniaError }
  /** The worker has stopped: asked to, or for this reason. */
  | { readonly type: "stop"; readonly error?: unknown };

/** Who wants to know when a worker's room changes. */
export interface WorkerListener {
  /** The slot that the task of this lease took is free. */
  freed?(lease: string): void;
  /** Its state, or how much it prefetches, has changed. */
  changed?(): void;
}

export interface WorkerContext {
  /** Unique: the name and a random suffix, unless it was given. */
  readonly id: string;
  readonly name: string;
  readonly state: WorkerState;
  /** How many tasks run at a time. */
  readonly concurrency: number;
  /** How many more may wait for a slot. */
  readonly prefetch: number;
  /** Whether a task counts as started when it is handed over. Else the backend's middleware says so when it begins. */
  readonly autoStart: boolean;
  /** Slots that are taken. */
  readonly taskCount: number;
  /** The names of the layers that its handler runs in, outermost first. */
  readonly layers: readonly string[];
  readonly emit: (event: WorkerEvent) => void;
  /** For the backend: the lease is gone, its handler is to stop. */
  readonly lose: (lost: LostLease) => void;
  /** @returns what ends the listening */
  readonly listen: (listener: WorkerListener) => () => void;
}
