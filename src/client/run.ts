/** One execution: a handler at work on a leased task, and what it is given. */

import { MAX_DURATION_MS, MAX_ERROR_BYTES, MAX_LOG_BYTES, MAX_LOGS, MAX_RESULT_BYTES } from "../limits.ts";
import type { LeasedTask } from "../protocol/types.ts";
import type { HolderEvent } from "../task/task.ts";
import { cutUtf8, exceedsBytes } from "../task/text.ts";
import { AbortError, errorText, RetryAfterError } from "../task/errors.ts";
import { type Hold, killed, type Report, reportOf } from "./report.ts";

/** What a handler gets besides the task's args. */
export interface TaskContext {
  readonly id: string;
  /** Executions begun, this one included. */
  readonly attempt: number;
  /** New at every execution, and never used again: a fencing token. */
  readonly lease: string;
  readonly task: LeasedTask;
  /** Fires when the lease is lost (cancelled, timed out, taken back) and when the worker stops without further grace. */
  readonly signal: AbortSignal;
  /** Shows how far the task is: any JSON of at most 8 KiB. Of several in a row only the last may be seen. */
  progress(value: unknown): void;
  /** Adds a line to the log of this execution: of the last 50, at most 1 KiB each is kept. They arrive with its end. */
  log(line: string): void;
  /** Ends the handler by throwing: the task is run again after so long, and this execution burns no attempt. */
  snooze(delayMs: number): never;
  /** Moves the deadline: so long from now. */
  extend(timeoutMs: number): void;
}

/**
 * Does a task. What it returns is the task's result, and `undefined` counts as null. What it throws fails the task, which
 * is tried again while attempts are left; `AbortError` and `RetryAfterError` say otherwise.
 */
export type Handler<Args, Out> = (args: Args, context: TaskContext) => Out | Promise<Out>;

/** Throws itself out of a handler; should the handler catch it, the task snoozes all the same. */
class Snooze extends Error {
  override readonly name = "Snooze";
}

type Ending = Extract<HolderEvent, { type: "ack" | "snooze" }>;

export class Run {
  readonly task: LeasedTask;
  readonly #report: (report: Report) => void;
  readonly #controller = new AbortController();
  readonly #logs: string[] = [];
  #snoozeMs: number | undefined;
  #open = true;
  #thrown: { readonly error: unknown } | undefined;

  /** @param report takes what the handler says before its end */
  constructor(task: LeasedTask, report: (report: Report) => void) {
    this.task = task;
    this.#report = report;
  }

  /** Runs the handler, and says how the task ended. Never rejects. */
  async execute<Args, Out>(handler: Handler<Args, Out>): Promise<Report> {
    try {
      // What the queue's tasks look like is the caller's word; schemas come with the typed builder.
      const value = await handler(this.task.args as Args, this.#context());
      return this.#snoozeMs === undefined ? this.#succeeded(value) : this.#snoozed(this.#snoozeMs);
    } catch (error) {
      if (this.#snoozeMs !== undefined) return this.#snoozed(this.#snoozeMs);
      this.#thrown = { error };
      return this.#failed(error);
    } finally {
      this.#open = false;
    }
  }

  get id(): string {
    return this.task.id;
  }

  /** Executions begun: a task that comes as Queued is counted when it starts, which is now. */
  get attempt(): number {
    return this.task.status === "Queued" ? this.task.attempt + 1 : this.task.attempt;
  }

  /** What the handler threw, if it did. */
  get thrown(): { readonly error: unknown } | undefined {
    return this.#thrown;
  }

  /** Whether its lease is lost, or given back. */
  get aborted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Fires the handler's signal. Nothing that it says from now on is reported. */
  abort(reason: Error): void {
    this.#open = false;
    this.#controller.abort(reason);
  }

  get #key(): Hold {
    return { id: this.task.id, lease: this.task.lease };
  }

  #context(): TaskContext {
    const { task, attempt } = this;
    return {
      id: task.id,
      attempt,
      lease: task.lease,
      task,
      signal: this.#controller.signal,
      progress: (value) => this.#say({ type: "progress", ...this.#key, progress: jsonOf(value) }),
      log: (line) => {
        this.#logs.push(cutUtf8(String(line), MAX_LOG_BYTES));
        if (this.#logs.length > MAX_LOGS) this.#logs.shift();
      },
      snooze: (delayMs) => {
        this.#snoozeMs = wholeMs(delayMs, 0);
        throw new Snooze(`snoozes for ${delayMs} ms`);
      },
      extend: (timeoutMs) => this.#say({ type: "extend", ...this.#key, timeoutMs: wholeMs(timeoutMs, 1) }),
    };
  }

  #say(event: HolderEvent): void {
    if (this.#open) this.#report(reportOf(event));
  }

  #succeeded(value: unknown): Report {
    let ok: string;
    try {
      ok = jsonOf(value);
    } catch (error) {
      return killed(this.#key, `The handler's result is no JSON: ${errorText(error)}`);
    }
    // Trying again would give the same, after the same work.
    if (exceedsBytes(ok, MAX_RESULT_BYTES))
      return killed(this.#key, `The handler's result is larger than ${MAX_RESULT_BYTES} bytes.`);
    return this.#ending({ type: "ack", ...this.#key, result: { ok } });
  }

  #failed(error: unknown): Report {
    const err = cutUtf8(errorText(error), MAX_ERROR_BYTES);
    if (error instanceof AbortError) return killed(this.#key, err);
    const retryAfterMs = error instanceof RetryAfterError ? { retryAfterMs: wholeMs(error.retryAfterMs, 0) } : {};
    return this.#ending({ type: "ack", ...this.#key, result: { err, ...retryAfterMs } });
  }

  #snoozed = (delayMs: number): Report => this.#ending({ type: "snooze", ...this.#key, delayMs });

  #ending(event: Ending): Report {
    return reportOf(event.type === "ack" && this.#logs.length > 0 ? { ...event, logs: this.#logs } : event);
  }
}

/** A duration as the protocol takes it; what is no number is the least. */
const wholeMs = (ms: number, least: number): number => Math.min(MAX_DURATION_MS, Math.max(least, Math.round(ms) || 0));

/** JSON text of any value; what JSON does not know, such as undefined, is null. */
const jsonOf = (value: unknown): string => JSON.stringify(value) ?? "null";
