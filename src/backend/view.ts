/** What comes off the wire, decoded. */

import { errorText } from "../task/errors.ts";
import { isTerminal } from "../task/status.ts";
import type { LastResult, LeasedTaskView, TaskResultView, TaskView } from "../task/view.ts";
import type { Codecs } from "./codec.ts";
import type { WaitView } from "./port.ts";
import { type Schema, validated } from "./schema.ts";
import type { LeasedTask, NoResult, Task, TaskResult, TaskStatus } from "./task.ts";

/** @throws CodecError when the args or the result cannot be read */
export function taskOf<Args, Out>(view: TaskView<unknown>, codecs: Codecs): Task<Args, Out> {
  const { lastResult, ...rest } = view;
  const args = codecs.decode(view.codec, view.args) as Args;
  return { ...rest, args, ...(lastResult ? { lastResult: lastResultOf<Out>(lastResult, view.codec, codecs) } : {}) };
}

function lastResultOf<Out>(result: LastResult<unknown>, codec: string, codecs: Codecs): LastResult<Out> {
  return "ok" in result ? { ok: codecs.decodeResult(codec, result.ok) as Out } : result;
}

/** For lists: what cannot be read is shown as it is, with the reason. */
export function listedTaskOf<Args, Out>(view: TaskView<unknown>, codecs: Codecs): Task<Args, Out> {
  try {
    return taskOf(view, codecs);
  } catch (error) {
    return { ...(view as Task<Args, Out>), undecodable: errorText(error) };
  }
}

/**
 * A leased task for a handler: decoded, and held against the schema.
 *
 * @throws CodecError, or PriniaError `bad_request`
 */
export async function leasedTaskOf<Args, Out>(
  view: LeasedTaskView<unknown>,
  codecs: Codecs,
  schema: Schema | undefined,
): Promise<LeasedTask<Args, Out>> {
  const task = taskOf<Args, Out>(view, codecs);
  const args = schema ? ((await validated(schema, task.args)) as Args) : task.args;
  return { ...task, args, lease: view.lease };
}

export function waitResultOf<Out>(view: WaitView, codecs: Codecs): TaskResult<Out> | NoResult {
  if ("error" in view) return unknownTask(view.id);
  const status = statusOf<Out>(view, codecs);
  return isResult(status) ? status : { id: view.id, status: "Unknown", error: `the task is ${status.status}` };
}

const isResult = <Out>(status: TaskStatus<Out> | NoResult): status is TaskResult<Out> | NoResult =>
  status.status === "Unknown" || isTerminal(status.status);

export const unknownTask = (id: string): NoResult => ({
  id,
  status: "Unknown",
  error: "There is no such task, or it was deleted.",
});

export function statusOf<Out>(view: TaskResultView<unknown>, codecs: Codecs): TaskStatus<Out> | NoResult {
  const { id, attempt, status, result, codec = "json" } = view;
  const error = result && "err" in result ? result.err : undefined;
  switch (status) {
    case "Done":
      try {
        const value = codecs.decodeResult(codec, result && "ok" in result ? result.ok : null) as Out;
        return { id, attempt, status, value };
      } catch (failure) {
        return { id, status: "Unknown", error: `Its result cannot be decoded. ${errorText(failure)}` };
      }
    case "Killed":
      return { id, attempt, status, error: error ?? "" };
    default:
      return { id, attempt, status, ...(error === undefined ? {} : { lastError: error }) };
  }
}
