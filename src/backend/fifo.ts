/** Tasks in a line, and those that workers have taken off it. */

import { formatId } from "../task/id.ts";
import type { EventAnswer, HolderEvent, Pushed } from "../task/task.ts";
import { DEFAULT_CONFIG } from "../task/task.ts";
import type { Clock } from "./clock.ts";
import type { WorkerContext } from "./context.ts";
import { leasedOf } from "./fetched.ts";
import { statusAfter } from "./holder-report.ts";
import type { PollPort } from "./poll-port.ts";
import { isEnd } from "./report.ts";
import type { LeasedTask, NewTask } from "./task.ts";

/** A task as it was pushed, and when and as what. */
interface Place {
  readonly id: string;
  readonly createdAt: number;
  readonly task: NewTask;
}

interface Taken {
  readonly place: Place;
  readonly worker: WorkerContext;
}

export class Fifo {
  readonly #queue: string;
  readonly #clock: Clock;
  /** In order. Those before `#gone` have been taken. */
  #places: Place[] = [];
  #gone = 0;
  /** Given back: they come before all others. The last is the first. */
  readonly #returned: Place[] = [];
  readonly #taken = new Map<string, Taken>();
  /** Ids by idempotency key, of the tasks that are here. */
  readonly #keys = new Map<string, string>();
  #seq = 0;
  #latest = 0;

  constructor(queue: string, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  get length(): number {
    return this.#places.length - this.#gone + this.#returned.length;
  }

  push(task: NewTask): Pushed {
    const key = task.idempotencyKey;
    const known = key === undefined ? undefined : this.#keys.get(key);
    if (known !== undefined) return { id: known, status: "Pending", created: false };
    // An id is never older than the one before.
    this.#latest = Math.max(this.#latest, this.#clock.now());
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    const id = formatId({ ms: this.#latest, partition: 0, seq: ++this.#seq, random: random >>> 2 });
    this.#places.push({ id, createdAt: this.#latest, task });
    if (key !== undefined) this.#keys.set(key, id);
    return { id, status: "Pending", created: true };
  }

  /** The line as a worker polls it. */
  port(worker: WorkerContext): PollPort {
    return {
      isLocal: true,
      // Nobody but its worker ends a task.
      onLost: () => () => undefined,
      poll: async ({ session, max, autoStart, events }) => {
        const answers = this.#apply(events);
        return { session, events: answers, tasks: this.#take(worker, max, autoStart) };
      },
      events: async ({ events }) => this.#apply(events),
      register: async ({ worker: id }) => ({ worker: id, session: "", orphanAfterMs: DEFAULT_CONFIG.orphanAfterMs }),
      heartbeat: async () => ({ orphanAfterMs: DEFAULT_CONFIG.orphanAfterMs }),
      goodbye: async () => this.#leave(worker),
      status: async () => ({ results: [], unknown: [] }),
    };
  }

  #take(worker: WorkerContext, max: number, autoStart: boolean): LeasedTask[] {
    const tasks: LeasedTask[] = [];
    for (let place = this.#shift(); place; place = tasks.length < max ? this.#shift() : undefined) {
      const { id, createdAt, task } = place;
      const leased = leasedOf(
        { ...defined(task), id, createdAt, runAt: createdAt, status: autoStart ? "Running" : "Queued" },
        this.#queue,
        this.#clock.now(),
      );
      this.#taken.set(leased.lease, { place, worker });
      tasks.push(leased);
    }
    return tasks;
  }

  #shift(): Place | undefined {
    const returned = this.#returned.pop();
    if (returned) return returned;
    const first = this.#places[this.#gone];
    if (first) this.#gone++;
    // So that each task is moved once or twice, however long the line is.
    if (this.#gone * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#gone);
      this.#gone = 0;
    }
    return first;
  }

  #apply(events: readonly HolderEvent[]): EventAnswer[] {
    const back: Place[] = [];
    const answers = events.map((event): EventAnswer => {
      const { id, lease } = event;
      const taken = this.#taken.get(lease);
      if (!taken) return { id, error: { code: "lease_lost", detail: `Task ${id} has ended, or was given back.` } };
      if (isEnd(event)) {
        this.#taken.delete(lease);
        if (event.type === "release") back.push(taken.place);
        else if (event.type === "snooze") this.#clock.timer(event.delayMs, () => this.#giveBack([taken.place]));
        else this.#end(taken.place);
      }
      return { id, status: statusAfter(event) };
    });
    this.#giveBack(back);
    return answers;
  }

  /** To where they were. */
  #giveBack(places: readonly Place[]): void {
    if (places.length === 0) return;
    this.#returned.push(...places);
    this.#returned.sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  #end({ task }: Place): void {
    if (task.idempotencyKey !== undefined) this.#keys.delete(task.idempotencyKey);
  }

  /** What the worker has not ended goes back. */
  #leave(worker: WorkerContext): void {
    const left = [...this.#taken].filter(([, taken]) => taken.worker === worker);
    for (const [lease] of left) this.#taken.delete(lease);
    this.#giveBack(left.map(([, { place }]) => place));
  }
}

/** Without what is undefined: a default takes its place. */
const defined = (task: NewTask): Pick<LeasedTask, "args"> & Partial<LeasedTask> =>
  Object.fromEntries(Object.entries(task).filter(([, value]) => value !== undefined)) as unknown as LeasedTask;
