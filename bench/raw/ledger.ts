/** The store without a protocol: the same SQL in the same transactions, called directly. What it reaches is a ceiling. */

import { claim } from "../../src/store/claim.ts";
import { loadConfig } from "../../src/store/config.ts";
import type { SqlDriver } from "../../src/store/driver.ts";
import { applyEvents } from "../../src/store/events.ts";
import { Journal } from "../../src/store/journal.ts";
import { push } from "../../src/store/push.ts";
import { type FullRow, idOf, leaseOf } from "../../src/store/rows.ts";
import { migrate } from "../../src/store/schema.ts";
import type { SessionRow } from "../../src/store/sessions.ts";
import type { Taker } from "../../src/store/takers.ts";
import { loadTally, saveTally, type Tally } from "../../src/store/tally.ts";
import type { Tx } from "../../src/store/tx.ts";
import { register } from "../../src/store/workers.ts";
import { cryptoChance } from "../../src/task/chance.ts";
import type { Result } from "../../src/task/result.ts";
import type { HolderEvent, NewTask } from "../../src/task/task.ts";

/** 100 bytes, as everywhere in this benchmark. */
const ARGS: string = JSON.stringify({ text: "x".repeat(89) });

export class Ledger {
  readonly #sql: SqlDriver;
  readonly #tally: Tally;
  readonly #session: SessionRow;

  /** @param sql of an empty database */
  constructor(sql: SqlDriver) {
    this.#sql = sql;
    sql.transaction(() => migrate(sql));
    this.#tally = loadTally(sql);
    this.#session = this.commit((tx) => accepted(register(tx, { worker: "ledger" }))).session;
  }

  tx(): Tx {
    const now = Date.now();
    const presence = { heardAt: () => now };
    return {
      ...{ sql: this.#sql, now, chance: cryptoChance, tally: this.#tally, config: loadConfig(this.#sql) },
      ...{ journal: new Journal(), queue: "ledger", partition: 0, presence },
    };
  }

  /** One transaction, which ends with the tally, as an object's does. */
  commit<T>(work: (tx: Tx) => T): T {
    const done = this.#sql.transaction(() => {
      const tx = this.tx();
      const of = work(tx);
      tx.journal.addTo(this.#tally, tx.now);
      saveTally(this.#sql, this.#tally);
      return { of };
    });
    return done.of;
  }

  /** @param task what each of them is, besides its args */
  push(tx: Tx, count: number, task: Partial<NewTask> = {}): void {
    accepted(push(tx, Array(count).fill({ args: ARGS, ...task }), []));
  }

  /** Pushes to one who waits, if nothing else does. */
  deliver(tx: Tx, count: number): FullRow[] {
    const taker = this.#taker(count);
    const { deliveries } = accepted(push(tx, Array(count).fill({ args: ARGS }), [taker]));
    return deliveries.get(taker) ?? [];
  }

  claim(tx: Tx, count: number): FullRow[] {
    const taker = this.#taker(count);
    return claim(tx, [taker]).deliveries.get(taker) ?? [];
  }

  /** Acks them with a result that is kept. */
  ack(tx: Tx, rows: readonly FullRow[]): void {
    const ack = (row: FullRow): HolderEvent => {
      return { type: "ack", id: idOf(tx, row), lease: leaseOf(row), result: { ok: "null" } };
    };
    if (rows.length > 0) applyEvents(tx, rows.map(ack), this.#session.id);
  }

  #taker(room: number): Taker {
    return { session: this.#session.id, worker: this.#session.worker, autoStart: true, room };
  }
}

function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`the store refused: ${result.error.detail}`);
  return result.value;
}
