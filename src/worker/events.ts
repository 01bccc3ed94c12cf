/** What a worker tells, and who listens. */

import type { WorkerEvent } from "../backend/context.ts";
import { MAX_EVENTS_BEHIND } from "../limits.ts";
import { guarded } from "./guarded.ts";

type Listener = (event: WorkerEvent) => void;

export class Events {
  readonly #listeners = new Set<Listener>();
  #hasStarted = false;
  #hasStopped = false;

  /** Whether the backend has taken the worker, as far as anybody said so. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Nothing is told after `stop`. */
  tell(event: WorkerEvent): void {
    if (this.#hasStopped) return;
    this.#hasStarted ||= event.type === "start";
    this.#hasStopped = event.type === "stop";
    for (const listener of this.#listeners) guarded(() => listener(event));
  }

  /** All that is told from now on; ends after `stop`. */
  stream(): AsyncIterableIterator<WorkerEvent> {
    const stream = new EventStream(() => this.#listeners.delete(hear));
    const hear: Listener = (event) => stream.hear(event);
    if (this.#hasStopped) stream.return();
    else this.add(hear);
    return stream;
  }
}

class EventStream implements AsyncIterableIterator<WorkerEvent> {
  readonly #left: () => void;
  #heard: WorkerEvent[] = [];
  #readers: ((result: IteratorResult<WorkerEvent, undefined>) => void)[] = [];
  #isOver = false;

  /** @param left is called when nobody reads any more */
  constructor(left: () => void) {
    this.#left = left;
  }

  hear(event: WorkerEvent): void {
    const reader = this.#readers.shift();
    if (reader) reader({ done: false, value: event });
    else if (this.#heard.push(event) > MAX_EVENTS_BEHIND) this.#heard.shift();
    if (event.type === "stop") this.#end();
  }

  next(): Promise<IteratorResult<WorkerEvent, undefined>> {
    const event = this.#heard.shift();
    if (event) return Promise.resolve({ done: false, value: event });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#readers.push(resolve);
    });
  }

  return(): Promise<IteratorResult<WorkerEvent, undefined>> {
    this.#heard = [];
    this.#end();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#isOver = true;
    this.#left();
    for (const reader of this.#readers) reader({ done: true, value: undefined });
    this.#readers = [];
  }
}
