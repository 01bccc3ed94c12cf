/** Who waits for results: each for some of the tasks, and is to be told of each once. */

import { valueIn } from "./checker/evidence.ts";
import type { Backend } from "./dealings.ts";
import type { History } from "./history.ts";

/** At most so many ids for one who waits. */
const MOST = 40;

export class Waiters {
  readonly #history: History;
  readonly #loops: readonly Promise<void>[];
  #ids: string[] = [];
  #isClosing = false;
  #news = Promise.withResolvers<void>();

  constructor(history: History, backends: readonly Backend[]) {
    this.#history = history;
    this.#loops = backends.map((backend) => this.#run(backend));
  }

  add(ids: readonly string[]): void {
    this.#ids.push(...ids);
    this.#wake();
  }

  /** Resolves once all have their results. */
  async done(): Promise<void> {
    this.#isClosing = true;
    this.#wake();
    await Promise.all(this.#loops);
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }

  async #run(backend: Backend): Promise<void> {
    while (this.#ids.length > 0 || !this.#isClosing) {
      const ids = [...new Set(this.#ids.splice(0, MOST))];
      if (ids.length === 0) await this.#news.promise;
      else await this.#wait(backend, ids);
    }
  }

  async #wait(backend: Backend, ids: readonly string[]): Promise<void> {
    const waiter = this.#history.nextWaiter();
    const left = new Set(ids);
    this.#history.add({ type: "wait", waiter, ids });
    // One that loses patience asks again for the rest.
    while (left.size > 0) {
      try {
        for await (const result of backend.waitFor([...left])) {
          const { id, status } = result;
          const value = status === "Done" ? valueIn(result.value) : undefined;
          left.delete(id);
          this.#history.add({ type: "result", waiter, id, status, value });
        }
        return;
      } catch (error) {
        this.#history.add({ type: "wait-failed", waiter, why: String(error) });
      }
    }
  }
}
