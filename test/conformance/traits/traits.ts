/** The traits by their names: what a harness offers and a case asks for, with the methods of each. */

import type {
  Backend,
  BackendExt,
  FetchById,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  Update,
  Vacuum,
  WaitForCompletion,
} from "../../../src/backend/backend.ts";
import type { ListAllTasks, ListQueues, ListTasks, ListWorkers, Metrics } from "../../../src/backend/expose.ts";
import type { Piped } from "../../../src/backend/pipe.ts";
import type { QueueBackend } from "../../../src/backend/queue-backend.ts";
import type { RunTasks } from "../../../src/backend/run.ts";
import type { TaskSink } from "../../../src/backend/sink.ts";

/** A backend that offers all. */
export type Full = QueueBackend<unknown, unknown>;

/** What each trait gives. The last ones are not in the seed: methods of Prinia's own, and what shows in no method. */
interface Traits {
  Backend: Backend;
  BackendExt: BackendExt;
  TaskSink: TaskSink;
  FetchById: FetchById;
  Update: Update;
  Reschedule: Reschedule;
  Vacuum: Vacuum;
  ResumeById: ResumeById;
  ResumeAbandoned: ResumeAbandoned;
  RegisterWorker: RegisterWorker;
  ListWorkers: ListWorkers;
  ListTasks: ListTasks;
  ListAllTasks: ListAllTasks;
  ListQueues: ListQueues;
  Metrics: Metrics;
  WaitForCompletion: WaitForCompletion;
  RunTasks: RunTasks<unknown, unknown>;
  PushTasks: Pick<Full, "pushTasks">;
  Cancel: Pick<Full, "cancel">;
  Remove: Pick<Full, "remove">;
  Bulk: Pick<Full, "bulk">;
  Purge: Pick<Full, "purge" | "drop">;
  Configure: Pick<Full, "config" | "configure">;
  /** Tasks are kept with all that became of them, and the retries of those that failed. */
  Kept: unknown;
  /** Holders of leases are heard at its port: stale leases, repeated acks. */
  Events: unknown;
  /** Holders are told of leases that were taken from them. */
  Losses: unknown;
  /** The way to the queue may break. */
  Breaks: unknown;
  /** Codecs, a schema and coalescing are options of it. */
  Options: unknown;
  /** So is a poll strategy. */
  Strategy: unknown;
  /** Backends of many queues are made of one client. */
  MakeShared: unknown;
  /** A stream leads into it. */
  Piped: Pick<Piped, "unpipe">;
}

export type Trait = keyof Traits;

/** The methods of each trait, in the order of the seed. Those of `Backend` stand in `BackendExt` no second time. */
export const METHODS = {
  Backend: ["heartbeat", "middleware", "poll"],
  BackendExt: ["codec", "getQueue", "pollCompact"],
  TaskSink: ["push", "pushBulk", "pushStream", "pushTask", "pushAll"],
  FetchById: ["fetchById"],
  Update: ["update"],
  Reschedule: ["reschedule"],
  Vacuum: ["vacuum"],
  ResumeById: ["resumeById"],
  ResumeAbandoned: ["resumeAbandoned"],
  RegisterWorker: ["registerWorker"],
  ListWorkers: ["listWorkers", "listAllWorkers"],
  ListTasks: ["listTasks"],
  ListAllTasks: ["listAllTasks"],
  ListQueues: ["listQueues"],
  Metrics: ["global", "fetchByQueue"],
  WaitForCompletion: ["waitFor", "waitForSingle", "checkStatus"],
  RunTasks: ["run", "runTask"],
  PushTasks: ["pushTasks"],
  Cancel: ["cancel"],
  Remove: ["remove"],
  Bulk: ["bulk"],
  Purge: ["purge", "drop"],
  Configure: ["config", "configure"],
  Kept: [],
  Events: [],
  Losses: [],
  Breaks: [],
  Options: [],
  Strategy: [],
  MakeShared: [],
  Piped: ["unpipe"],
} as const satisfies { readonly [T in Trait]: readonly string[] };

export const ALL_TRAITS = Object.keys(METHODS) as readonly Trait[];

/** A backend that has these traits, and for whoever uses it no others. */
export type Offered<N extends Trait> = (N extends Trait ? (one: Traits[N]) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
