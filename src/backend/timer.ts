/** One timer: set, set anew, cleared. */

export class Timer {
  #handle: ReturnType<typeof setTimeout> | undefined;

  get isSet(): boolean {
    return this.#handle !== undefined;
  }

  /** Runs `task` after so long, instead of what it was set to before. */
  set(ms: number, task: () => void): void {
    this.clear();
    this.#handle = setTimeout(() => {
      this.#handle = undefined;
      task();
    }, ms);
  }

  clear(): void {
    if (this.#handle !== undefined) clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}
