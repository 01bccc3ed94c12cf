/** What the model test needs of a system: calls in the words of the HTTP protocol, time by hand, an alarm that is run. */

import type { BulkVerb } from "../../src/task/bulk.ts";
import type { Counts, Status } from "../../src/task/status.ts";
import type { HolderEvent, IdempotencyUntil } from "../../src/task/task.ts";
import type { TaskView } from "../../src/task/view.ts";

/** A task as every way of reading shows it, JSON as values. */
export type SeenTask = TaskView<unknown>;
export type LeasedTask = SeenTask & { readonly lease: string };

export interface PartialBackoff {
  readonly type?: "exponential" | "fixed";
  readonly baseMs?: number;
  readonly factor?: number;
  readonly maxMs?: number;
  readonly jitter?: number;
}

export interface TaskToPush {
  readonly args: unknown;
  readonly priority?: number;
  readonly runAt?: number;
  readonly delayMs?: number;
  readonly maxAttempts?: number;
  readonly backoff?: PartialBackoff;
  readonly timeoutMs?: number;
  readonly idempotencyKey?: string;
  readonly idempotencyUntil?: IdempotencyUntil;
  readonly groupKey?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

export type AckResult =
  | { readonly ok: unknown }
  | { readonly err: string; readonly retryAfterMs?: number; readonly abort?: true };

/** What the holder of a lease says. */
export type Event = { readonly id: string; readonly lease: string } & (
  | { readonly type: "start" }
  | { readonly type: "release" }
  | { readonly type: "ack"; readonly result: AckResult; readonly logs?: readonly string[] }
  | { readonly type: "snooze"; readonly delayMs: number }
  | { readonly type: "extend"; readonly timeoutMs: number }
  | { readonly type: "progress"; readonly progress: unknown }
);

export type EventAnswer =
  | { readonly id: string; readonly status: Status }
  | { readonly id: string; readonly error: { readonly code: string; readonly taskStatus?: Status } };

export interface Filter {
  readonly status?: Status;
  readonly groupKey?: string;
  readonly after?: number;
  readonly before?: number;
}

export interface Patch {
  readonly args?: unknown;
  readonly priority?: number;
  readonly runAt?: number;
  readonly maxAttempts?: number;
  readonly backoff?: PartialBackoff | null;
  readonly timeoutMs?: number | null;
  readonly meta?: Readonly<Record<string, unknown>> | null;
  readonly revision?: number;
}

export interface Settings {
  readonly paused?: boolean;
  readonly orphanAfterMs?: number;
  readonly retention?: { readonly doneMs?: number | null; readonly killedMs?: number | null };
  readonly defaults?: {
    readonly priority?: number;
    readonly maxAttempts?: number;
    readonly backoff?: PartialBackoff | null;
    readonly timeoutMs?: number | null;
  };
}

/** One alternative for each verb, so that a verb tells which. */
type Each<V extends string, Rest> = V extends string ? { readonly verb: V } & Rest : never;

export type Call =
  | { readonly verb: "push"; readonly tasks: readonly TaskToPush[]; readonly single: boolean }
  | {
      readonly verb: "poll";
      readonly worker: string;
      readonly session?: string;
      readonly max: number;
      readonly autoStart: boolean;
      readonly events: readonly Event[];
    }
  | { readonly verb: "events"; readonly worker?: string; readonly session?: string; readonly events: readonly Event[] }
  | { readonly verb: "register"; readonly worker: string }
  | Each<"heartbeat" | "goodbye", { readonly worker: string; readonly session: string }>
  | Each<"fetch" | "resume" | "cancel" | "delete", { readonly id: string }>
  | { readonly verb: "reschedule"; readonly id: string; readonly delayMs?: number; readonly runAt?: number }
  | { readonly verb: "update"; readonly id: string; readonly patch: Patch }
  | {
      readonly verb: "bulk";
      readonly of: BulkVerb;
      readonly ids?: readonly string[];
      readonly filter?: Filter;
      readonly limit?: number;
      readonly dryRun: boolean;
      readonly delayMs?: number;
    }
  | {
      readonly verb: "vacuum";
      readonly olderThanMs?: number;
      readonly status?: "Done" | "Killed";
      readonly limit?: number;
    }
  | Each<"purge" | "resumeAbandoned", object>
  | { readonly verb: "drop"; readonly force: boolean }
  | { readonly verb: "configure"; readonly change: Settings }
  | {
      readonly verb: "list";
      readonly query: Filter & { idempotencyKey?: string; order: "newest" | "oldest"; limit: number; cursor?: string };
      /** How many the pages before have shown. */
      readonly from: number;
    }
  | { readonly verb: "status"; readonly ids: readonly string[] };

export type CallOf<V extends Call["verb"]> = Extract<Call, { verb: V }>;

export type Answer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly taskStatus?: Status; readonly path?: string };

export interface SeenWorker {
  readonly id: string;
  readonly leases: number;
  readonly alive: boolean;
}

/** What the system shows, all at one instant. */
export interface Sight {
  /** All of them, oldest first. */
  readonly tasks: readonly SeenTask[];
  readonly counts: Counts;
  readonly oldestDueAgeMs: number | null;
  readonly workers: readonly SeenWorker[];
  /** When the alarm is set to, ms. */
  readonly alarmAt: number | null;
}

/** Rows written, by what they are of, and alarms set. */
export interface Bill {
  readonly task: number;
  readonly session: number;
  readonly state: number;
  readonly alarms: number;
}

/** One queue, of which nobody else makes use. */
export interface System {
  /** The clock, ms; it stands still but for `pass`. */
  readonly now: number;
  /** Whether it comes up again with what it had. */
  readonly restarts: boolean;
  /** Whether nothing but tasks ever sets the alarm, and a step is cheap enough to let each life come to rest. */
  readonly onlyTasksWake: boolean;
  /** Whether each start takes back what is overdue, rather than leave it to the alarm. */
  readonly sweepsAtStart: boolean;
  call(call: Call): Promise<Answer>;
  /** All at once, where they then come in this order; else one after the other. */
  together(calls: readonly Call[]): Promise<Answer[]>;
  look(): Promise<Sight>;
  pass(ms: number): void;
  /** Runs the alarm for as long as it is due; answers how often it ran. */
  alarm(): Promise<number>;
  restart(): Promise<void>;
  /** What was paid since it was last asked, where that is counted. */
  paid?(): Bill;
  close(): Promise<void>;
}

export type OpenSystem = () => Promise<System>;

/** Results and progress travel as text, below the wire. */
export function holderEvent(event: Event): HolderEvent {
  if (event.type === "progress") return { ...event, progress: JSON.stringify(event.progress) };
  if (event.type !== "ack") return event as HolderEvent;
  const { result } = event;
  return { ...event, result: "ok" in result ? { ok: JSON.stringify(result.ok) } : result };
}
