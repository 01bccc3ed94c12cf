/** A queue in memory, with a clock by hand and chance that repeats. */

import type { PollAnswer, PollPort, PollRequest } from "../../../src/backend/poll-port.ts";
import { MemoryStore } from "../../../src/local/memory/store.ts";
import { LocalQueue } from "../../../src/local/queue.ts";
import { VirtualClock } from "../../../src/local/virtual-clock.ts";
import type { Pushed } from "../../../src/task/task.ts";
import { Dice } from "../../support/dice.ts";

/** When the clock begins. */
export const START = 1_750_000_000_000;

/** A worker with a session, as its feed speaks for it. */
export class Peer {
  readonly worker: string;
  readonly session: string;
  readonly port: PollPort;

  constructor(worker: string, session: string, port: PollPort) {
    this.worker = worker;
    this.session = session;
    this.port = port;
  }

  get ref(): { readonly worker: string; readonly session: string } {
    return { worker: this.worker, session: this.session };
  }

  poll(request: Partial<PollRequest> = {}, signal = new AbortController().signal): Promise<PollAnswer> {
    const usual = { max: 1, waitMs: 25_000, autoStart: true, events: [] };
    return this.port.poll({ ...usual, ...this.ref, ...request }, signal);
  }

  /** What there is now. */
  async take(max = 1, autoStart = true): Promise<PollAnswer["tasks"]> {
    return (await this.poll({ max, autoStart, waitMs: 0 })).tasks;
  }

  /** Takes one task, and ends it. */
  async finish(): Promise<string> {
    const [task] = await this.take();
    if (!task) throw new Error("there is nothing to be done");
    await this.port.events({ events: [{ type: "ack", id: task.id, lease: task.lease, result: { ok: "1" } }] });
    return task.id;
  }
}

export class Bench {
  readonly clock = new VirtualClock(START);
  readonly queue = new LocalQueue("emails", new MemoryStore("emails", new Dice(1)), this.clock);

  async push(...tasks: object[]): Promise<string[]> {
    const pushed = await this.pushed(...tasks);
    return pushed.map(({ id }) => id);
  }

  pushed(...tasks: object[]): Promise<readonly Pushed[]> {
    return this.queue.push(tasks.map((task) => ({ text: JSON.stringify({ args: null, ...task }), repeatable: false })));
  }

  async pushOne(task: object = {}): Promise<string> {
    const [id = ""] = await this.push(task);
    return id;
  }

  async worker(name = "w"): Promise<Peer> {
    const port = this.queue.pollPort(name);
    const { session } = await port.register({ worker: name });
    return new Peer(name, session, port);
  }

  /** Lets what can settle do so; no time passes. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }
}

/** What a promise is at this moment: its value, or `pending`. */
export async function stateOf<T>(bench: Pick<Bench, "settle">, promise: Promise<T>): Promise<T | "pending"> {
  let state: { readonly of: T } | undefined;
  promise.then(
    (value) => {
      state = { of: value };
    },
    () => undefined,
  );
  await bench.settle();
  return state === undefined ? "pending" : state.of;
}
