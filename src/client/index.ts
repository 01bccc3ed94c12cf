/** `prinia`: queues at the edge. Push, wait, look, and be a backend for workers; runs wherever `fetch` does. */

export type {
  Backend,
  BackendExt,
  FetchById,
  RegisterWorker,
  Reschedule,
  ResumeAbandoned,
  ResumeById,
  TaskStream,
  Update,
  Vacuum,
  WaitForCompletion,
  WaitOptions,
  Writable,
} from "../backend/backend.ts";
export { type BackoffOptions, TaskBuilder, task } from "../backend/builder.ts";
export { type Clock, systemClock } from "../backend/clock.ts";
export { type Codec, CodecError, identity, json } from "../backend/codec.ts";
export type { WorkerContext, WorkerEvent, WorkerListener, WorkerState } from "../backend/context.ts";
export {
  type CustomBackend,
  type CustomFunctions,
  custom,
  type FetcherFunctions,
  type StreamFunctions,
} from "../backend/custom.ts";
export { Dequeue, type DequeueOptions, dequeue } from "../backend/dequeue.ts";
export {
  type Expose,
  type Filter,
  type ListAllTasks,
  type ListQueues,
  type ListTasks,
  type ListWorkers,
  type Metrics,
  type Page,
  type QueueInfo,
  type QueueStats,
  type Rates,
  type RunningWorker,
  type Statistic,
  type StatType,
  statistics,
  type Totals,
} from "../backend/expose.ts";
export type { FetchedTask } from "../backend/fetched.ts";
export type { HandlerResult, HolderReport } from "../backend/holder-report.ts";
export type { Handler, Layer, Logger, TaskContext } from "../backend/layer.ts";
export { type Pipe, type Piped, type PipeOptions, pipe } from "../backend/pipe.ts";
export {
  type BackoffStrategyOptions,
  backoff,
  future,
  type IntervalStrategy,
  interval,
  type PollContext,
  type PollStrategy,
  race,
  stream,
} from "../backend/poll-strategy.ts";
export type {
  BulkAnswer,
  BulkOrder,
  DirectoryPort,
  Feed,
  FeedOptions,
  QueuePort,
  Registered,
  Transport,
  WaitView,
} from "../backend/port.ts";
export { type PollAnswer, type PollPort, type PollRequest, PullFeed, type SessionRef } from "../backend/pull.ts";
export type { Queue } from "../backend/queue.ts";
export { type BackendOptions, QueueBackend } from "../backend/queue-backend.ts";
export { unwrap } from "../backend/result.ts";
export type { RunOptions, RunTasks } from "../backend/run.ts";
export type { Schema } from "../backend/schema.ts";
export type { MakeShared } from "../backend/shared.ts";
export { type Buildable, PushStreamError, type TaskSink } from "../backend/sink.ts";
export type {
  LeasedTask,
  NewTask,
  NoResult,
  Pushed,
  PushOptions,
  Task,
  TaskId,
  TaskOptions,
  TaskRef,
  TaskResult,
  TaskStatus,
} from "../backend/task.ts";
export type { BulkVerb } from "../task/bulk.ts";
export type { ConfigChange } from "../task/config.ts";
export type { Duration, Instant } from "../task/duration.ts";
export {
  AbortError,
  PriniaError,
  type PriniaErrorCode,
  RetryAfterError,
  RunTimeoutError,
  TaskFailedError,
} from "../task/errors.ts";
export type { Missed, Overlap } from "../task/schedule.ts";
export type { Status } from "../task/status.ts";
export type { Backoff, IdempotencyUntil, LostLease, LostReason, QueueConfig, Run } from "../task/task.ts";
export {
  asQueue,
  type MessageSendRequest,
  type QueueContentType,
  type QueueProducer,
  type QueueSendOptions,
} from "./cloudflare-queue.ts";
export { DurableBackend } from "./durable-backend.ts";
export { DurableSink } from "./durable-sink.ts";
export { DurableSource } from "./durable-source.ts";
export { binding, type Fetcher, http } from "./http.ts";
export type { Fetch, ServerOptions, Token } from "./requests.ts";
export { type NewSchedule, type Schedule, type ScheduledTask, Schedules } from "./schedules.ts";
export { shared } from "./shared.ts";
export { socket } from "./socket.ts";
