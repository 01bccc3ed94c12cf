/** Cases of the store: long random lives of a queue, in which what must always hold is looked at after every step. */

import { expect } from "vitest";
import { bulkSlice } from "../../../src/store/bulk.ts";
import { hear } from "../../../src/store/liveness.ts";
import type { FullRow } from "../../../src/store/rows.ts";
import { type SessionRow, sessionById } from "../../../src/store/sessions.ts";
import { nextDeadline, sweep } from "../../../src/store/sweep.ts";
import { cancel, remove, reschedule, resume, update } from "../../../src/store/tasks.ts";
import { retain, vacuumSlice } from "../../../src/store/vacuum.ts";
import { goodbye } from "../../../src/store/workers.ts";
import type { HolderEvent } from "../../../src/task/task.ts";
import type { StoreBench, StoreCases } from "../../support/store.ts";
import { comesBefore, invariants } from "./invariants.ts";

/** A queue with its alarm, its workers, and the leases that they believe in. */
class Life {
  readonly bench: StoreBench;
  /** The alarm as the object keeps it: only ever earlier, and used up when it fires. */
  #alarmAt: number | null = null;
  #sessions: SessionRow[] = [];
  /** Leases given out, live or long lost. */
  readonly #leases: { id: string; lease: string; session: SessionRow }[] = [];
  readonly #ids: string[] = [];

  constructor(bench: StoreBench) {
    this.bench = bench;
    bench.configure({ orphanAfterMs: 5_000, retention: { doneMs: 20_000, killedMs: 40_000 } });
  }

