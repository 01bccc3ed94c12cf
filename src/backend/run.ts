/** Push and wait as one call: a task as if it were a function. */

import { MAX_WAIT_MS } from "../limits.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { RunTimeoutError } from "../task/errors.ts";
import { isTerminal } from "../task/status.ts";
import type { Pushed } from "../task/task.ts";
import type { WaitOptions } from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { Codecs } from "./codec.ts";
import type { QueuePort, TaskText, WaitView } from "./port.ts";
import { onlyResult, unwrap } from "./result.ts";
import type { Buildable } from "./sink.ts";
import type { PushOptions } from "./task.ts";
import { waitResultOf } from "./view.ts";

export interface RunOptions extends PushOptions, WaitOptions {
  /** How long to wait for the result; 25 seconds when left out. The task goes on after that. */
  readonly timeout?: Duration | undefined;
}

export interface RunTasks<Out = unknown, Input = unknown> {
  /**
   * Pushes a task and waits for its result: over HTTP in one request, where that comes within 25 seconds.
   *
   * @throws TaskFailedError when the task is Killed, RunTimeoutError when it did not end in time, PriniaError when it was
   * not pushed, or was deleted
   */
  run(args: Input, options?: RunOptions): Promise<Out>;
  /** As `run`, of a task that was built. One whose idempotency key is known already gives the result of the task that has it. */
  runTask(task: Buildable<Input>, options?: RunOptions): Promise<Out>;
}

interface Running {
  readonly port: QueuePort;
  readonly codecs: Codecs;
  readonly clock: Clock;
}

/** Pushes what is ready, and waits. */
export async function runText<Out>(
  task: TaskText,
  { port, codecs, clock }: Running,
  { timeout = MAX_WAIT_MS, signal, onProgress }: RunOptions,
): Promise<Out> {
  const timeoutMs = durationMs(timeout, "timeout");
  const began = clock.now();
  const { pushed, view } = await pushOf(task, port, Math.min(timeoutMs, MAX_WAIT_MS), { signal, onProgress });
  if (view) return unwrap(waitResultOf<Out>(view, codecs));
  const late = () => new RunTimeoutError(pushed.id, port.queue, timeoutMs);
  const leftMs = timeoutMs - (clock.now() - began);
  if (leftMs <= 0) throw late();
  const stop = new AbortController();
  const abort = () => stop.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const cancel = clock.timer(leftMs, () => stop.abort(late()));
  try {
    const views = port.wait([pushed.id], { signal: stop.signal, onProgress });
    return unwrap(await onlyResult<Out>(pushed.id, decoded(views, codecs)));
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
  }
}

/** Where the way to the queue has one call for both, it is used, unless somebody wants to hear of progress. */
async function pushOf(
  task: TaskText,
  port: QueuePort,
  waitMs: number,
  { signal, onProgress }: WaitOptions,
): Promise<{ readonly pushed: Pushed; readonly view?: WaitView }> {
  if (!port.pushAndWait || onProgress) {
    const [pushed] = await port.push([task], { signal });
    return { pushed: pushed as Pushed };
  }
  const answer = await port.pushAndWait(task, { waitMs, signal });
  const { attempt } = answer;
  return isTerminal(answer.status) && attempt !== undefined
    ? { pushed: answer, view: { ...answer, attempt } }
    : { pushed: answer };
}

async function* decoded<Out>(views: AsyncIterable<WaitView>, codecs: Codecs) {
  for await (const view of views) yield waitResultOf<Out>(view, codecs);
}
