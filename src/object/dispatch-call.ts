/** One call to a target: the leases that it is for, and the signal that fires when none of them is left, or it lasts too long. */

import { type Settled, settled } from "../outbound/settled.ts";
import type { Target } from "../outbound/target.ts";
import type { LeasedTaskView } from "../task/view.ts";

export type DispatchedTask = LeasedTaskView<unknown>;

export class Call {
  /** The session's number. */
  readonly session: number;
  readonly target: Target;
  readonly #held: Map<string, DispatchedTask>;
  readonly #controller = new AbortController();

  constructor(session: number, target: Target, tasks: readonly DispatchedTask[]) {
    this.session = session;
    this.target = target;
    this.#held = new Map(tasks.map((task) => [task.lease, task]));
  }

  get tasks(): readonly DispatchedTask[] {
    return [...this.#held.values()];
  }

  /** A lease is lost. The call goes on for the sake of the others; without any, nobody waits for it. */
  lose(lease: string): void {
    if (this.#held.delete(lease) && this.#held.size === 0)
      this.stop("Its leases were taken back: nobody waits for it.");
  }

  stop(why: string): void {
    this.#controller.abort(new Error(why));
  }

  /** @returns an end for each task whose lease it still holds */
  async make(queue: string): Promise<Settled> {
    const { signal } = this.#controller;
    if (signal.aborted) return { events: [] };
    const { worker, timeoutMs } = this.target;
    const late = setTimeout(
      () => this.stop(`${worker} took longer than the ${timeoutMs} ms that a call may last`),
      timeoutMs,
    );
    try {
      const delivery = { queue, tasks: this.tasks, signal };
      const { events, restMs } = await settled(this.target, delivery);
      const own = events.filter(({ lease }) => this.#held.has(lease));
      return { events: (await this.target.settle?.(delivery, own)) ?? own, restMs };
    } finally {
      clearTimeout(late);
    }
  }
}
