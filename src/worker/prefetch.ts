/** How many tasks wait for a slot: a number, or as many as keep the slots busy while more are on their way. */

import { MAX_CREDIT, MAX_PREFETCH, PREFETCH_HORIZON_MS } from "../limits.ts";

/**
 * Handlers whose times are measured before the number is looked at again: so many, or twice the concurrency, and for so
 * long: tasks come many at a time, and while these are worked off no slot waits.
 */
const MIN_SAMPLES = 20;
const MIN_WINDOW_MS = PREFETCH_HORIZON_MS;
/** A clock counts whole ms: handlers that take less take this. */
const MIN_HANDLER_MS = 0.1;
/** Slots that wait for a larger part of a handler's time want more prefetched; for a smaller one, less is tried. */
const TOO_LONG = 0.1;
const SHORT_ENOUGH = 0.01;
/** By what part the number shrinks then. */
const SHRINKING = 1 / 8;
/** Looks before less is tried again, when it was too little: doubled each time, up to so many. */
const MAX_REST = 64;

export class Prefetch {
  readonly #concurrency: number;
  readonly #isMeasured: boolean;
  readonly #changed: () => void;
  #value: number;
  /** When each slot became free that has not been taken since. */
  #freeSince: number[] = [];
  #since: number | undefined;
  #rest = 0;
  #nextRest = 1;
  #hasShrunk = false;
  #waits = 0;
  #waitedMs = 0;
  #runs = 0;
  #ranMs = 0;

  /** @param changed is called when a measured number changes */
  constructor(wanted: number | "auto", concurrency: number, changed: () => void) {
    this.#concurrency = concurrency;
    this.#isMeasured = wanted === "auto";
    this.#value = wanted === "auto" ? 0 : wanted;
    this.#changed = changed;
  }

  get value(): number {
    return this.#value;
  }

  /** A handler has taken so long, and its slot is free. */
  freed(now: number, ranMs: number): void {
    if (!this.#isMeasured) return;
    this.#freeSince.push(now);
    this.#runs++;
    this.#ranMs += Math.max(0, ranMs);
    this.#since ??= now;
    // A clock that is set back begins a new window.
    if (now < this.#since) this.#since = now;
    const isEnough = this.#runs >= Math.max(MIN_SAMPLES, 2 * this.#concurrency);
    if (isEnough && now - this.#since >= MIN_WINDOW_MS) this.#look();
  }

  /** A task came, and took a slot. */
  taken(now: number): void {
    const since = this.#freeSince.shift();
    if (since === undefined) return;
    const waitedMs = now - since;
    // After a longer wait it was the queue that was empty, or the clock was set.
    if (waitedMs < 0 || waitedMs > PREFETCH_HORIZON_MS) return;
    this.#waits++;
    this.#waitedMs += waitedMs;
  }

  /** There is nothing: slots that are free now do not wait for what is on its way. */
  idle(): void {
    this.#freeSince = [];
  }

  /**
   * Concurrency and prefetch together are what is under way, here or between the queue and here. When slots wait w for
   * handlers that take h, w / h more of that is needed; when none waits, it may be too much, which shows only by trying.
   */
  #look(): void {
    const handlerMs = Math.max(MIN_HANDLER_MS, this.#ranMs / this.#runs);
    const waiting = this.#waits === 0 ? undefined : this.#waitedMs / this.#waits / handlerMs;
    this.#since = undefined;
    this.#runs = this.#ranMs = this.#waits = this.#waitedMs = 0;
    if (waiting === undefined) return;
    const value = this.#value;
    if (waiting > TOO_LONG) this.#grow(waiting);
    else if (waiting < SHORT_ENOUGH) this.#shrink();
    const horizon = Math.ceil((this.#concurrency * PREFETCH_HORIZON_MS) / handlerMs);
    this.#value = Math.min(this.#value, horizon, MAX_PREFETCH, MAX_CREDIT - this.#concurrency);
    if (this.#value !== value) this.#changed();
  }

  #grow(waiting: number): void {
    if (this.#hasShrunk) this.#nextRest = Math.min(MAX_REST, 2 * this.#nextRest);
    this.#hasShrunk = false;
    this.#rest = this.#nextRest;
    this.#value = Math.ceil(this.#value + (this.#concurrency + this.#value) * waiting);
  }

  #shrink(): void {
    // What was taken away last was not missed.
    if (this.#hasShrunk) this.#nextRest = 1;
    else if (this.#rest-- > 0) return;
    this.#hasShrunk = true;
    this.#value = Math.floor(this.#value * (1 - SHRINKING));
  }
}
