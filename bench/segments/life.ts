/** The lives of tasks that are measured, on whichever layout the store's modules are. Runs on Node and in workerd. */

import { hasBacklog } from "../../src/store/backlog.ts";
import { claim } from "../../src/store/claim.ts";
import type { SqlDriver } from "../../src/store/driver.ts";
import { applyEvents } from "../../src/store/events.ts";
import { HeldRows } from "../../src/store/held.ts";
import { Journal } from "../../src/store/journal.ts";
import { list } from "../../src/store/list.ts";
import { push } from "../../src/store/push.ts";
import { idOf, leaseOf } from "../../src/store/rows.ts";
import { migrate } from "../../src/store/schema.ts";
import { checkStatus } from "../../src/store/status.ts";
import { nextDeadline } from "../../src/store/sweep.ts";
import type { Taker } from "../../src/store/takers.ts";
import { loadTally, saveTally, type Tally } from "../../src/store/tally.ts";
import type { Tx } from "../../src/store/tx.ts";
import { vacuumSlice } from "../../src/store/vacuum.ts";
import { register } from "../../src/store/workers.ts";
import { cryptoChance } from "../../src/task/chance.ts";
import { DEFAULT_CONFIG, type HolderEvent, type NewTask } from "../../src/task/task.ts";

/** What a phase cost: rows and, where the driver tells, bytes; and its time. */
export interface Cost {
  readonly tasks: number;
  readonly commits: number;
  readonly rows: number;
  readonly bytes: number;
  readonly ms: number;
}

interface Meter {
  readonly sql: SqlDriver;
  /** Bytes that were written so far; 0 where nobody counts. */
  bytes(): number;
  /** Resolves once all is on the disk. */
  durable(): Promise<void> | void;
  now(): number;
}

/** A queue of its own, with commits as the object makes them: each durable before the next. */
export class Life {
  readonly #meter: Meter;
  readonly #rows = new HeldRows();
  #tally: Tally;
  #taker: Taker | undefined;
  /** Leases that are held. */
  #held: { id: string; lease: string }[] = [];
  readonly ids: string[] = [];

  constructor(meter: Meter) {
    this.#meter = meter;
    meter.sql.transaction(() => migrate(meter.sql));
    this.#tally = loadTally(meter.sql);
  }

  #tx(): Tx {
    const now = Date.now();
    const presence = { heardAt: () => now };
    const common = { sql: this.#meter.sql, chance: cryptoChance, config: DEFAULT_CONFIG, queue: "bench", partition: 0 };
    return { ...common, now, tally: this.#tally, journal: new Journal(), presence, held: this.#rows };
  }

  async #commit<T>(work: (tx: Tx) => T): Promise<T> {
    const { sql } = this.#meter;
    const tx = this.#tx();
    let value: { readonly of: T } | undefined;
    sql.transaction(() => {
      sql.transaction(() => {
        value = { of: work(tx) };
      });
      tx.journal.addTo(this.#tally, tx.now);
      saveTally(sql, this.#tally);
    });
    this.#rows.settle();
    await this.#meter.durable();
    return (value as { readonly of: T }).of;
  }

  async #measured(tasks: number, batch: number, step: (size: number) => Promise<unknown>): Promise<Cost> {
    const meter = this.#meter;
    const [rows, bytes, since] = [meter.sql.rowsWritten, meter.bytes(), meter.now()];
    let commits = 0;
    for (let left = tasks; left > 0; left -= batch) {
      await step(Math.min(batch, left));
      commits++;
    }
    const ms = meter.now() - since;
    return { tasks, commits, rows: meter.sql.rowsWritten - rows, bytes: meter.bytes() - bytes, ms };
  }

  async begin(): Promise<void> {
    const registered = await this.#commit((tx) => register(tx, { worker: "worker" }));
    if (!registered.ok) throw new Error(registered.error.detail);
    this.#taker = { session: registered.value.session.id, worker: "worker", autoStart: true, room: 0 };
  }

  push(tasks: number, batch: number, args: string, direct = false): Promise<Cost> {
    return this.#measured(tasks, batch, (size) =>
      this.#commit((tx) => {
        const given: NewTask[] = Array.from({ length: size }, () => ({ args }));
        const takers = direct && this.#taker ? [{ ...this.#taker, room: size }] : [];
        const done = push(tx, given, takers);
        if (!done.ok) throw new Error(done.error.detail);
        for (const { id } of done.value.pushed) this.ids.push(id);
        for (const rows of done.value.deliveries.values()) {
          for (const row of rows) this.#held.push({ id: idOf(tx, row), lease: leaseOf(row) });
        }
      }),
    );
  }

  claim(tasks: number, batch: number): Promise<Cost> {
    return this.#measured(tasks, batch, (size) =>
      this.#commit((tx) => {
        if (!this.#taker) throw new Error("nobody claims yet");
        const taker = { ...this.#taker, room: size };
        const rows = claim(tx, [taker]).deliveries.get(taker) ?? [];
        if (rows.length !== size) throw new Error(`${rows.length} of ${size} were claimed`);
        for (const row of rows) this.#held.push({ id: idOf(tx, row), lease: leaseOf(row) });
      }),
    );
  }

  /** @param ok the result, or none for a failure that is tried again */
  ack(tasks: number, batch: number, ok: string | null): Promise<Cost> {
    return this.#measured(tasks, batch, (size) =>
      this.#commit((tx) => {
        const events = this.#held.splice(0, size).map((held): HolderEvent => {
          return { type: "ack", ...held, result: ok === null ? { err: "failed" } : { ok } };
        });
        for (const answer of applyEvents(tx, events, null)) if ("error" in answer) throw new Error(answer.error.detail);
      }),
    );
  }

  /** The oldest lease is never reported on. */
  stall(): void {
    this.#held.shift();
  }

  async vacuum(): Promise<Cost> {
    let removed = 0;
    const cost = await this.#measured(1, 1, async () => {
      for (let cursor = 0, end = false; !end; ) {
        const from = cursor;
        const slice = await this.#commit((tx) => vacuumSlice(tx, { olderThanMs: 0 }, from, 1_000_000));
        removed += slice.removed;
        cursor = slice.cursor;
        end = slice.end;
      }
    });
    return { ...cost, tasks: removed };
  }

  /** What a new instance asks of its rows before it can do anything. */
  restart(): Promise<Cost> {
    return this.#measured(1, 1, async () => {
      this.#tally = loadTally(this.#meter.sql);
      this.#rows.clear();
      hasBacklog(this.#tx());
      nextDeadline(this.#tx());
    });
  }

  /** Results of tasks here and there. */
  status(count: number): Promise<Cost> {
    const { ids } = this;
    return this.#measured(count, 1, async () => {
      const id = ids[Math.floor(Math.random() * ids.length)] ?? "";
      if (checkStatus(this.#tx(), [id]).rows.length !== 1) throw new Error(`${id} is not known`);
    });
  }

  list(count: number, limit: number): Promise<Cost> {
    return this.#measured(count, 1, async () => {
      const page = list(this.#tx(), { limit });
      if (!page.ok || page.value.rows.length !== limit) throw new Error("the page is not full");
    });
  }
}
