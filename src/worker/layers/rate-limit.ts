/** A layer: begins no more than so many executions in so long. */

import { type Clock, systemClock } from "../../backend/clock.ts";
import type { Layer } from "../../backend/layer.ts";
import { type Duration, durationMs } from "../../task/duration.ts";
import { PriniaError } from "../../task/errors.ts";
import { layer } from "../compose.ts";
import { Line } from "./line.ts";

export interface RateLimitOptions {
  readonly limit: number;
  readonly per: Duration;
  readonly clock?: Clock | undefined;
}

/**
 * A token bucket: `limit` executions at once when it is full, and over time no more than `limit` per `per`. The others
 * wait in order, and hold a slot and a lease meanwhile. Workers that are given the same layer share the limit.
 *
 * @throws PriniaError `bad_request` when the limit is none
 */
export function rateLimit({ limit, per, clock = systemClock }: RateLimitOptions): Layer {
  const perMs = durationMs(per, "per");
  if (!(limit > 0 && Number.isFinite(limit) && perMs > 0)) {
    const detail = "`limit` is a number above 0, and `per` a duration above 0.";
    throw new PriniaError({ code: "bad_request", detail, path: "limit" });
  }
  const bucket = new Bucket(limit, perMs, clock);
  return layer("rateLimit", (next) => async (args, context) => {
    await bucket.take(context.signal);
    return next(args, context);
  });
}

class Bucket {
  readonly #clock: Clock;
  /** A token is so many ms of time; the bucket holds time. */
  readonly #tokenMs: number;
  readonly #fullMs: number;
  #ms: number;
  #at: number;
  readonly #line = new Line();
  #cancel: (() => void) | undefined;

  constructor(limit: number, perMs: number, clock: Clock) {
    this.#clock = clock;
    this.#tokenMs = perMs / limit;
    this.#fullMs = Math.max(perMs, this.#tokenMs);
    this.#ms = this.#fullMs;
    this.#at = clock.now();
  }

  async take(signal: AbortSignal): Promise<void> {
    this.#fill();
    if (this.#line.isEmpty && this.#spend()) return;
    const turn = this.#line.wait(signal);
    this.#wait();
    try {
      await turn;
    } finally {
      if (this.#line.isEmpty) this.#rest();
    }
  }

  #fill(): void {
    const now = this.#clock.now();
    // A clock that is set back gives nothing.
    this.#ms = Math.min(this.#fullMs, this.#ms + Math.max(0, now - this.#at));
    this.#at = now;
  }

  #spend(): boolean {
    if (this.#ms < this.#tokenMs) return false;
    this.#ms -= this.#tokenMs;
    return true;
  }

  /** Lets the first in as soon as there is a token. */
  #wait(): void {
    if (this.#line.isEmpty) return;
    this.#cancel ??= this.#clock.timer(Math.ceil(this.#tokenMs - this.#ms), () => {
      this.#cancel = undefined;
      this.#fill();
      while (!this.#line.isEmpty && this.#spend()) this.#line.enter();
      this.#wait();
    });
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
