/** The client: push and wait over HTTP, work over a WebSocket. It runs wherever fetch and WebSocket do. */

export type { Backoff, Pushed } from "../task/task.ts";
export { type Client, createClient, type Queue } from "./client.ts";
export { AbortError, PriniaError, type PriniaErrorCode, RetryAfterError, TaskFailedError } from "../task/errors.ts";
export type { Handler, TaskContext } from "./run.ts";
export type { Fetch, ServerOptions, Token } from "./transport.ts";
export type {
  CallOptions,
  PushCallOptions,
  PushOptions,
  Task,
  TaskInput,
  TaskOptions,
  TaskResult,
  WaitOptions,
} from "./types.ts";
export { createWorker, type StopOptions, type Worker, type WorkerOptions } from "./worker.ts";
export type { WorkerEvent } from "./worker-events.ts";
