/** The trace that a push belongs to: its headers are kept in the meta of the tasks. */

import { MAX_META_BYTES } from "../limits.ts";
import type { NewTask } from "../task/task.ts";
import { exceedsBytes } from "../task/text.ts";
import { isTracestate, parseTraceparent } from "../task/trace.ts";

interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** What is not well formed is ignored, as the recommendation has it; so is a second header of the name. */
export function traceIn(headers: Headers): TraceContext | null {
  const traceparent = headers.get("traceparent")?.trim() ?? "";
  if (parseTraceparent(traceparent) === null) return null;
  const tracestate = headers.get("tracestate")?.trim() ?? "";
  return { traceparent, ...(isTracestate(tracestate) ? { tracestate } : {}) };
}

/** The tasks in that trace, but for those that bring one of their own. */
export const traced = (tasks: readonly NewTask[], trace: TraceContext | null): readonly NewTask[] =>
  trace === null ? tasks : tasks.map((task) => inTrace(task, trace));

/** Where the meta has no room for it, nothing is added: the push is good all the same. */
function inTrace(task: NewTask, trace: TraceContext): NewTask {
  const { meta = {} } = task;
  if (Object.hasOwn(meta, "traceparent") || Object.hasOwn(meta, "tracestate")) return task;
  const longer = { ...meta, ...trace };
  return exceedsBytes(JSON.stringify(longer), MAX_META_BYTES) ? task : { ...task, meta: longer };
}
