/** `prinia/worker`: what runs handlers on the tasks of a backend. */

export { TaskTimeout, WorkerStopped } from "../backend/ack.ts";
export { type Clock, systemClock } from "../backend/clock.ts";
export type { WorkerContext, WorkerEvent, WorkerListener, WorkerState } from "../backend/context.ts";
export type { Handler, Layer, Logger, TaskContext } from "../backend/layer.ts";
export type { Duration } from "../task/duration.ts";
export { AbortError, PriniaError, type PriniaErrorCode, RetryAfterError } from "../task/errors.ts";
export {
  type BatchHandler,
  type BatchItem,
  type BatchOptions,
  type BatchOutcome,
  type BatchOutcomes,
  batch,
} from "./batch.ts";
export {
  type AddingLayer,
  type AnyLayer,
  type AnyLayers,
  type Composed,
  type ContextOf,
  compose,
  layer,
  type Named,
} from "./compose.ts";
export { catchErrors, type Recovering } from "./layers/catch-errors.ts";
export { type CircuitBreakerOptions, circuitBreaker } from "./layers/circuit-breaker.ts";
export { type ConcurrencyLimitOptions, concurrencyLimit } from "./layers/concurrency-limit.ts";
export type { Ending } from "./layers/ending.ts";
export { type LogSink, logging } from "./layers/logging.ts";
export { type MetricsLayer, type MetricsSnapshot, metrics } from "./layers/metrics.ts";
export { type RateLimitOptions, rateLimit } from "./layers/rate-limit.ts";
export { type RetryOptions, retry } from "./layers/retry.ts";
export { timeout } from "./layers/timeout.ts";
export { type Trace, type Tracer, type TracingOptions, tracing, withTrace } from "./layers/tracing.ts";
export { Monitor, MonitorError, type MonitorEvent, type Monitored, type MonitorOptions } from "./monitor.ts";
export type { StopOptions, WorkerOptions } from "./options.ts";
export { Worker } from "./worker.ts";
