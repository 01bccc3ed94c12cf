/** Signs of life of a socket, both ways: our pings keep the worker alive, their answers show that the server is there. */

import { Timer } from "../backend/timer.ts";
import { MAX_PING_INTERVAL_MS, PONG_TIMEOUT_MS } from "../limits.ts";
import type { Pulse } from "./pulse.ts";

/** A timer that fires so much later than it was set to was held up by a busy thread, and so was what came meanwhile. */
const HELD_UP_MS = 500;
const MIN_PONG_TIMEOUT_MS = 1_000;

export class Heartbeat {
  readonly #pulse: Pulse;
  readonly #ping: () => void;
  readonly #dead: () => void;
  readonly #patience = new Timer();
  #leave: (() => void) | undefined;
  #timeoutMs = PONG_TIMEOUT_MS;

  /**
   * @param ping sends one
   * @param dead is called when nothing was heard after it
   */
  constructor(pulse: Pulse, ping: () => void, dead: () => void) {
    this.#pulse = pulse;
    this.#ping = ping;
    this.#dead = dead;
  }

  /** Begins, or goes on by another rhythm: that of a worker, who is to be heard, or only of one who listens. */
  start(orphanAfterMs = Number.POSITIVE_INFINITY): void {
    this.stop();
    const third = Math.floor(orphanAfterMs / 3);
    this.#timeoutMs = Math.max(MIN_PONG_TIMEOUT_MS, Math.min(PONG_TIMEOUT_MS, third));
    this.#leave = this.#pulse.join(Math.min(MAX_PING_INTERVAL_MS, third), () => {
      this.#ping();
      if (!this.#patience.isSet) this.#listen();
    });
  }

  /** Something came: the server is there. */
  heard(): void {
    this.#patience.clear();
  }

  stop(): void {
    this.#leave?.();
    this.#patience.clear();
  }

  /** By the clock that nobody sets: a jump of the date changes nothing here. */
  #listen(): void {
    const due = performance.now() + this.#timeoutMs;
    this.#patience.set(this.#timeoutMs, () => {
      if (performance.now() > due + HELD_UP_MS) this.#listen();
      else this.#dead();
    });
  }
}
