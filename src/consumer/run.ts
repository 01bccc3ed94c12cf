/** A batch run by handlers: all of its tasks at once, and each with a result of its own. */

import { MAX_CALL_MS, MAX_DURATION_MS } from "../limits.ts";
import type { ConsumerAnswer, ConsumerBatch, ConsumerResult, ConsumerTask } from "../outbound/consumer-call.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { AbortError, errorText, RetryAfterError } from "../task/errors.ts";
import { namedIn } from "../task/layout.ts";

/** What a handler knows of the task that it runs. */
export interface ConsumerContext<E = unknown> {
  readonly id: string;
  readonly queue: string;
  /** From 1. */
  readonly attempt: number;
  /** With its priority, key, meta and codec. Args of a codec are a base64 string, as is then the result. */
  readonly task: ConsumerTask;
  /**
   * Fires when nobody waits for the result any more: the task was cancelled, its queue dropped, or it ran for longer than
   * it, or its call, may.
   */
  readonly signal: AbortSignal;
  /** The bindings of the Worker that consumes. */
  readonly env: E;
  /** Ends the handler: the task is run again later, and this was no attempt of it. */
  readonly snooze: (delay: Duration) => never;
}

/**
 * Runs a task. What it returns, as JSON, is the result. What it throws is a failure: the task is tried again after its
 * backoff, after a `RetryAfterError` when that says, after an `AbortError` never.
 */
// biome-ignore lint/suspicious/noExplicitAny: what a task's args are is for those to say who push it and who handle it.
export type ConsumerHandler<E = unknown> = (args: any, context: ConsumerContext<E>) => unknown;

/** Handlers by the queue's name, or by a prefix that ends in `*`. */
export type ConsumerHandlers<E = unknown> = Readonly<Record<string, ConsumerHandler<E>>>;

/** Thrown by `snooze`. */
class Snooze {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/** Never rejects. */
export async function run<E>(handlers: ConsumerHandlers<E>, batch: ConsumerBatch, env: E): Promise<ConsumerAnswer> {
  const handler = namedIn(new Map(Object.entries(handlers)), batch.queue);
  if (handler === undefined) {
    const err = `This consumer has no handler for the queue ${JSON.stringify(batch.queue)}: it has ${Object.keys(handlers).join(", ")}.`;
    return { results: batch.tasks.map(({ id }) => ({ id, err })) };
  }
  const given = abandonment(batch);
  try {
    const results = batch.tasks.map((task) =>
      resultOf(handler, task, { queue: batch.queue, env, given: given.signal }),
    );
    return { results: await Promise.all(results) };
  } finally {
    given.over();
  }
}

/** A signal cannot cross: what does is a call, which the queue answers when it has given the batch up. */
function abandonment({ aborted }: ConsumerBatch): { readonly signal: AbortSignal; readonly over: () => void } {
  const controller = new AbortController();
  let isOver = false;
  const abort = () => {
    if (!isOver) controller.abort(new Error("The queue does not wait for this task any more."));
  };
  // An object that ended answers nobody: the call is rejected, and the batch is nobody's just as well.
  aborted?.().then(abort, abort);
  const over = () => {
    isOver = true;
  };
  return { signal: controller.signal, over };
}

interface Given<E> {
  readonly queue: string;
  readonly env: E;
  readonly given: AbortSignal;
}

async function resultOf<E>(
  handler: ConsumerHandler<E>,
  task: ConsumerTask,
  { queue, env, given }: Given<E>,
): Promise<ConsumerResult> {
  const { id, attempt, timeoutMs = MAX_CALL_MS } = task;
  const late = new AbortController();
  // A call ends sooner than a task that may take longer than any.
  const timer = setTimeout(
    () => late.abort(new Error(`The task was not done within ${timeoutMs} ms.`)),
    Math.min(timeoutMs, MAX_CALL_MS),
  );
  const signal = AbortSignal.any([given, late.signal]);
  const snooze = (delay: Duration): never => {
    throw new Snooze(durationMs(delay, "snooze"));
  };
  try {
    return { id, ok: asJson(await handler(task.args, { id, queue, attempt, task, signal, env, snooze })) };
  } catch (thrown) {
    return { id, ...failureOf(thrown) };
  } finally {
    clearTimeout(timer);
  }
}

/** Checked here, where it fails its own task: what cannot cross would fail the whole call. */
function asJson(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}

function failureOf(thrown: unknown): { snoozeMs: number } | { err: string; abort?: true; retryAfterMs?: number } {
  if (thrown instanceof Snooze) return { snoozeMs: thrown.ms };
  const err = errorText(thrown);
  if (thrown instanceof AbortError) return { err, abort: true };
  if (thrown instanceof RetryAfterError) return { err, retryAfterMs: within(thrown.retryAfterMs) };
  return { err };
}

/** A wait that the queue takes, whatever was asked for. */
const within = (ms: number): number => Math.round(Math.min(Math.max(Number(ms) || 0, 0), MAX_DURATION_MS));
