/** A layer: carries a trace through the queue, by W3C trace context in a task's meta. */

import type { TaskContext } from "../../backend/layer.ts";
import { isTracestate, parseTraceparent } from "../../task/trace.ts";
import { type AddingLayer, layer } from "../compose.ts";
import { guarded } from "../guarded.ts";
import { type Ending, observed } from "./ending.ts";

/** Where an execution stands in a trace. @see https://www.w3.org/TR/trace-context/ */
export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Of this execution, 16 hex digits. */
  readonly spanId: string;
  /** Of what pushed the task; absent when the trace begins here. */
  readonly parentId?: string;
  /** Whether it is recorded, as its beginning decided. */
  readonly sampled: boolean;
  /** For what this execution calls. */
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** What records spans. */
export interface Tracer {
  /** A task begins. @returns what is called at its end */
  start(trace: Trace, context: TaskContext): ((ending: Ending, error?: unknown) => void) | undefined;
}

export interface TracingOptions {
  readonly tracer?: Tracer | undefined;
  /** Whether traces that begin here are recorded. True by default. */
  readonly sampled?: boolean | undefined;
  /** So many random bytes. */
  readonly randomBytes?: ((count: number) => Uint8Array) | undefined;
}

/**
 * Adds `trace` to the context: a new span in the trace that `meta.traceparent` names, or of a new trace when there is none,
 * or none that is valid.
 *
 * @example
 * const worker = new Worker("mailer", emails, async (args, { trace }) => {
 *   await audit.pushTask(task(args).meta(withTrace(trace)));
 * }, { layers: [tracing()] });
 */
export function tracing(options: TracingOptions = {}): AddingLayer<{ readonly trace: Trace }> {
  const { tracer, sampled = true, randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count)) } = options;
  const id = (bytes: number): string =>
    Array.from(randomBytes(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return layer("tracing", (next) => (args, context) => {
    const trace = childOf(context.task.meta, id, sampled);
    let end: ReturnType<Tracer["start"]>;
    guarded(() => {
      end = tracer?.start(trace, context);
    });
    return observed(
      () => next(args, { ...context, trace }),
      context.signal,
      (ending, error) => end?.(ending, error),
    );
  });
}

/** What a task's meta must have for its executions to go on with a trace. */
export const withTrace = ({
  traceparent,
  tracestate,
}: Pick<Trace, "traceparent" | "tracestate">): Readonly<Record<string, string>> => ({
  traceparent,
  ...(tracestate === undefined ? {} : { tracestate }),
});

function childOf(meta: TaskContext["task"]["meta"], id: (bytes: number) => string, sampled: boolean): Trace {
  const parent = parseTraceparent(textOf(meta?.traceparent));
  if (parent === null) return traceOf(id(16), id(8), sampled, {});
  const tracestate = textOf(meta?.tracestate);
  const state = isTracestate(tracestate) ? { tracestate } : {};
  return traceOf(parent.traceId, id(8), parent.sampled, { parentId: parent.parentId, ...state });
}

const textOf = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

const traceOf = (
  traceId: string,
  spanId: string,
  sampled: boolean,
  more: Pick<Trace, "parentId" | "tracestate">,
): Trace => ({
  ...{ traceId, spanId, sampled, ...more },
  traceparent: `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`,
});
