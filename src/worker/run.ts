/** One execution: a handler at work on a leased task, what it is given, and when its signal fires. */

import { leaseLost, TaskTimeout } from "../backend/ack.ts";
import type { Clock } from "../backend/clock.ts";
import type { WorkerContext, WorkerEvent } from "../backend/context.ts";
import type { Handler, TaskContext } from "../backend/layer.ts";
import type { LeasedTask } from "../backend/task.ts";
import { LOST_GRACE_MS } from "../limits.ts";
import { durationMs } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";
import type { LostReason } from "../task/task.ts";
import { Logs } from "./logs.ts";

export interface RunPorts {
  readonly worker: WorkerContext;
  readonly clock: Clock;
  /** Its signal has fired, and it has had its time since. */
  readonly overdue: (run: Run) => void;
}

/** How it ended. */
export type Ended = Extract<WorkerEvent, { type: "success" | "error" }>;

export class Run {
  readonly task: LeasedTask;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly #ports: RunPorts;
  readonly #controller = new AbortController();
  readonly #logs = new Logs();
  #isGone = false;
  #hasEnded = false;
  #cancelTimeout: () => void = () => undefined;
  #cancelOverdue: (() => void) | undefined;

  constructor(task: LeasedTask, ports: RunPorts) {
    this.task = task;
    this.#ports = ports;
    this.startedAt = ports.clock.now();
  }

  /** Whether its lease is lost, or given back: how it ends is of no interest any more. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Runs the handler. Never rejects; resolves never, if the handler doesn't. */
  async execute(handler: Handler<unknown, unknown>): Promise<Ended> {
    const { id, timeoutMs } = this.task;
    const { attempt } = this;
    if (timeoutMs !== undefined) this.#expireIn(timeoutMs);
    try {
      await handler(this.task.args, this.#context());
      return { type: "success", id, attempt };
    } catch (error) {
      return { type: "error", id, attempt, error };
    } finally {
      this.#hasEnded = true;
      this.forget();
    }
  }

  /** How it ends when it doesn't: it has run for longer than it may. */
  get timedOut(): Ended {
    return { type: "error", id: this.task.id, attempt: this.attempt, error: this.#controller.signal.reason };
  }

  /** The lease is not ours any more. */
  lose(reason: LostReason): void {
    this.#isGone = true;
    this.#abort(leaseLost(this.task.id, reason));
  }

  /** The task is given back. */
  stop(reason: Error): void {
    this.#isGone = true;
    this.#controller.abort(reason);
    this.forget();
  }

  /** Sets no timer any more. */
  forget(): void {
    this.#cancelTimeout();
    this.#cancelOverdue?.();
  }

  /** Executions begun: a task that comes as Queued is counted when it starts, which is now. */
  get attempt(): number {
    return this.task.status === "Queued" ? this.task.attempt + 1 : this.task.attempt;
  }

  #context(): TaskContext {
    const { task, attempt } = this;
    const { lines, logger } = this.#logs;
    return {
      id: task.id,
      attempt,
      lease: task.lease,
      task,
      worker: this.#ports.worker,
      signal: this.#controller.signal,
      logger,
      logs: lines,
      progress: () => undefined,
      snooze: () => {
        throw new PriniaError({ code: "bad_request", detail: "This backend cannot snooze: its middleware does not." });
      },
      extend: (timeout) => this.#extend(Math.max(1, durationMs(timeout, "extend"))),
    };
  }

  #extend(ms: number): void {
    if (!this.#hasEnded && !this.#controller.signal.aborted) this.#expireIn(ms);
  }

  #expireIn(ms: number): void {
    this.#cancelTimeout();
    this.#cancelTimeout = this.#ports.clock.timer(ms, () =>
      this.#abort(new TaskTimeout(`The task was not done within ${ms} ms.`)),
    );
  }

  /** A handler that does not care keeps its slot for a while yet. */
  #abort(reason: Error): void {
    this.#cancelTimeout();
    this.#controller.abort(reason);
    this.#cancelOverdue ??= this.#ports.clock.timer(LOST_GRACE_MS, () => this.#ports.overdue(this));
  }
}
