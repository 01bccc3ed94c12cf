/** What a task is. Instants are integers in Unix milliseconds; durations are integers in milliseconds. */

import type { Status } from "./status.ts";

/** JSON as text, kept as it was received: numbers beyond 2^53 survive, and nobody parses what nobody reads. */
export type RawJson = string & { readonly __json?: never };

/** How long to wait before the next attempt. */
export interface Backoff {
  readonly type: "exponential" | "fixed";
  /** The first wait. */
  readonly baseMs: number;
  /** Each wait is so many times the one before; ignored when `fixed`. */
  readonly factor: number;
  /** No wait is longer, before the jitter. */
  readonly maxMs: number;
  /** The wait varies by so much of itself, up and down: 0.1 is ±10 %. */
  readonly jitter: number;
}

/** Ends of an execution. `orphaned`: its worker went silent. `timeout`: it ran longer than `timeoutMs`. */
export type Outcome =
  | "done"
  | "failed"
  | "killed"
  | "snoozed"
  | "released"
  | "rescheduled"
  | "cancelled"
  | "orphaned"
  | "timeout";

/** One execution. The one under way has no `endedAt` and no `outcome`. */
export interface Run {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: Outcome;
  /** Cut at 4 KiB. */
  readonly error?: string;
  readonly logs?: readonly string[];
}

export type IdempotencyUntil = "gone" | "terminal";

/** A task to be pushed, validated, as it comes off the wire. */
export interface NewTask {
  readonly args: RawJson;
  readonly priority?: number | undefined;
  readonly runAt?: number | undefined;
  readonly delayMs?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: Partial<Backoff> | undefined;
  readonly timeoutMs?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly idempotencyUntil?: IdempotencyUntil | undefined;
  readonly groupKey?: string | undefined;
  readonly codec?: string | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

/** What a push answers. */
export interface Pushed {
  readonly id: string;
  readonly status: Status;
  /** False when a task of the same idempotency key was there already; its id is given. */
  readonly created: boolean;
}

/** Changes to a task. `null` goes back to the default. */
export interface TaskPatch {
  readonly args?: RawJson | undefined;
  readonly priority?: number | undefined;
  readonly runAt?: number | undefined;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: Partial<Backoff> | null | undefined;
  readonly timeoutMs?: number | null | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | null | undefined;
  /** Apply only if the task still has this revision. */
  readonly revision?: number | undefined;
}

/** What the holder of a lease reports. `ok` and `progress` are JSON text. */
export type HolderEvent =
  | { readonly type: "start"; readonly id: string; readonly lease: string }
  | {
      readonly type: "ack";
      readonly id: string;
      readonly lease: string;
      readonly result: AckOk | AckErr;
      readonly logs?: readonly string[] | undefined;
    }
  | { readonly type: "snooze"; readonly id: string; readonly lease: string; readonly delayMs: number }
  | { readonly type: "release"; readonly id: string; readonly lease: string }
  | { readonly type: "extend"; readonly id: string; readonly lease: string; readonly timeoutMs: number }
  | { readonly type: "progress"; readonly id: string; readonly lease: string; readonly progress: RawJson };

interface AckOk {
  readonly ok: RawJson;
}

interface AckErr {
  readonly err: string;
  readonly retryAfterMs?: number | undefined;
  readonly abort?: true | undefined;
}

/** What the queue says of one event: the status after it, or why it was refused. */
export type EventAnswer =
  | { readonly id: string; readonly status: Status }
  | { readonly id: string; readonly error: { code: string; detail: string; taskStatus?: Status; path?: string } };

/** Why a holder lost its lease. */
export type LostReason = "cancelled" | "rescheduled" | "timeout" | "orphaned" | "superseded";

/** A lease that was taken back. */
export interface LostLease {
  readonly id: string;
  readonly lease: string;
  readonly reason: LostReason;
}

/** The settings of a queue. */
export interface QueueConfig {
  readonly paused: boolean;
  /** A worker that was not heard for so long is dead. */
  readonly orphanAfterMs: number;
  /** How long a terminal task is kept, from `doneAt`; `null` keeps it for ever. */
  readonly retention: { readonly doneMs: number | null; readonly killedMs: number | null };
  /** Copied into a task when it is pushed. */
  readonly defaults: {
    readonly priority: number;
    readonly maxAttempts: number;
    readonly backoff: Backoff;
    readonly timeoutMs: number | null;
  };
}

export const DEFAULT_BACKOFF: Backoff = {
  type: "exponential",
  baseMs: 1_000,
  factor: 2,
  maxMs: 3_600_000,
  jitter: 0.1,
};

export const DEFAULT_CONFIG: QueueConfig = {
  paused: false,
  orphanAfterMs: 60_000,
  retention: { doneMs: 86_400_000, killedMs: 14 * 86_400_000 },
  defaults: { priority: 0, maxAttempts: 5, backoff: DEFAULT_BACKOFF, timeoutMs: null },
};
