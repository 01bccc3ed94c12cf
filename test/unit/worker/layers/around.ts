/** A layer under test: what is inside it ends when the test says so. */

import { acknowledging } from "../../../../src/backend/ack.ts";
import type { Handler, Layer, TaskContext } from "../../../../src/backend/layer.ts";
import type { LeasedTask } from "../../../../src/backend/task.ts";
import { VirtualClock } from "../../../../src/local/virtual-clock.ts";
import type { HolderEvent } from "../../../../src/task/task.ts";
import { Logs } from "../../../../src/worker/logs.ts";
import { task } from "../bench.ts";

/** An execution, from outside. */
export interface Execution {
  /** What came out of the layer. */
  readonly ended: Promise<unknown>;
  /** What the backend was told. */
  readonly reports: HolderEvent[];
  readonly logs: readonly string[];
  readonly signal: AbortSignal;
  /** Fires the signal. */
  abort(reason: unknown): void;
}

/** What is inside, at work. */
export interface Inside<Context extends TaskContext = TaskContext> {
  readonly args: unknown;
  readonly context: Context;
  finish(value?: unknown): void;
  fail(error: unknown): void;
}

/** @param make the layer, on the clock of the test; `Added` is what it adds to the context */
export function around<Added = unknown>(
  // biome-ignore lint/suspicious/noExplicitAny: layers of all args and results
  make: (clock: VirtualClock) => (next: Handler<any, any, TaskContext & Added>) => Handler<any, any>,
  handler?: Handler<unknown, unknown, TaskContext & Added>,
) {
  const clock = new VirtualClock();
  const inside: Inside<TaskContext & Added>[] = [];
  const working: Handler<unknown, unknown, TaskContext & Added> = (args, context) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    inside.push({ args, context, finish: resolve, fail: reject });
    return promise;
  };
  const layered = make(clock)(handler ?? working);
  let executions = 0;
  const execute = (more: Partial<LeasedTask> = {}): Execution => {
    const reports: HolderEvent[] = [];
    const middleware: Layer = acknowledging({
      report: (_, event) => reports.push(event),
      encodeResult: (_, v) => v ?? null,
    });
    const controller = new AbortController();
    const context = contextOf(task(++executions, more), controller.signal);
    const ended = Promise.resolve(middleware(layered)(context.task.args, context));
    ended.catch(() => undefined);
    return {
      ended,
      reports,
      logs: context.logs,
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
    };
  };
  return { clock, inside, execute, settle: (ms = 0) => clock.advance(ms) };
}

function contextOf(given: LeasedTask, signal: AbortSignal): TaskContext {
  const { logger, lines } = new Logs();
  return {
    ...{ id: given.id, attempt: given.attempt, lease: given.lease, task: given, signal, logger, logs: lines },
    worker: { id: "w" } as TaskContext["worker"],
    progress: () => undefined,
    extend: () => undefined,
    snooze: () => {
      throw new Error("the middleware does it");
    },
  };
}
