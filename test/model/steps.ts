/** What may be done to a queue, as plain data. A step names tasks, leases and sessions by choice, not by name. */

import type { BulkVerb } from "../../src/task/bulk.ts";
import type { AckResult, Filter, Patch, Settings, TaskToPush } from "./port.ts";

/** One of those there are: any of them, one of the last, or one of those that it makes sense for. */
export interface Choice {
  readonly of: "fit" | "recent" | "any" | "nothing";
  readonly n: number;
}

export type EventDraft =
  | { readonly type: "start" | "release" | "progress" }
  | { readonly type: "ack"; readonly result: AckResult; readonly logs?: readonly string[] }
  | { readonly type: "snooze"; readonly delayMs: number }
  | { readonly type: "extend"; readonly timeoutMs: number };

export interface Say {
  readonly lease: Choice;
  /** Whether the event names the lease's own task. */
  readonly own: boolean;
  readonly event: EventDraft;
}

/** One alternative for each kind, so that the kind tells which. */
type Each<K extends string, Rest> = K extends string ? { readonly do: K } & Rest : never;

export type Step =
  | { readonly do: "push"; readonly tasks: readonly TaskToPush[] }
  | { readonly do: "burst"; readonly count: number; readonly delayMs: number }
  | {
      readonly do: "poll";
      readonly worker: string;
      readonly session: Choice | null;
      readonly max: number;
      readonly autoStart: boolean;
      readonly say: readonly Say[];
    }
  | { readonly do: "events"; readonly sender: "nobody" | "worker" | "owner" | "other"; readonly say: readonly Say[] }
  | { readonly do: "register"; readonly worker: string }
  | Each<"heartbeat" | "goodbye", { readonly session: Choice }>
  | Each<"fetch" | "resume" | "cancel" | "delete", { readonly task: Choice }>
  | { readonly do: "reschedule"; readonly task: Choice; readonly inMs: number; readonly absolute: boolean }
  | {
      readonly do: "update";
      readonly task: Choice;
      readonly patch: Patch;
      readonly revision: "none" | "right" | "wrong";
    }
  | {
      readonly do: "bulk";
      readonly of: BulkVerb;
      readonly tasks: readonly Choice[] | null;
      readonly filter: Filter;
      readonly limit: number | null;
      readonly dryRun: boolean;
      readonly delayMs: number;
    }
  | {
      readonly do: "vacuum";
      readonly olderThanMs?: number;
      readonly status?: "Done" | "Killed";
      readonly limit?: number;
    }
  | Each<"purge" | "resumeAbandoned" | "alarm" | "restart", object>
  | { readonly do: "drop"; readonly force: boolean }
  | { readonly do: "configure"; readonly change: Settings }
  | {
      readonly do: "list";
      readonly filter: Filter & { idempotencyKey?: string };
      readonly order: "newest" | "oldest";
      readonly limit: number;
    }
  | { readonly do: "status"; readonly tasks: readonly Choice[] }
  | { readonly do: "pass"; readonly ms: number }
  /** Calls that come at the same moment, and so are written in one transaction, in the order in which they came. */
  | { readonly do: "together"; readonly steps: readonly Step[] }
  /** Tasks are started and given back, so often. */
  | { readonly do: "wear"; readonly worker: string; readonly times: number }
  /** Claims that are never started, one after the other, and why not. */
  | { readonly do: "stall"; readonly worker: string; readonly ways: readonly Stall[] };

/** The worker's name is taken, it is not heard again, or it lives and is only slow. */
export type Stall = "superseded" | "silent" | "slow";
