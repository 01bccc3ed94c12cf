/** Polls that wait for tasks: who came first is served first. */

import type { Clock } from "../backend/clock.ts";
import type { LeasedTaskView } from "../task/view.ts";

type Tasks = readonly LeasedTaskView<unknown>[];

export interface Seat {
  readonly worker: string;
  readonly session: string;
  readonly max: number;
  readonly autoStart: boolean;
}

/** A poll that waits. It ends once: with tasks, with none when its time is over, or with an error. */
export class WaitingPoll {
  readonly seat: Seat;
  readonly #outcome = Promise.withResolvers<Tasks>();
  readonly #leave: () => void;
  #cancelTimer: (() => void) | undefined;
  #signal: AbortSignal | undefined;

  constructor(seat: Seat, leave: (poll: WaitingPoll) => void) {
    this.seat = seat;
    this.#leave = () => leave(this);
  }

  get tasks(): Promise<Tasks> {
    return this.#outcome.promise;
  }

  hold(clock: Clock, waitMs: number, signal: AbortSignal): void {
    this.#cancelTimer = clock.timer(waitMs, () => this.end([]));
    this.#signal = signal;
    signal.addEventListener("abort", this.#aborted);
  }

  /** @param sure what must resolve before anybody may know of it */
  end(tasks: Tasks, sure?: Promise<void>): void {
    this.#outcome.resolve(sure ? sure.then(() => tasks) : tasks);
    this.#leaveLine();
  }

  fail(error: unknown): void {
    this.#outcome.reject(error);
    this.#leaveLine();
  }

  readonly #aborted = (): void => this.fail(this.#signal?.reason);

  #leaveLine(): void {
    this.#cancelTimer?.();
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#leave();
  }
}

export class Polls {
  /** In order of arrival. */
  readonly #line = new Set<WaitingPoll>();

  get isEmpty(): boolean {
    return this.#line.size === 0;
  }

  get first(): WaitingPoll | undefined {
    for (const poll of this.#line) return poll;
    return undefined;
  }

  get all(): WaitingPoll[] {
    return [...this.#line];
  }

  of(session: string): WaitingPoll[] {
    return this.all.filter(({ seat }) => seat.session === session);
  }

  add(seat: Seat): WaitingPoll {
    const poll = new WaitingPoll(seat, (one) => this.#line.delete(one));
    this.#line.add(poll);
    return poll;
  }
}
