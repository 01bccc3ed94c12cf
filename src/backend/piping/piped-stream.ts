/** The tasks of a pipe: those of its backend, until the pipe has failed and nothing is left to be done. */

import type { TaskStream } from "../backend.ts";
import type { WorkerContext } from "../context.ts";
import type { Pump } from "./pump.ts";

type Source = Pick<Pump<unknown>, "start" | "stop" | "failure" | "onFailure">;

export class PipedStream<T> implements AsyncIterableIterator<T | null> {
  readonly #inner: TaskStream<T>;
  readonly #worker: WorkerContext;
  readonly #pump: Source;
  #isIdle = false;

  constructor(inner: TaskStream<T>, worker: WorkerContext, pump: Source) {
    this.#inner = inner;
    this.#worker = worker;
    this.#pump = pump;
    pump.start(worker);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T | null, undefined>> {
    const turn = this.#inner.next();
    // When nothing is there to be done, a failure is not made to wait: the stream is left, and its turn ends.
    const leave = () => void this.#inner.return?.();
    const unlisten = this.#isIdle ? this.#pump.onFailure(leave) : undefined;
    const { done, value } = await turn.finally(unlisten);
    const { failure } = this.#pump;
    if (failure && (done || value === null)) {
      await this.return();
      throw failure.error;
    }
    if (done) return { done, value: undefined };
    this.#isIdle = value === null;
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<T | null, undefined>> {
    await Promise.all([this.#inner.return?.(), this.#pump.stop(this.#worker)]);
    return { done: true, value: undefined };
  }
}
