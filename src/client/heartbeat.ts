/** Signs of life of a socket, both ways: our pings keep the worker alive, their answers show that the server is there. */

import { Timer } from "../backend/timer.ts";
import { MAX_PING_INTERVAL_MS, PATIENCE_MS } from "../limits.ts";
import { patienceMs, setPatience } from "./patience.ts";
import type { Pulse } from "./pulse.ts";

export class Heartbeat {
  readonly #pulse: Pulse;
  readonly #ping: () => void;
  readonly #dead: () => void;
  readonly #patience = new Timer();
  #leave: (() => void) | undefined;
  #timeoutMs = PATIENCE_MS;

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
    this.#timeoutMs = patienceMs(orphanAfterMs);
    this.#leave = this.#pulse.join(Math.min(MAX_PING_INTERVAL_MS, Math.floor(orphanAfterMs / 3)), () => {
      this.#ping();
      if (!this.#patience.isSet) setPatience(this.#patience, this.#timeoutMs, this.#dead);
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
}
