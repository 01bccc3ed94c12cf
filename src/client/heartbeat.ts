/** Signs of life of a socket, both ways: our pings keep the worker alive, their answers show that the server is there. */

import { MAX_PING_INTERVAL_MS, PONG_TIMEOUT_MS } from "../limits.ts";
import { Timer } from "../backend/timer.ts";

/** A timer that fires so much later than it was set to was held up by a busy thread, and so was what came meanwhile. */
const HELD_UP_MS = 500;
const MIN_PONG_TIMEOUT_MS = 1_000;

export class Heartbeat {
  readonly #ping: () => void;
  readonly #dead: () => void;
  readonly #beat = new Timer();
  readonly #patience = new Timer();
  #intervalMs = MAX_PING_INTERVAL_MS;
  #timeoutMs = PONG_TIMEOUT_MS;

  /**
   * @param ping sends one
   * @param dead is called when nothing was heard after it
   */
  constructor(ping: () => void, dead: () => void) {
    this.#ping = ping;
    this.#dead = dead;
  }

  /** Begins, or goes on by another rhythm. */
  start(orphanAfterMs: number): void {
    this.stop();
    const third = Math.floor(orphanAfterMs / 3);
    this.#intervalMs = Math.min(MAX_PING_INTERVAL_MS, third);
    this.#timeoutMs = Math.max(MIN_PONG_TIMEOUT_MS, Math.min(PONG_TIMEOUT_MS, third));
    this.#next();
  }

  /** Something came: the server is there. */
  heard(): void {
    this.#patience.clear();
  }

  stop(): void {
    this.#beat.clear();
    this.#patience.clear();
  }

  #next(): void {
    this.#beat.set(this.#intervalMs, () => {
      this.#next();
      this.#ping();
      if (!this.#patience.isSet) this.#listen();
    });
  }

  #listen(): void {
    const due = performance.now() + this.#timeoutMs;
    this.#patience.set(this.#timeoutMs, () => {
      if (performance.now() > due + HELD_UP_MS) this.#listen();
      else this.#dead();
    });
  }
}
