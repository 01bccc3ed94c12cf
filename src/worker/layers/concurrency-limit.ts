/** A layer: runs no more than so many at a time. */

import type { Layer, TaskContext } from "../../backend/layer.ts";
import { PriniaError } from "../../task/errors.ts";
import { layer, type Named } from "../compose.ts";
import { Line } from "./line.ts";

// biome-ignore lint/suspicious/noExplicitAny: as `Layer` has it
export interface ConcurrencyLimitOptions<Args = any> {
  readonly limit: number;
  /** Those of one key count together; all of them when left out. */
  readonly key?: ((args: Args, context: TaskContext) => string) | undefined;
}

/**
 * Lets `limit` of each key run at a time. The others wait in order, and hold a slot and a lease meanwhile. Workers that
 * are given the same layer share the limit.
 *
 * @example
 * concurrencyLimit<Order>({ limit: 2, key: ({ customer }) => customer });
 *
 * @throws PriniaError `bad_request` when the limit is none
 */
// biome-ignore lint/suspicious/noExplicitAny: as `Layer` has it
export function concurrencyLimit<Args = any>({
  limit,
  key = () => "",
}: ConcurrencyLimitOptions<Args>): Named<Layer<Args>> {
  if (!(Number.isInteger(limit) && limit >= 1)) {
    throw new PriniaError({ code: "bad_request", detail: "`limit` is an integer from 1.", path: "limit" });
  }
  const gates = new Map<string, Gate>();
  return layer("concurrencyLimit", (next) => async (args, context) => {
    const name = key(args, context);
    const gate = gates.get(name) ?? new Gate(limit);
    gates.set(name, gate);
    try {
      await gate.enter(context.signal);
      try {
        return await next(args, context);
      } finally {
        gate.leave();
      }
    } finally {
      if (gate.isEmpty) gates.delete(name);
    }
  });
}

class Gate {
  readonly #limit: number;
  readonly #line = new Line();
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#inside === 0 && this.#line.isEmpty;
  }

  async enter(signal: AbortSignal): Promise<void> {
    // Who leaves hands its place on, so nobody overtakes those who wait.
    if (this.#inside >= this.#limit) await this.#line.wait(signal);
    else this.#inside++;
  }

  leave(): void {
    if (!this.#line.enter()) this.#inside--;
  }
}
