/** The way to a queue: whether it is good just now, and when to try again. One for all that a worker sends. */

import { errorText, PriniaError } from "../../task/errors.ts";
import type { Clock } from "../clock.ts";
import type { WorkerEvent } from "../context.ts";
import { pauseMs } from "../pause.ts";

export interface LinePorts {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly emit: (event: WorkerEvent) => void;
  /** A pause is over: what waits may be tried again. */
  readonly resumed: () => void;
}

export class Line {
  readonly #ports: LinePorts;
  #failures = 0;
  #cancel: (() => void) | undefined;

  constructor(ports: LinePorts) {
    this.#ports = ports;
  }

  /** Whether nothing is to be sent now. */
  get isPaused(): boolean {
    return this.#cancel !== undefined;
  }

  /** A request failed, and may succeed later. Requests that fail together count as one failure. */
  broke(error: unknown): void {
    if (!this.isPaused) this.#ports.emit({ type: "break", reason: errorText(error), retryMs: this.pause(error) });
  }

  /** Sends nothing for a while. @returns for how long, ms */
  pause(error: unknown): number {
    this.#cancel?.();
    const { clock, random } = this.#ports;
    const askedMs = error instanceof PriniaError ? error.retryAfterMs : undefined;
    const retryMs = Math.round(pauseMs(++this.#failures, askedMs, random));
    this.#cancel = clock.timer(retryMs, () => this.#resume());
    return retryMs;
  }

  /** A request was answered. @returns whether the one before had failed */
  good(): boolean {
    const wasBroken = this.#failures > 0;
    this.#failures = 0;
    this.hurry();
    return wasBroken;
  }

  /** Ends a pause before its time. */
  hurry(): void {
    if (!this.isPaused) return;
    this.#cancel?.();
    this.#resume();
  }

  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #resume(): void {
    this.#cancel = undefined;
    this.#ports.resumed();
  }
}
