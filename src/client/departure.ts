/** How a worker leaves: no more tasks, everything said, goodbye. Bounded at each step, whatever the server does. */

import type { Clock } from "../backend/clock.ts";
import { Timer } from "../backend/timer.ts";
import { FLUSH_TIMEOUT_MS, GOODBYE_TIMEOUT_MS } from "../limits.ts";

export interface DeparturePorts {
  readonly clock: Clock;
  /** Whether the server ever heard of the worker. */
  isKnown(): boolean;
  /** Whether the server has said that it sends no more tasks. */
  isWithdrawn(): boolean;
  /** Whether everything was said, and answered. */
  isSaid(): boolean;
  /** Whether nothing is in hand any more. */
  isIdle(): boolean;
  /** Takes no more tasks, and says so; at once, also during a pause. */
  withdraw(): void;
  /** @returns false when nobody is there to be told */
  goodbye(): boolean;
  /** The worker has left. */
  finish(): void;
}

export class Departure {
  readonly #ports: DeparturePorts;
  readonly #timer: Timer;
  #phase: "working" | "withdrawing" | "flushing" | "leaving" | "gone" = "working";
  #wasBroken = false;
  /** Whether the server has not answered for long enough already. */
  #isSilent = false;
  readonly #withdrawn = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();

  constructor(ports: DeparturePorts) {
    this.#ports = ports;
    this.#timer = new Timer(ports.clock);
  }

  /** Resolves once no more tasks will come, or nobody answers. */
  withdraw(): Promise<void> {
    if (this.#phase !== "working") return this.#withdrawn.promise;
    this.#phase = "withdrawing";
    // Of room that the server never heard of it need not be told.
    if (this.#ports.isKnown()) {
      this.#timer.set(FLUSH_TIMEOUT_MS, () => {
        this.#isSilent = true;
        this.#withdrawn.resolve();
      });
      this.#ports.withdraw();
    } else this.#withdrawn.resolve();
    return this.#withdrawn.promise;
  }

  /** Resolves once all is said, and goodbye too, or nobody answers. */
  leave(): Promise<void> {
    if (this.#phase === "working" || this.#phase === "withdrawing") {
      this.#phase = "flushing";
      if (this.#ports.isKnown()) {
        this.#timer.set(this.#isSilent ? GOODBYE_TIMEOUT_MS : FLUSH_TIMEOUT_MS, () => this.#outOfPatience());
        this.#ports.withdraw();
        this.look();
      } else this.#ports.finish();
    }
    return this.#left.promise;
  }

  /** Something was said or answered. */
  look(): void {
    if (!this.#ports.isWithdrawn()) return;
    if (this.#phase === "withdrawing") this.#withdrawn.resolve();
    if (this.#phase === "flushing" && this.#ports.isSaid()) this.#goodbye();
  }

  /** The socket is gone. With nothing left to say, one more is tried, to say goodbye on. */
  broken(): void {
    if (this.#phase === "working") return;
    const { isSaid, isIdle, finish } = this.#ports;
    if (this.#phase === "leaving" || (this.#wasBroken && isSaid() && isIdle())) finish();
    this.#wasBroken = true;
  }

  /** The worker has left, or was turned out. */
  end(): void {
    this.#phase = "gone";
    this.#timer.clear();
    this.#withdrawn.resolve();
    this.#left.resolve();
  }

  /** What was not answered may have arrived all the same, and goodbye may as well. */
  #outOfPatience(): void {
    this.#ports.goodbye();
    this.#ports.finish();
  }

  #goodbye(): void {
    this.#phase = "leaving";
    this.#timer.set(GOODBYE_TIMEOUT_MS, () => this.#ports.finish());
    if (!this.#ports.goodbye()) this.#ports.finish();
  }
}
