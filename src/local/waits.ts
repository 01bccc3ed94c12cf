/** Who waits for which tasks. */

import type { WaitView } from "../backend/port.ts";
import type { RawJson } from "../task/task.ts";
import type { Outlet } from "./outlet.ts";

export interface Wait {
  readonly outlet: Outlet<WaitView>;
  /** What nothing was said of yet. */
  readonly ids: Set<string>;
  readonly onProgress: ((id: string, progress: unknown) => void) | undefined;
}

export class Waits {
  readonly #byId = new Map<string, Set<Wait>>();

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** All ids that somebody waits for. */
  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  add(wait: Wait): void {
    for (const id of wait.ids) {
      const waits = this.#byId.get(id);
      if (waits) waits.add(wait);
      else this.#byId.set(id, new Set([wait]));
    }
  }

  delete(wait: Wait): void {
    for (const id of wait.ids) this.#forget(id, wait);
  }

  /** Tells everybody who waits for a task what there is to be told; each gets its own. */
  tell(id: string, entryOf: () => WaitView): void {
    for (const wait of [...(this.#byId.get(id) ?? [])]) {
      wait.ids.delete(id);
      this.#forget(id, wait);
      wait.outlet.write(entryOf());
      if (wait.ids.size === 0) wait.outlet.end();
    }
  }

  progress(id: string, progress: RawJson): void {
    for (const { outlet, onProgress } of [...(this.#byId.get(id) ?? [])]) {
      try {
        onProgress?.(id, JSON.parse(progress));
      } catch (error) {
        // It was thrown by whoever waits, and is none of the reporting worker's business.
        outlet.fail(error);
      }
    }
  }

  fail(error: unknown): void {
    for (const wait of new Set([...this.#byId.values()].flatMap((waits) => [...waits]))) wait.outlet.fail(error);
  }

  #forget(id: string, wait: Wait): void {
    const waits = this.#byId.get(id);
    waits?.delete(wait);
    if (waits?.size === 0) this.#byId.delete(id);
  }
}
