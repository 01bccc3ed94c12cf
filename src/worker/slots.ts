/** What a worker runs: one slot each, until the handler ends or has had its time. */

import { WorkerStopped } from "../backend/ack.ts";
import type { Handler, Layer } from "../backend/layer.ts";
import type { LeasedTask } from "../backend/task.ts";
import type { LostLease } from "../task/task.ts";
import { Run, type RunPorts } from "./run.ts";

export interface SlotsPorts extends Pick<RunPorts, "worker" | "clock"> {
  /** The slot that the task of this lease took, for so many ms, is free. */
  readonly freed: (lease: string, ms: number) => void;
}

export class Slots {
  readonly #ports: SlotsPorts;
  readonly #handler: Handler<unknown, unknown>;
  readonly #runs = new Set<Run>();
  #empty = Promise.withResolvers<void>();

  /** @param handler with everything that stands around it */
  constructor(handler: Handler<unknown, unknown>, ports: SlotsPorts) {
    this.#handler = handler;
    this.#ports = ports;
    this.#empty.resolve();
  }

  /** How many are taken. */
  get size(): number {
    return this.#runs.size;
  }

  /** Resolves once none is taken. */
  get empty(): Promise<void> {
    return this.#empty.promise;
  }

  begin(task: LeasedTask): void {
    const run = this.#run(task);
    if (this.#runs.size === 0) this.#empty = Promise.withResolvers();
    this.#runs.add(run);
    run.execute(this.#handler).then((ended) => {
      // Of a run that has lost its slot all is said.
      if (!this.#runs.has(run)) return;
      if (!run.isGone) this.#ports.worker.emit(ended);
      this.#free(run);
    });
  }

  /** Gives a task back that was not begun: the backend's middleware says so, and no handler is called. */
  giveBack(task: LeasedTask, middleware: Layer): void {
    const run = this.#run(task);
    const reason = new WorkerStopped("The worker stops.");
    run.stop(reason);
    run.execute(middleware(() => Promise.reject(reason)));
    this.#ports.freed(task.lease, 0);
  }

  /** @returns whether it is of a task that runs here */
  lose({ id, lease, reason }: LostLease): boolean {
    const run = this.#runs.values().find(({ task }) => task.lease === lease);
    if (!run) return false;
    if (!run.isGone) {
      run.lose(reason);
      this.#ports.worker.emit({ type: "lost", id, lease, reason });
    }
    return true;
  }

  /** Fires the signals of all that runs, so that they are given back, and takes the slots away. */
  stop(reason: Error): void {
    for (const run of this.#runs) {
      run.stop(reason);
      this.#free(run);
    }
  }

  #run(task: LeasedTask): Run {
    return new Run(task, { ...this.#ports, overdue: (run) => this.#overdue(run) });
  }

  #overdue(run: Run): void {
    if (!run.isGone) this.#ports.worker.emit(run.timedOut);
    this.#free(run);
  }

  #free(run: Run): void {
    this.#runs.delete(run);
    this.#ports.freed(run.task.lease, this.#ports.clock.now() - run.startedAt);
    if (this.#runs.size === 0) this.#empty.resolve();
  }
}
