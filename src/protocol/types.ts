/** The types of what crosses between the rooms, by name. */

export type {
  LeasedTask,
  PollAnswer,
  Problem,
  Task,
  TaskResult,
  WaitEntry,
  WaitLine,
} from "./answers.ts";
export type { Caller, Scope } from "./caller.ts";
export type { ConfigPatch } from "./config.ts";
export type { EventsInput, PollInput } from "./events.ts";
export type { ClientFrame, FrameFailure, InternalFrame, WatchTopic } from "./frames.ts";
export type { QueueInfo, QueueStats, Totals, WorkerInfo } from "./queue-answers.ts";
export type { BulkInput, BulkVerb, ListQuery, VacuumInput, WaitInput } from "./selection.ts";
export type { ServerFrame, TaskChange } from "./server-frames.ts";
export type { RegisterInput } from "./workers.ts";
