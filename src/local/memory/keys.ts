/** Idempotency keys: which task holds a key. */

import { isKeyFreed, type Keyed, keyName } from "../../task/key.ts";
import type { MemoryTask } from "./task.ts";

export class Keys {
  readonly #holders = new Map<string, MemoryTask>();

  holder(task: Keyed): MemoryTask | undefined {
    return task.idempotencyKey === undefined ? undefined : this.#holders.get(keyName(task));
  }

  /** The task holds its key, or lets go of it, as its status says. One that comes back too late loses it. */
  settle(task: MemoryTask): void {
    if (task.idempotencyKey === undefined) return;
    const holder = this.holder(task);
    if (isKeyFreed(task.state.status, task.idempotencyUntil)) this.release(task);
    else if (holder === undefined) this.#holders.set(keyName(task), task);
    else if (holder !== task) task.idempotencyKey = undefined;
  }

  release(task: MemoryTask): void {
    if (this.holder(task) === task) this.#holders.delete(keyName(task));
  }

  clear(): void {
    this.#holders.clear();
  }
}
