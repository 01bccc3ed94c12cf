/// <reference lib="esnext.disposable" />
/** A worker: runs a handler on the tasks that a backend has for it. */

import type { Backend } from "../backend/backend.ts";
import { type Clock, systemClock } from "../backend/clock.ts";
import type { WorkerContext, WorkerEvent, WorkerListener, WorkerState } from "../backend/context.ts";
import type { Handler } from "../backend/layer.ts";
import { randomText } from "../backend/outgoing.ts";
import { checkName } from "../backend/queue.ts";
import { STOP_GRACE_MS } from "../limits.ts";
import { durationMs } from "../task/duration.ts";
import { PriniaError } from "../task/errors.ts";
import type { LostLease } from "../task/task.ts";
import { type AnyLayer, type AnyLayers, type ContextOf, type Fit, nameOf } from "./compose.ts";
import { Consumer } from "./consumer.ts";
import { Events } from "./events.ts";
import { guarded } from "./guarded.ts";
import { checkSizes, type StopOptions, type WorkerOptions } from "./options.ts";
import { Prefetch } from "./prefetch.ts";
import { Slots } from "./slots.ts";

/**
 * Takes tasks off a backend and runs a handler on them. `Args` is what the handler gets and `Out` what it must return,
 * both as the backend declares them; its context holds what the layers add.
 *
 * @example
 * await using worker = new Worker("mailer", emails, ({ to }, { signal }) => send(to, { signal }), { concurrency: 10 });
 * process.once("SIGTERM", () => worker.stop());
 * await worker.closed;
 */
