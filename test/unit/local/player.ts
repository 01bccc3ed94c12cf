/** Makes up what might be asked of a queue: by seed, so that it can be had again. */

import type { BulkInput, ListQuery } from "../../../src/protocol/types.ts";
import { STATUSES } from "../../../src/task/status.ts";
import type { HolderEvent, NewTask } from "../../../src/task/task.ts";
import { Dice } from "../../support/dice.ts";
import type { Call, Twins } from "./twins.ts";

export class Player {
  readonly #dice: Dice;
  readonly #twins: Twins;

  constructor(seed: number, twins: Twins) {
    this.#dice = new Dice(seed);
    this.#twins = twins;
  }

  /** Lets some time pass. */
  wait(): void {
    this.#twins.now += this.below(4) === 0 ? this.below(40_000) : this.below(50);
  }

  one<T>(options: readonly T[]): T {
    const option = options[this.#dice.below(options.length)];
    if (option === undefined) throw new Error("nothing to choose from");
    return option;
  }

  /** A label of its kind, a late one rather than an early one, or a name of nothing. */
  #label(kind: "id" | "lease" | "session"): string {
    const known = this.#twins.known(kind);
    const recent = this.#dice.below(3) === 0 ? known : known.slice(-8);
    return recent.length === 0 || this.#dice.below(20) === 0 ? "nonsense" : this.one(recent);
  }

  #maybe<T extends object>(make: () => T): T | object {
    return this.#dice.below(2) === 0 ? {} : make();
  }

  task(): NewTask {
    const codec = this.#dice.below(6) === 0;
    return {
      args: codec ? '"YWJj"' : '{"a":1}',
      ...(codec ? { codec: "x" } : {}),
      ...this.#maybe(() => ({ priority: this.#dice.below(3) - 1 })),
      ...this.one([{}, {}, { delayMs: this.#dice.below(2_000) }, { runAt: this.#twins.now - this.#dice.below(100) }]),
      ...this.#maybe(() => ({ maxAttempts: 1 + this.#dice.below(3) })),
      ...this.#maybe(() => ({ timeoutMs: 1 + this.#dice.below(20_000) })),
      ...this.#maybe(() => ({
        idempotencyKey: this.one(["k", "l", ""]),
        idempotencyUntil: this.one(["gone", "terminal"] as const),
      })),
      ...this.#maybe(() => ({ groupKey: this.one(["g", "h"]) })),
      ...this.#maybe(() => ({ meta: { trace: 1 } })),
    };
  }

  #event(): (name: (label: string) => string) => HolderEvent {
    const [task, held] = [this.#label("id"), this.#label("lease")];
    const own = this.#dice.below(5) > 0;
    const make = this.one<(hold: { id: string; lease: string }) => HolderEvent>([
      (hold) => ({ type: "start", ...hold }),
      (hold) => ({ type: "ack", ...hold, result: { ok: "null" }, logs: ["line"] }),
      (hold) => ({ type: "ack", ...hold, result: { ok: '{"b":2}' } }),
      (hold) => ({ type: "ack", ...hold, result: { ok: `"${"x".repeat(300_000)}"` } }),
      (hold) => ({ type: "ack", ...hold, result: { err: "no" } }),
      (hold) => ({ type: "ack", ...hold, result: { err: "no", retryAfterMs: 7 } }),
      (hold) => ({ type: "ack", ...hold, result: { err: "never", abort: true } }),
      (hold) => ({ type: "snooze", ...hold, delayMs: 50 }),
      (hold) => ({ type: "release", ...hold }),
      (hold) => ({ type: "extend", ...hold, timeoutMs: 5_000 }),
      (hold) => ({ type: "progress", ...hold, progress: "[1]" }),
    ]);
    return (name) => {
      const lease = name(held);
      // Mostly of the task that the lease is of: its sequence stands in both.
      const seq = Number.parseInt(lease.split(".")[1] ?? "", 36);
      const id = own
        ? (this.#twins
            .known("id")
            .map(name)
            .find((one) => seqOf(one) === seq) ?? name(task))
        : name(task);
      return make({ id, lease });
    };
  }

  events(): (name: (label: string) => string) => HolderEvent[] {
    const events = Array.from({ length: 1 + this.#dice.below(3) }, () => this.#event());
    return (name) => events.map((event) => event(name));
  }

  claim(): Call {
    const [worker, session, max, autoStart] = [
      this.worker(),
      this.#dice.below(3) === 0 ? undefined : this.#label("session"),
      this.#dice.below(4),
      this.#dice.below(2) === 0,
    ];
    const events = this.#dice.below(3) === 0 ? this.events() : () => [];
    return (store, on, name) =>
      store.claim(on, { worker, session: session && name(session), max, autoStart, events: events(name) });
  }

  report(): Call {
    const [events, worker, session] = [this.events(), this.worker(), this.#label("session")];
    const kind = this.#dice.below(4);
    return (store, on, name) => {
      const sender = [{}, { session: name(session) }, { worker }, { worker, session: name(session) }][kind] ?? {};
      return store.events(on, sender, events(name));
    };
  }

  worker = (): string => this.one(["a", "b", "c"]);
  id = (): string => this.#label("id");
  session = (): string => this.#label("session");
  below = (end: number): number => this.#dice.below(end);

  filter(): Partial<ListQuery> {
    const { now } = this.#twins;
    return {
      ...this.#maybe(() => ({ status: this.one(STATUSES) })),
      ...this.one([{}, {}, { groupKey: "g" }]),
      ...this.one([
        {},
        {},
        {},
        { after: now - this.#dice.below(100_000) },
        { before: now - this.#dice.below(100_000) },
      ]),
    };
  }

  patch() {
    return {
      ...this.#maybe(() => ({ args: this.one(["[2]", '"YWJj"']) })),
      ...this.#maybe(() => ({ priority: this.#dice.below(3) })),
      ...this.#maybe(() => ({ runAt: this.#twins.now + this.#dice.below(500) - 250 })),
      ...this.#maybe(() => ({ maxAttempts: 1 + this.#dice.below(4) })),
      ...this.one([{}, { timeoutMs: null }, { timeoutMs: 9_000 }]),
      ...this.one([{}, { backoff: null }, { backoff: { baseMs: 10, jitter: 0 } }]),
      ...this.one([{}, { meta: null }, { meta: { other: true } }]),
      ...this.one([{}, {}, { revision: 1 + this.#dice.below(4) }]),
    };
  }

  bulk(): { readonly ids: readonly string[] | undefined; readonly rest: Omit<BulkInput, "ids"> } {
    const verb = this.one(["resume", "cancel", "reschedule", "delete"] as const);
    const rest = { verb, dryRun: this.#dice.below(3) === 0, ...(verb === "reschedule" ? { delayMs: 30 } : {}) };
    if (this.#dice.below(2) === 0) return { ids: [this.id(), this.id()], rest };
    const { order: _, ...filter } = this.filter() as ListQuery;
    return { ids: undefined, rest: { ...rest, filter, ...this.one([{}, { limit: 2 }]) } };
  }

  change() {
    return this.one([
      { paused: true },
      { paused: false },
      { paused: false },
      { orphanAfterMs: 1_000 + this.#dice.below(60_000) },
      { retention: { doneMs: this.#dice.below(100_000) } },
      { retention: { killedMs: null } },
      { defaults: { priority: this.#dice.below(2), maxAttempts: 2 } },
    ]);
  }
}

/** The sequence that an id carries. */
function seqOf(id: string): number {
  let seq = 0;
  for (const digit of id.slice(12, 20)) seq = seq * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".indexOf(digit);
  return seq;
}