  #one<T>(items: readonly T[]): T | undefined {
    return items[this.bench.dice.below(Math.max(1, items.length))];
  }

  #chance(oneIn: number): boolean {
    return this.bench.dice.below(oneIn) === 0;
  }

  /** After each commit: the alarm is set as the object would set it, and must not be later than any deadline. */
  #settle(): void {
    const { bench } = this;
    const { journal, tally, now } = bench;
    for (const wanted of [journal.wakeAt, tally.retentionAt]) {
      if (wanted !== null && (this.#alarmAt === null || wanted < this.#alarmAt)) this.#alarmAt = Math.max(wanted, now);
    }
    // One that has passed has yet to fire: what it was set for is still to be done.
    if (this.#alarmAt !== null) this.#alarmAt = Math.max(this.#alarmAt, now);
    const deadline = nextDeadline(bench.tx());
    const alarmAt = this.#alarmAt ?? Number.POSITIVE_INFINITY;
    if (deadline !== null) expect(alarmAt).toBeLessThanOrEqual(Math.max(deadline, now));
    if (tally.counts.Done + tally.counts.Killed > 0) expect(tally.retentionAt).not.toBe(null);
    invariants(bench);
  }

  /** Lets time pass; the alarm fires on its way. */
  #pass(ms: number): void {
    const { bench } = this;
    const end = bench.now + ms;
    while (this.#alarmAt !== null && this.#alarmAt <= end) {
      bench.now = Math.max(bench.now, this.#alarmAt);
      this.#alarmAt = null;
      const more = bench.commit((tx) => {
        const swept = sweep(tx);
        return retain(tx) || swept.more;
      });
      const wakes = [nextDeadline(bench.tx()), bench.tally.retentionAt].filter((at) => at !== null);
      this.#alarmAt = more ? bench.now : wakes.length === 0 ? null : Math.max(bench.now, Math.min(...wakes));
      invariants(bench);
    }
    bench.now = end;
  }

  #push(): void {
    const { bench } = this;
    const { dice } = bench;
    const tasks = Array.from({ length: 1 + dice.below(4) }, () => ({
      priority: dice.below(5) - 2,
      maxAttempts: 1 + dice.below(3),
      ...(this.#chance(3) ? { delayMs: dice.below(4_000) } : {}),
      ...(this.#chance(3) ? { timeoutMs: 1 + dice.below(6_000) } : {}),
      ...(this.#chance(3)
        ? {
            idempotencyKey: `k${dice.below(6)}`,
            idempotencyUntil: this.#chance(2) ? ("terminal" as const) : ("gone" as const),
          }
        : {}),
      ...(this.#chance(4) ? { groupKey: `g${dice.below(2)}` } : {}),
    }));
    const session = this.#one(this.#sessions.filter((one) => (bench.heard.get(one.id) ?? 0) + 5_000 > bench.now));
    const takers = session && this.#chance(2) ? [bench.taker(session, 1 + dice.below(3), this.#chance(2))] : [];
    const { pushed, deliveries } = bench.pushTo(takers, ...tasks);
    this.#ids.push(...pushed.map((one) => one.id));
    for (const rows of deliveries.values()) for (const row of rows) if (session) this.#remember(row, session);
  }

  #remember(row: FullRow, session: SessionRow): void {
    this.#leases.push({ id: this.bench.idOf(row), lease: this.bench.leaseOf(row), session });
  }

  #claim(): void {
    const { bench } = this;
    const session = this.#one(this.#sessions);
    if (!session) return;
    const rows = bench.claim(session, 1 + bench.dice.below(4), this.#chance(2));
    // Whoever claims is heard by it, once that stands.
    bench.heard.set(session.id, bench.now);
    for (const [i, row] of rows.entries()) {
      expect(row.run_at).toBeLessThanOrEqual(bench.now);
      const before = rows[i - 1];
      if (before) expect(comesBefore(before, row)).toBe(true);
      this.#remember(row, session);
    }
  }

  #events(): void {
    const { bench } = this;
    const events: HolderEvent[] = [];
    for (let n = 1 + bench.dice.below(4); n > 0; n--) {
      const one = this.#one(this.#leases.slice(-12));
      if (one) events.push(this.#event(one));
    }
    bench.events(events, this.#chance(6) ? (this.#one(this.#sessions) ?? null) : null);
  }

  #event({ id, lease }: { id: string; lease: string }): HolderEvent {
    switch (this.bench.dice.below(9)) {
      case 0:
        return { type: "snooze", id, lease, delayMs: this.bench.dice.below(3_000) };
      case 1:
        return { type: "release", id, lease };
      case 2:
        return { type: "extend", id, lease, timeoutMs: 1 + this.bench.dice.below(9_000) };
      case 3:
        return { type: "progress", id, lease, progress: "1" };
      case 4:
        return { type: "ack", id, lease, result: { err: "x", abort: true } };
      case 5:
        return { type: "ack", id, lease, result: { err: "x" } };
      case 6:
        return { type: "ack", id, lease, result: { ok: "1" } };
      default:
        return { type: "start", id, lease };
    }
  }

  #verb(): void {
    const { bench } = this;
    const id = this.#one(this.#ids.slice(-30));
    if (!id) return;
    const { dice } = bench;
    const runAt = bench.now + dice.below(3_000);
    const verbs = [
      () => bench.commit((tx) => cancel(tx, id)),
      () => bench.commit((tx) => resume(tx, id)),
      () => bench.commit((tx) => remove(tx, id)),
      () => bench.commit((tx) => reschedule(tx, id, runAt)),
      () => bench.commit((tx) => update(tx, id, { priority: dice.below(5), runAt, maxAttempts: 1 + dice.below(4) })),
    ];
    this.#one(verbs)?.();
  }

  #many(): void {
    const { bench } = this;
    const verb = this.#one(["resume", "cancel", "reschedule", "delete"] as const) ?? "resume";
    const status = this.#one(["Pending", "Failed", "Killed", "Queued", undefined] as const);
    const order = { verb, filter: status ? { status } : { groupKey: "g1" }, dryRun: this.#chance(3), runAt: bench.now };
    bench.commit((tx) => bulkSlice(tx, order, null, 1 + bench.dice.below(5)));
  }

  /** A new process has heard nobody, and begins by holding the alarm against the rows. */
  #restart(): void {
    const { bench } = this;
    bench.heard.clear();
    const deadline = nextDeadline(bench.tx());
    if (deadline !== null) this.#alarmAt = Math.max(bench.now, Math.min(deadline, this.#alarmAt ?? deadline));
  }

  #people(): void {
    const { bench } = this;
    const session = this.#one(this.#sessions);
    switch (bench.dice.below(5)) {
      case 0:
      case 1: {
        const name = `w${bench.dice.below(3)}`;
        this.#sessions = this.#sessions.filter((one) => one.worker !== name);
        this.#sessions.push(bench.worker(name));
        return;
      }
      case 2:
        if (!session) return;
        this.#sessions = this.#sessions.filter((one) => one !== session);
        bench.commit((tx) => goodbye(tx, session));
        return;
      case 3:
        this.#restart();
        return;
      default: {
        const row = session && sessionById(bench.tx(), session.id);
        if (!row) return;
        bench.commit((tx) => hear(tx, row));
        bench.heard.set(row.id, bench.now);
      }
    }
  }

  step(): void {
    const { bench } = this;
    const deeds = [
      () => this.#push(),
      () => this.#push(),
      () => this.#claim(),
      () => this.#claim(),
      () => this.#events(),
      () => this.#events(),
      () => this.#events(),
      () => this.#verb(),
      () => this.#people(),
      () => this.#pass(bench.dice.below(1_500)),
      () => this.#many(),
      () => (this.#chance(3) ? bench.commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, 0, 3)) : undefined),
    ];
    this.#one(deeds)?.();
    this.#settle();
  }
}

const STEPS = 600;

export const fuzzCases: StoreCases = Object.fromEntries(
  [1, 2, 3, 4].map((seed) => [
    `a life of ${STEPS} steps from seed ${seed} keeps every invariant`,
    (bench: StoreBench) => {
      bench.dice.reseed(seed);
      const life = new Life(bench);
      for (let step = 0; step < STEPS; step++) life.step();
      expect(bench.sql.all("PRAGMA quick_check")).toMatchObject([{ quick_check: "ok" }]);
    },
  ]),
);