export class Worker<Args = unknown, Out = unknown, const Layers extends AnyLayers = AnyLayers>
  implements WorkerContext, AsyncDisposable
{
  readonly id: string;
  readonly name: string;
  readonly concurrency: number;
  readonly autoStart: boolean;
  readonly layers: readonly string[];
  /**
   * Resolves once the worker has stopped. Rejects when the backend refuses it (its token, its name) or another takes its
   * id: then it has stopped too. When nobody listens, the platform reports it as an unhandled rejection, which ends a
   * Node process: a worker that does not work should not look as if it did.
   */
  readonly closed: Promise<void>;
  readonly #events = new Events();
  readonly #listeners = new Set<WorkerListener>();
  readonly #prefetch: Prefetch;
  readonly #slots: Slots;
  readonly #consumer: Consumer;
  readonly #closing = Promise.withResolvers<void>();
  /** Resolves with `closed`, and when that rejects. */
  readonly #stopped = Promise.withResolvers<void>();
  #state: WorkerState = "pending";
  #isOver = false;

  /**
   * @param name what its id begins with; a random part follows, so that replicas do not meet
   * @throws PriniaError `bad_request` when an option makes no sense
   */
  constructor(
    name: string,
    backend: Backend<Args, Out>,
    handler: Handler<Args, NoInfer<Out>, ContextOf<Layers>>,
    options: WorkerOptions<Layers> & Fit<Layers, Args, Out> = {} as never,
  ) {
    const { concurrency = 1, prefetch = 0, clock = systemClock, onEvent, start = true } = options;
    const { id = `${name}-${randomText().slice(0, 8)}`, autoStart = prefetch === 0 } = options;
    checkSizes(concurrency, prefetch);
    this.name = checkName(name, "worker");
    this.id = checkName(id, "worker");
    this.concurrency = concurrency;
    this.autoStart = autoStart;
    this.closed = this.#closing.promise;
    if (onEvent) this.#events.add(onEvent);
    const layers = (options.layers ?? []) as AnyLayers;
    this.layers = layers.map(nameOf);
    this.#prefetch = new Prefetch(prefetch, concurrency, () => this.#changed());
    const around: AnyLayers = [backend.middleware() as AnyLayer, ...layers];
    const chain = around.reduceRight<Handler<unknown, unknown>>(
      (next, layer) => layer(next),
      handler as Handler<unknown, unknown>,
    );
    this.#slots = this.#madeSlots(chain, clock);
    this.#consumer = this.#madeConsumer(backend as unknown as Backend, clock);
    if (start) this.start();
  }

  get state(): WorkerState {
    return this.#state;
  }

  get prefetch(): number {
    return this.#prefetch.value;
  }

  get taskCount(): number {
    return this.#slots.size;
  }

  /** @throws PriniaError `wrong_status` unless it is pending: a worker starts once */
  start(): void {
    this.#from("pending", "started");
    this.#state = "running";
    this.#consumer.run().then(
      () => this.#end(),
      (error: unknown) => this.#end({ error }),
    );
  }

  /**
   * Takes no tasks until it is resumed. What runs goes on, and so do the signs of life.
   *
   * @throws PriniaError `wrong_status` unless it is running
   */
  pause(): void {
    this.#from("running", "paused");
    this.#state = "paused";
    this.#changed();
  }

  /** @throws PriniaError `wrong_status` unless it is paused */
  resume(): void {
    this.#from("paused", "resumed");
    this.#state = "running";
    this.#changed();
  }

  /**
   * Takes no more tasks, lets the running ones end, reports them, gives back what was not begun, says goodbye.
   * No attempt is burned. Called again, it shortens the grace. Resolves once it has stopped, and never rejects.
   */
  stop({ grace = STOP_GRACE_MS }: StopOptions = {}): Promise<void> {
    const graceMs = durationMs(grace, "grace");
    if (this.#isOver) return this.#stopped.promise;
    const wasPending = this.#state === "pending";
    this.#state = "stopped";
    // The backend never heard of it, so there is nothing to give back.
    if (wasPending) this.#end();
    else this.#consumer.leaveWithin(graceMs);
    this.#changed();
    return this.#stopped.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * What happens from now on; ends once the worker has stopped. A reader that is 10,000 events behind misses the oldest.
   *
   * @example
   * for await (const event of worker.events()) if (event.type === "error") console.error(event.id, event.error);
   */
  events(): AsyncIterableIterator<WorkerEvent> {
    return this.#events.stream();
  }

  /** For the backend. */
  readonly emit = (event: WorkerEvent): void => this.#events.tell(event);

  /** For the backend: the lease is gone, its handler is to stop. */
  readonly lose = (lost: LostLease): void => {
    if (!this.#slots.lose(lost)) this.#consumer.lost(lost.lease);
  };

  /** For the backend. */
  readonly listen = (listener: WorkerListener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #from(state: WorkerState, what: string): void {
    if (this.#state === state) return;
    const detail = `The worker ${JSON.stringify(this.id)} is ${this.#state}: only one that is ${state} can be ${what}.`;
    throw new PriniaError({ code: "wrong_status", detail });
  }

  /** Its room has changed: the backend is to know. */
  #changed(): void {
    this.#consumer.wake();
    for (const { changed } of this.#listeners) guarded(() => changed?.());
  }

  #freed(lease: string): void {
    this.#consumer.wake();
    for (const { freed } of this.#listeners) guarded(() => freed?.(lease));
  }

  #madeSlots(handler: Handler<unknown, unknown>, clock: Clock): Slots {
    return new Slots(handler, {
      worker: this,
      clock,
      freed: (lease, ms) => {
        this.#prefetch.freed(clock.now(), ms);
        this.#freed(lease);
      },
    });
  }

  #madeConsumer(backend: Backend, clock: Clock): Consumer {
    return new Consumer({
      ...{ worker: this, backend, clock, slots: this.#slots },
      arrived: (task) => {
        if (!this.#events.hasStarted) this.emit({ type: "start", worker: this.id, resumed: false });
        if (task) return this.#prefetch.taken(clock.now());
        this.#prefetch.idle();
        if (this.#state === "running") this.emit({ type: "idle" });
      },
      dropped: (lease) => this.#freed(lease),
      ended: () => {
        this.#state = "stopped";
        this.#consumer.leave();
        this.#changed();
      },
    });
  }

  #end(failure?: { readonly error: unknown }): void {
    this.#isOver = true;
    this.emit({ type: "stop", ...failure });
    if (failure) this.#closing.reject(failure.error);
    else this.#closing.resolve();
    this.#stopped.resolve();
  }
}
