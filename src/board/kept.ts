/** What was read of late, for whoever comes back to it: bounded, and never shown to another token than it was read with. */

import { effect } from "@preact/signals";
import { token } from "./token.ts";

export class Kept<V> {
  readonly #most: number;
  readonly #values = new Map<string, V>();

  /** @param most values that are kept: of more, those that were set first go */
  constructor(most: number) {
    this.#most = most;
    effect(() => {
      token.value;
      this.#values.clear();
    });
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  /** @param asked the token that it was read with */
  set(key: string, value: V, asked: string | null): void {
    if (asked !== token.peek()) return;
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of [...this.#values.keys()].slice(0, -this.#most)) this.#values.delete(oldest);
  }
}
