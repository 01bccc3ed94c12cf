/** A layer: stops trying what fails again and again, until it has had time to recover. */

import { type Clock, systemClock } from "../../backend/clock.ts";
import type { Layer } from "../../backend/layer.ts";
import { type Duration, durationMs } from "../../task/duration.ts";
import { PriniaError, RetryAfterError } from "../../task/errors.ts";
import { layer } from "../compose.ts";
import { type Ending, observed } from "./ending.ts";

export interface CircuitBreakerOptions {
  /** So many failures in a row open it. */
  readonly failures: number;
  /** How long it stays open. */
  readonly cooldown: Duration;
  /** So many are let through then, to see: it closes when all of them are done, and opens again when one fails. 1 by default. */
  readonly halfOpen?: number | undefined;
  /** True to snooze what is not tried, which burns no attempt, instead of failing it. False by default. */
  readonly snooze?: boolean | undefined;
  /** Whether an error is the other side's. Left out, all are but AbortError, which is about the task. */
  readonly isFailure?: ((error: unknown) => boolean) | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * While it is open, nothing inside is called: tasks fail with RetryAfterError, to be retried once the cooldown is over.
 * Workers that are given the same layer share it.
 *
 * @throws PriniaError `bad_request` when a number is none
 */
export function circuitBreaker(options: CircuitBreakerOptions): Layer {
  const { failures, cooldown, halfOpen = 1, snooze = false, isFailure = () => true, clock = systemClock } = options;
  if (!(Number.isInteger(failures) && failures >= 1 && Number.isInteger(halfOpen) && halfOpen >= 1)) {
    const detail = "`failures` and `halfOpen` are integers from 1.";
    throw new PriniaError({ code: "bad_request", detail, path: "failures" });
  }
  const breaker = new Breaker(failures, durationMs(cooldown, "cooldown"), halfOpen);
  const failed = (ending: Ending, error: unknown) => ending === "timeout" || (ending === "failed" && isFailure(error));
  return layer("circuitBreaker", (next) => async (args, context) => {
    const { pass, waitMs } = breaker.enter(clock.now());
    if (!pass) {
      if (snooze) context.snooze(waitMs);
      throw new RetryAfterError(waitMs, `The circuit is open: not tried, to be retried after ${waitMs} ms.`);
    }
    return observed(
      () => next(args, context),
      context.signal,
      (ending, error) =>
        breaker.left(pass, ending === "done" ? "done" : failed(ending, error) ? "failed" : "neither", clock.now()),
    );
  });
}

/** The right to try; it counts as long as the breaker has not opened or closed since. */
interface Pass {
  readonly isTrial: boolean;
}

class Breaker {
  readonly #failures: number;
  readonly #cooldownMs: number;
  readonly #halfOpen: number;
  #inARow = 0;
  /** Set while it is open, and half open. */
  #openUntil: number | undefined;
  #passes = new WeakSet<Pass>();
  /** Of a half-open one: those that are under way, and those that are done. */
  #trying = 0;
  #done = 0;

  constructor(failures: number, cooldownMs: number, halfOpen: number) {
    this.#failures = failures;
    this.#cooldownMs = cooldownMs;
    this.#halfOpen = halfOpen;
  }

  enter(now: number): { readonly pass?: Pass; readonly waitMs: number } {
    if (this.#openUntil === undefined) return this.#passed(false);
    // A clock that was set back does not keep it open for longer.
    this.#openUntil = Math.min(this.#openUntil, now + this.#cooldownMs);
    const waitMs = this.#openUntil - now;
    if (waitMs > 0) return { waitMs };
    if (this.#trying + this.#done >= this.#halfOpen) return { waitMs: this.#cooldownMs };
    this.#trying++;
    return this.#passed(true);
  }

  left(pass: Pass, how: "done" | "failed" | "neither", now: number): void {
    if (!this.#passes.delete(pass)) return;
    if (pass.isTrial) this.#trying--;
    if (how === "failed" && (pass.isTrial || ++this.#inARow >= this.#failures)) this.#turn(now + this.#cooldownMs);
    if (how !== "done") return;
    this.#inARow = 0;
    if (pass.isTrial && ++this.#done >= this.#halfOpen) this.#turn(undefined);
  }

  #passed(isTrial: boolean): { readonly pass: Pass; readonly waitMs: number } {
    const pass = { isTrial };
    this.#passes.add(pass);
    return { pass, waitMs: 0 };
  }

  /** Opens or closes. What began before says nothing about now. */
  #turn(openUntil: number | undefined): void {
    this.#openUntil = openUntil;
    this.#passes = new WeakSet();
    this.#inARow = this.#trying = this.#done = 0;
  }
}
