/** The words of the state machine: what it is given, and what it answers. */

import type { Status } from "./status.ts";
import type { Backoff, LostReason, Outcome } from "./task.ts";

/** What the rules need to know of a task. Instants and durations in ms. */
export interface TaskState {
  readonly status: Status;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly runAt: number;
  readonly timeoutMs: number | null;
  readonly backoff: Backoff;
  /** Orphanings from Queued by workers that died, since it was last started or given back. */
  readonly strikes: number;
  /** The live lease, while leased. */
  readonly token: number | null;
  readonly lockAt: number | null;
  /** When the execution under way began, while Running. */
  readonly startedAt: number | null;
  /** When the execution under way times out, while Running and bounded. */
  readonly deadline: number | null;
  /** While terminal. */
  readonly doneAt: number | null;
  /** The last lease that its holder ended, and the answer then given: the same event again gets it again. */
  readonly past: Past | null;
}

export interface Past {
  readonly token: number;
  readonly event: "ack" | "snooze" | "release";
  readonly status: Status;
}

/** What can happen to a task. `token` is the lease that the sender claims to hold. */
export type TaskEvent =
  | { readonly type: "claim"; readonly token: number; readonly autoStart: boolean }
  | { readonly type: "start"; readonly token: number }
  | { readonly type: "succeed"; readonly token: number }
  | {
      readonly type: "fail";
      readonly token: number;
      readonly error: string;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly type: "abort"; readonly token: number; readonly error: string }
  | { readonly type: "snooze"; readonly token: number; readonly delayMs: number }
  | { readonly type: "release"; readonly token: number }
  | { readonly type: "extend"; readonly token: number; readonly timeoutMs: number }
  | { readonly type: "progress"; readonly token: number }
  /** `strike`: the worker died or was superseded, rather than being slow to start. */
  | { readonly type: "orphan"; readonly error: string; readonly strike: boolean; readonly reason: LostReason }
  | { readonly type: "timeout" }
  | { readonly type: "reschedule"; readonly runAt: number }
  /** `abandoned`: the holder is known to be dead. */
  | { readonly type: "resume"; readonly abandoned: boolean }
  | { readonly type: "cancel" }
  | { readonly type: "update"; readonly patch: StatePatch }
  /** `doneBy`: only what was terminal by then goes. */
  | { readonly type: "vacuum"; readonly doneBy: number }
  | { readonly type: "delete" };

export type StatePatch = Partial<Pick<TaskState, "runAt" | "maxAttempts" | "timeoutMs" | "backoff">>;

/** An execution that ended. */
export interface ClosedRun {
  readonly attempt: number;
  readonly startedAt: number;
  readonly outcome: Outcome;
  readonly error?: string;
}

/** What an event does. */
export interface Transition {
  readonly next: TaskState;
  /** False when nothing is written: a repeated event, or one that asks for what is so already. */
  readonly changed: boolean;
  /** The status that the sender is told: that of the first answer, when the event is a repetition. */
  readonly answer: Status;
  /** The execution that ended with it. */
  readonly run?: ClosedRun;
  /** The last result becomes this error; an ack ok brings its own value. */
  readonly error?: string;
  /** The holder, who did not ask for this, must be told. */
  readonly lost?: LostReason;
  /** The row goes. */
  readonly gone?: true;
}

/** The instant and the chance of a transition: there is no clock and no randomness in here. */
export interface Moment {
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}
