/** Who works on a queue while it is tormented: pushers, workers, and those who wait, each by its own way. */

import { setTimeout as sleep } from "node:timers/promises";
import { AbortError, DurableBackend, http, RetryAfterError, socket, type Transport } from "../../src/client/index.ts";
import { Worker, type WorkerEvent } from "../../src/worker/index.ts";
import { Dice } from "../support/dice.ts";
import type { BareOptions } from "./bare.ts";
import { BarePollWorker } from "./bare-poll.ts";
import { BareSocketWorker, type SocketHabits } from "./bare-socket.ts";
import { type Backend, fateOf, Snoozed, work } from "./dealings.ts";
import type { History } from "./history.ts";
import { type PusherOptions, pushBulks, pushDelayed, pushKeyed, pushSingles } from "./pushers.ts";
import { Waiters } from "./waiters.ts";
import { tappedFetch } from "./wiretap.ts";

export interface CrewOptions {
  /** Where they go: the server, or a proxy before it. */
  readonly url: string;
  readonly queue: string;
  readonly history: History;
  readonly seed: number;
  /** The mean pause of one who pushes, ms. */
  readonly paceMs?: number;
  /** Two sessions that fight for one name. */
  readonly twins?: boolean;
}

interface Stoppable {
  stop(): Promise<unknown>;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #workers: Stoppable[];
  readonly #pushers: readonly Promise<void>[];
  readonly #waiters: Waiters;
  readonly #stop = new AbortController();
  readonly #snoozed = new Snoozed();
  #dealt = 0;
  /** What stopped workers that nobody asked to. */
  readonly failures: unknown[] = [];

  constructor(options: CrewOptions) {
    this.#options = options;
    const { url } = options;
    this.#waiters = new Waiters(options.history, [this.#backend(http({ url })), this.#backend(socket({ url }))]);
    this.#workers = [
      this.#sdk("sdk-http", http({ url, fetch: tappedFetch }), 0),
      this.#sdk("sdk-socket", socket({ url, fetch: tappedFetch }), 3),
      this.#sdk("sdk-plain", socket({ url, fetch: tappedFetch }), 0),
      new BarePollWorker(this.#bare("bare-poll")),
      this.#bareSocket("bare-socket", { credit: 3, autoStart: false }),
      this.#bareSocket("bare-doubling", { credit: 2, autoStart: true, doubles: true }),
      this.#bareSocket("bare-silent", { credit: 1, autoStart: true, silentMs: 1_700 }),
    ];
    if (options.twins) for (let twin = 0; twin < 2; twin++) this.#workers.push(this.#twin());
    this.#pushers = [
      pushSingles(this.#pusher(http({ url }))),
      pushSingles(this.#pusher(socket({ url }))),
      pushBulks(this.#pusher(http({ url }))),
      pushBulks(this.#pusher(socket({ url }))),
      pushDelayed(this.#pusher(http({ url }))),
      pushKeyed(this.#pusher(http({ url }))),
      pushKeyed(this.#pusher(http({ url }))),
    ];
  }

  /** Nothing more is pushed. */
  async rest(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#pushers);
  }

  /** Once all tasks have ended: the waiters are done, and the workers go. */
  async leave(): Promise<void> {
    await this.#waiters.done();
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    // What was said last is taken down when its answer has been read.
    await sleep(100);
  }

  #backend(transport: Transport): Backend {
    return new DurableBackend(this.#options.queue, transport);
  }

  #dice(): Dice {
    const dice = new Dice(this.#options.seed * 1_000 + ++this.#dealt);
    dice.fixed = null;
    return dice;
  }

  #bare(worker: string): BareOptions {
    const { url, queue, history } = this.#options;
    return { url, queue, history, worker, dice: this.#dice(), snoozed: this.#snoozed };
  }

  #bareSocket(worker: string, habits: SocketHabits): BareSocketWorker {
    return new BareSocketWorker(this.#bare(worker), habits);
  }

  #twin(): BareSocketWorker {
    return this.#bareSocket("twin", { credit: 1, autoStart: true });
  }

  #pusher(transport: Transport): PusherOptions {
    const { url, queue, history, paceMs = 40 } = this.#options;
    const pushed = (ids: readonly string[]) => this.#waiters.add(ids);
    const backend = this.#backend(transport);
    return { url, queue, backend, history, dice: this.#dice(), pushed, signal: this.#stop.signal, paceMs };
  }

  #sdk(name: string, transport: Transport, prefetch: number): Stoppable {
    const { history } = this.#options;
    const dice = this.#dice();
    const onEvent = (event: WorkerEvent) => {
      if (event.type === "stop" && event.error !== undefined) this.failures.push(event.error);
    };
    const worker = new Worker(
      name,
      this.#backend(transport),
      async ({ mark }, { id, lease, attempt, worker, snooze }) => {
        history.add({ type: "execution", worker: worker.id, id, lease });
        await work(dice);
        const fate = fateOf(mark, attempt, lease, this.#snoozed);
        if (fate.type === "ok") return fate.value;
        if (fate.type === "abort") throw new AbortError("given up");
        if (fate.type === "snooze") return snooze(fate.delayMs);
        const { retryAfterMs } = fate.retry;
        throw retryAfterMs === undefined ? new Error("not yet") : new RetryAfterError(retryAfterMs, "not yet");
      },
      { concurrency: 4, prefetch, onEvent },
    );
    // It is told by the event.
    worker.closed.catch(() => undefined);
    return worker;
  }
}
