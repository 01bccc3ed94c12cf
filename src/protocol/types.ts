/** The types of what crosses between the rooms, by name. */

export type {
  Problem,
  WaitLine,
} from "./answers.ts";
export type { Caller } from "./caller.ts";
export type { ConfigPatch } from "./config.ts";
export type { EventsInput, PollInput } from "./events.ts";
export type { ClientFrame, InternalFrame, WatchTopic } from "./frames.ts";
export type { QueueInfo, QueueStats, WorkerInfo } from "./queue-answers.ts";
export type { BulkInput, ListQuery, VacuumInput } from "./selection.ts";
export type { ServerFrame, TaskChange } from "./server-frames.ts";
export type { RegisterInput } from "./workers.ts";
