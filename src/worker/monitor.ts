/** Many workers as one: started together, started again when they fail, stopped together. */

import { type Clock, sleep, systemClock } from "../backend/clock.ts";
import type { WorkerEvent, WorkerState } from "../backend/context.ts";
import { STOP_GRACE_MS } from "../limits.ts";
import { type Duration, durationMs } from "../task/duration.ts";
import { errorText, PriniaError } from "../task/errors.ts";
import { guarded } from "./guarded.ts";

/** What a monitor needs of a worker. */
export interface Monitored {
  readonly id: string;
  readonly state: WorkerState;
  readonly closed: Promise<void>;
  start(): void;
  stop(options?: { readonly grace?: Duration }): Promise<void>;
  events(): AsyncIterable<WorkerEvent>;
}

export type MonitorEvent =
  /** What one of the workers tells. */
  | { readonly type: "worker"; readonly worker: string; readonly event: WorkerEvent }
  /** A worker has stopped with an error; another comes in its place after so long. */
  | { readonly type: "restart"; readonly worker: string; readonly error: unknown; readonly delayMs: number }
  /** A worker has stopped with an error, or could not be made, and none comes in its place. */
  | { readonly type: "failed"; readonly worker: string | undefined; readonly error: unknown };

export interface MonitorOptions {
  /** How long running handlers may go on when all is to stop. "10s" by default. */
  readonly shutdownTimeout?: Duration | undefined;
  /**
   * Whether a worker that stopped with an error is replaced, at once or after so long. Left out, none is. `attempt` counts
   * the workers there were in this place, from 1.
   */
  readonly shouldRestart?: ((worker: Monitored, error: unknown, attempt: number) => boolean | Duration) | undefined;
  readonly onEvent?: ((event: MonitorEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** All have stopped, and some of them with an error: `errors` has each. */
export class MonitorError extends AggregateError {
  override readonly name = "MonitorError";
}

type Make = (attempt: number) => Monitored;

/**
 * Runs workers.
 *
 * @example
 * await new Monitor({ shouldRestart: (_, error, attempt) => attempt < 5 && "10s" })
 *   .register(() => new Worker("mailer", emails, sendEmail))
 *   .register(() => new Worker("resizer", images, resize, { concurrency: 4 }))
 *   .runWithSignals("SIGTERM", "SIGINT");
 */
export class Monitor {
  readonly #shutdownMs: number;
  readonly #shouldRestart: NonNullable<MonitorOptions["shouldRestart"]>;
  readonly #onEvent: (event: MonitorEvent) => void;
  readonly #clock: Clock;
  readonly #makes: Make[] = [];
  readonly #workers = new Set<Monitored>();
  #stopping: AbortController | undefined;

  constructor({ shutdownTimeout = STOP_GRACE_MS, shouldRestart, onEvent, clock = systemClock }: MonitorOptions = {}) {
    this.#shutdownMs = durationMs(shutdownTimeout, "shutdownTimeout");
    this.#shouldRestart = shouldRestart ?? (() => false);
    this.#onEvent = (event) => guarded(() => onEvent?.(event));
    this.#clock = clock;
  }

  /**
   * Adds a worker: what makes it is called when all are started, and again for each restart.
   *
   * @throws PriniaError `wrong_status` while the monitor runs
   */
  register(make: Make): this {
    this.#refuseWhileRunning();
    this.#makes.push(make);
    return this;
  }

  /**
   * Starts all workers, and resolves once all have stopped by themselves, or because the signal fired.
   *
   * @throws MonitorError when some ended with an error and were not replaced; the others go on until they stop
   */
  async run({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#refuseWhileRunning();
    const stopping = new AbortController();
    this.#stopping = stopping;
    const stop = () => this.#stop(this.#shutdownMs);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    const errors: unknown[] = [];
    try {
      await Promise.all(this.#makes.map((make) => this.#keep(make, stopping.signal, errors)));
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#stopping = undefined;
    }
    if (errors.length > 0) {
      const texts = errors.map(errorText).join("; ");
      throw new MonitorError(errors, `${errors.length} of ${this.#makes.length} workers failed: ${texts}`);
    }
  }

  /**
   * Runs until the process gets one of these signals, SIGTERM or SIGINT by default. A second one ends the grace at once; a
   * third does what it does to every process. Where there is no process, it just runs.
   *
   * @throws MonitorError as `run`
   */
  async runWithSignals(...names: string[]): Promise<void> {
    const signals = names.length > 0 ? names : ["SIGTERM", "SIGINT"];
    const { process } = globalThis as { process?: SignalSource };
    const first = new AbortController();
    const listen = (method: "on" | "off") => {
      for (const name of signals) process?.[method]?.(name, signalled);
    };
    const signalled = () => {
      if (!first.signal.aborted) return first.abort();
      listen("off");
      this.#stop(0);
    };
    listen("on");
    try {
      await this.run({ signal: first.signal });
    } finally {
      listen("off");
    }
  }

  /** One place among the workers: whoever holds it, until none comes after. */
  async #keep(make: Make, stopping: AbortSignal, errors: unknown[]): Promise<void> {
    const failed = (worker: Monitored | undefined, error: unknown) => {
      errors.push(error);
      this.#onEvent({ type: "failed", worker: worker?.id, error });
    };
    for (let attempt = 1; !stopping.aborted; attempt++) {
      let worker: Monitored | undefined;
      try {
        worker = make(attempt);
        return await this.#work(worker);
      } catch (error) {
        const delayMs = worker && !stopping.aborted ? this.#restartMs(worker, error, attempt, errors) : undefined;
        if (!worker || delayMs === undefined) return failed(worker, error);
        this.#onEvent({ type: "restart", worker: worker.id, error, delayMs });
        if (delayMs > 0) await sleep(this.#clock, delayMs, stopping).catch(() => undefined);
      }
    }
  }

  async #work(worker: Monitored): Promise<void> {
    this.#workers.add(worker);
    try {
      this.#forward(worker);
      if (worker.state === "pending") worker.start();
      await worker.closed;
    } finally {
      this.#workers.delete(worker);
    }
  }

  async #forward(worker: Monitored): Promise<void> {
    for await (const event of worker.events()) this.#onEvent({ type: "worker", worker: worker.id, event });
  }

  /** @returns after how long another worker comes, or nothing when none does; a policy that throws wants none */
  #restartMs(worker: Monitored, error: unknown, attempt: number, errors: unknown[]): number | undefined {
    try {
      const answer = this.#shouldRestart(worker, error, attempt);
      if (typeof answer === "boolean") return answer ? 0 : undefined;
      return durationMs(answer, "shouldRestart");
    } catch (failure) {
      errors.push(failure);
      return undefined;
    }
  }

  #stop(grace: number): void {
    this.#stopping?.abort();
    for (const worker of this.#workers) worker.stop({ grace });
  }

  #refuseWhileRunning(): void {
    if (this.#stopping) throw new PriniaError({ code: "wrong_status", detail: "The monitor runs already." });
  }
}

/** Of Node's `process`, and of those who have it too, what is used. */
interface SignalSource {
  on?(name: string, listener: () => void): unknown;
  off?(name: string, listener: () => void): unknown;
}
