/** Takes tasks off a backend's stream while slots are free, and leaves when it is to. */

import { WorkerStopped } from "../backend/ack.ts";
import type { Backend, TaskStream } from "../backend/backend.ts";
import { type Clock, sleep } from "../backend/clock.ts";
import type { WorkerContext } from "../backend/context.ts";
import type { LeasedTask } from "../backend/task.ts";
import { FLUSH_TIMEOUT_MS, GOODBYE_TIMEOUT_MS, MAX_RETRY_PAUSE_MS } from "../limits.ts";
import { errorText, PASSING_CODES, PriniaError } from "../task/errors.ts";
import type { Slots } from "./slots.ts";

export interface ConsumerPorts {
  readonly worker: WorkerContext;
  readonly backend: Backend;
  readonly slots: Slots;
  readonly clock: Clock;
  /** The stream has brought something: the backend has taken the worker. */
  readonly arrived: (what: LeasedTask | null) => void;
  /** A task is not begun: its lease was lost on the way. */
  readonly dropped: (lease: string) => void;
  /** The stream has ended, or was refused. */
  readonly ended: () => void;
}

export class Consumer {
  readonly #ports: ConsumerPorts;
  readonly #leaving = new AbortController();
  readonly #left = new Promise((resolve) => this.#leaving.signal.addEventListener("abort", resolve));
  #tasks: TaskStream<LeasedTask> | undefined;
  #beats: AsyncIterableIterator<void> | undefined;
  #returned: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #turn: PromiseWithResolvers<void> | undefined;
  /** Leases that were lost while their tasks were handed over. */
  readonly #lost = new Set<string>();
  readonly #patience: (() => void)[] = [];

  constructor(ports: ConsumerPorts) {
    this.#ports = ports;
  }

  /**
   * Works until it is told to leave, or the stream ends.
   *
   * @throws what the stream threw: the worker was refused
   */
  async run(): Promise<void> {
    const { slots } = this.#ports;
    // Whoever made the worker has it in hand before the first event.
    await null;
    if (!this.#isLeaving) {
      const taking = this.#take().catch((error) => this.#refused(error));
      this.#listen();
      await this.#left;
      await slots.empty;
      // Time has passed since they were told to end: whoever has not done it by then will not.
      await this.#within(FLUSH_TIMEOUT_MS, Promise.all([taking, this.#returned]));
      await this.#within(FLUSH_TIMEOUT_MS + GOODBYE_TIMEOUT_MS, this.#end(this.#beats));
    }
    for (const cancel of this.#patience) cancel();
    if (this.#failure) throw this.#failure.error;
  }

  /** There may be a slot, or the state has changed. */
  wake(): void {
    this.#turn?.resolve();
    this.#turn = undefined;
  }

  /** A lease of no task that runs. */
  lost(lease: string): void {
    this.#lost.add(lease);
  }

  /** Takes no more. What runs may go on. */
  leave(): void {
    if (this.#isLeaving) return;
    this.#returned = this.#end(this.#tasks);
    this.#leaving.abort();
    this.wake();
  }

  /** Leaves; what still runs after so long is given back. The shortest time of several counts. */
  leaveWithin(graceMs: number): void {
    const { clock, slots } = this.#ports;
    const stop = () => slots.stop(new WorkerStopped("The worker stops."));
    this.leave();
    if (graceMs === 0) stop();
    else this.#patience.push(clock.timer(graceMs, stop));
  }

  get #isLeaving(): boolean {
    return this.#leaving.signal.aborted;
  }

  async #take(): Promise<void> {
    const { worker, backend, slots, arrived, ended } = this.#ports;
    const tasks = backend.poll(worker);
    this.#tasks = tasks;
    while (!this.#isLeaving) {
      if (worker.state !== "running" || slots.size >= worker.concurrency) {
        await this.#change();
        continue;
      }
      this.#lost.clear();
      const { done, value } = await tasks.next();
      if (done) return ended();
      arrived(value ?? null);
      if (value) await this.#got(value);
    }
  }

  async #got(task: LeasedTask): Promise<void> {
    const { worker, backend, slots, dropped } = this.#ports;
    while (worker.state === "paused") await this.#change();
    if (this.#lost.has(task.lease)) dropped(task.lease);
    else if (this.#isLeaving) slots.giveBack(task, backend.middleware());
    else slots.begin(task);
  }

  #change(): Promise<void> {
    this.#turn ??= Promise.withResolvers();
    return this.#turn.promise;
  }

  /** Signs of life. One that fails is no reason to stop; a refusal is, and a worker whose slots are full hears it here. */
  async #listen(): Promise<void> {
    const { worker, backend, clock } = this.#ports;
    while (!this.#isLeaving) {
      try {
        const beats = backend.heartbeat(worker);
        this.#beats = beats;
        while (!(await beats.next()).done) worker.emit({ type: "heartbeat" });
        return;
      } catch (error) {
        if (this.#isLeaving) return;
        if (isRefusal(error)) return this.#refused(error);
        worker.emit({ type: "break", reason: errorText(error), retryMs: MAX_RETRY_PAUSE_MS });
        await sleep(clock, MAX_RETRY_PAUSE_MS, this.#leaving.signal).catch(() => undefined);
      }
    }
  }

  /** Nothing can be reported any more, or hardly; where it can, tasks are given back. */
  #refused(error: unknown): void {
    this.#failure ??= { error };
    this.#ports.ended();
    this.#ports.slots.stop(new WorkerStopped(`The worker stops: ${errorText(error)}`, { cause: error }));
  }

  async #end(stream: AsyncIterableIterator<unknown> | undefined): Promise<void> {
    try {
      await stream?.return?.();
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const waited = new AbortController();
    const patience = sleep(this.#ports.clock, ms, waited.signal).catch(() => undefined);
    await Promise.race([work, patience]);
    waited.abort();
  }
}

/** Whether a backend says that no later try will do. */
const isRefusal = (error: unknown): boolean =>
  error instanceof PriniaError && error.code !== "unreachable" && !PASSING_CODES.has(error.code);
