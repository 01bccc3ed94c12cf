/** What an operator would miss, a line of JSON each: see docs/monitoring.md. Never args, and never of work that goes well. */

import { LOG_INTERVAL_MS, MAX_LOGGED_WORKERS } from "../limits.ts";
import { describeError } from "../protocol/bug.ts";
import type { Lost } from "../store/journal.ts";
import { sessionById } from "../store/sessions.ts";
import type { Tx } from "../store/tx.ts";
import type { LostReason } from "../task/task.ts";

/** Which object speaks. */
interface Place {
  readonly queue: string;
  readonly partition: number;
}

/** What is counted until the next line of it. */
interface Pending {
  readonly type: string;
  readonly reason?: LostReason;
  count: number;
  readonly workers: Set<string>;
  /** When the last line was written, ms. */
  toldAt: number;
}

/** What a count is called in its line. */
const COUNTED: Readonly<Record<string, string>> = {
  leases_lost: "leases",
  tasks_killed: "tasks",
  overloaded: "refused",
};

/** Of what somebody asked for, the audit log tells. */
const UNASKED: ReadonlySet<LostReason> = new Set(["orphaned", "timeout", "superseded"]);

/** The log of one object. What may come often is counted, and makes a line a second at most. */
export class EventLog {
  readonly #place: Place;
  readonly #pending = new Map<string, Pending>();
  /** Whether something is counted that no line has told. */
  #owed = false;

  constructor({ queue, partition }: Place) {
    this.#place = { queue, partition };
  }

  /** A transaction stands. @param used whether the queue was in use before it, and after */
  committed(tx: Pick<Tx, "sql" | "now" | "journal">, used: readonly [before: boolean, after: boolean]): void {
    const { now, journal } = tx;
    const [before, after] = used;
    if (before !== after) this.#write(now, { type: after ? "queue_created" : "queue_dropped" });
    if (journal.killed > 0) this.#count("tasks_killed", journal.killed);
    // Where a queue was dropped there are no sessions left to look up.
    if (after && journal.lost.length > 0) this.#countLost(tx);
    this.#tell(now);
  }

  /** A call or a frame found the line full. */
  refused(now: number): void {
    this.#count("overloaded", 1);
    this.#tell(now);
  }

  /** It is tried again: see `Reporter`. */
  reportFailed(now: number, error: unknown): void {
    this.#write(now, { type: "report_failed", ...describeError(error) });
  }

  #countLost({ sql, journal }: Pick<Tx, "sql" | "journal">): void {
    const byHolder = Map.groupBy(journal.lost, ({ session, reason }) => `${reason} ${session}`);
    for (const lost of byHolder.values()) {
      const [{ session, reason }] = lost as [Lost];
      if (!UNASKED.has(reason)) continue;
      const { workers } = this.#count("leases_lost", lost.length, reason);
      if (workers.size < MAX_LOGGED_WORKERS) workers.add(sessionById({ sql }, session)?.worker ?? "");
    }
  }

  #count(type: string, count: number, reason?: LostReason): Pending {
    const key = `${type} ${reason}`;
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = { type, ...(reason && { reason }), count: 0, workers: new Set(), toldAt: Number.NEGATIVE_INFINITY };
      this.#pending.set(key, pending);
    }
    pending.count += count;
    this.#owed = true;
    return pending;
  }

  #tell(now: number): void {
    if (!this.#owed) return;
    this.#owed = false;
    for (const pending of this.#pending.values()) {
      const { type, reason, count, workers, toldAt } = pending;
      if (count === 0) continue;
      if (now - toldAt < LOG_INTERVAL_MS) {
        this.#owed = true;
        continue;
      }
      const who = workers.size > 0 ? { workers: [...workers] } : {};
      this.#write(now, { type, ...(reason && { reason }), [COUNTED[type] ?? "count"]: count, ...who });
      pending.count = 0;
      pending.toldAt = now;
      workers.clear();
    }
  }

  #write(at: number, { type, ...more }: { readonly type: string } & Readonly<Record<string, unknown>>): void {
    console.log(JSON.stringify({ type, at, ...this.#place, ...more }));
  }
}
