/** The end of a held request: its time is up, or its client is gone. */

import { jittered, type Timing } from "./timing.ts";

export class Stop {
  /** Settles once, with the reason; never fails. */
  readonly promise: Promise<"time" | "gone">;
  reason: "time" | "gone" | null = null;
  #settle: (reason: "time" | "gone") => void = () => undefined;
  readonly #timing: Timing;
  readonly #cancelTimer: () => void;

  /**
   * @param ms when the time is up; `null`: somebody else says so
   * @param signal of the request: it aborts when the client goes away; `null`: somebody else says so
   */
  constructor(timing: Timing, ms: number | null, signal: AbortSignal | null) {
    this.#timing = timing;
    this.promise = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#cancelTimer = ms === null ? () => undefined : timing.after(ms, () => this.#end("time"));
    if (signal?.aborted) this.gone();
    else signal?.addEventListener("abort", () => this.gone(), { once: true });
  }

  /** One that ends with this one, or before it. */
  child(): Stop {
    const child = new Stop(this.#timing, null, null);
    if (this.reason === null) void this.promise.then((reason) => child.#end(reason));
    else child.#end(this.reason);
    return child;
  }

  /** There is enough: as if the time were up. */
  enough(): void {
    this.#end("time");
  }

  /** The client went away. */
  gone(): void {
    this.#end("gone");
  }

  /** The request was answered: no timer is left behind. */
  clear(): void {
    this.#cancelTimer();
  }

  /** Waits between half of `ms` and `ms`, or until the end if that comes first. */
  async pause(ms: number): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const cancel = this.#timing.after(jittered(this.#timing, ms), resolve);
    await Promise.race([over, this.promise]);
    cancel();
  }

  #end(reason: "time" | "gone"): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.#cancelTimer();
    this.#settle(reason);
  }
}
