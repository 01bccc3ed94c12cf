/** A store under test: a database, a clock set by hand, chance that repeats, and commits as the object makes them. */

import { expect } from "vitest";
import { claim } from "../../src/store/claim.ts";
import { loadConfig, saveConfig } from "../../src/store/config.ts";
import type { SqlDriver } from "../../src/store/driver.ts";
import { applyEvents } from "../../src/store/events.ts";
import { type FeedEntry, logChanges } from "../../src/store/feed.ts";
import { standingAtEnd, turnMinute } from "../../src/store/history.ts";
import { Journal } from "../../src/store/journal.ts";
import { push } from "../../src/store/push.ts";
import { type FullRow, fullRow, idOf, leaseOf, seqOf, viewOf } from "../../src/store/rows.ts";
import { migrate } from "../../src/store/schema.ts";
import type { SessionRow } from "../../src/store/sessions.ts";
import { sweep } from "../../src/store/sweep.ts";
import type { Deliveries, Taker } from "../../src/store/takers.ts";
import { loadTally, saveTally, type Tally } from "../../src/store/tally.ts";
import type { Tx } from "../../src/store/tx.ts";
import { register } from "../../src/store/workers.ts";
import { type ConfigChange, changed } from "../../src/task/config.ts";
import { noCounts, STATUSES } from "../../src/task/status.ts";
import type { EventAnswer, HolderEvent, NewTask, Pushed, QueueConfig } from "../../src/task/task.ts";
import type { TaskView } from "../../src/task/view.ts";
import { Dice } from "./dice.ts";

/** A row of the task table as the database gives it. */
export type RawRow = Readonly<Record<string, string | number | null>>;

/** Every case begins at this instant: Wednesday, ten seconds after a full minute. */
export const START = 1_750_000_000_000;

export class StoreBench {
  readonly sql: SqlDriver;
  now = START;
  config: QueueConfig;
  tally: Tally;
  readonly dice: Dice = new Dice(1);
  /** What the process heard, by session; a session that is not in it was never heard. */
  readonly heard: Map<number, number> = new Map();
  partition = 0;
  /** The journal of the last commit. */
  journal: Journal = new Journal();
  /** Rows that the last commit wrote, without the tally's. */
  rows = 0;
  /** Rows that the last commit wrote of the history. */
  turned = 0;
  /** Whether somebody follows. */
  followed = false;
  /** Rows that the last commit wrote of the log. */
  logged: readonly FeedEntry[] = [];
  /** Rows of the tally and the history, all told. */
  saved = 0;

  constructor(sql: SqlDriver) {
    this.sql = sql;
    sql.transaction(() => migrate(sql));
    this.tally = loadTally(sql);
    this.config = loadConfig(sql);
  }

  /** What one operation is given. */
  tx(): Tx {
    const { sql, now, dice, tally, config, partition, heard } = this;
    const presence = { heardAt: (session: number) => heard.get(session) ?? null };
    return { sql, now, chance: dice, tally, config, journal: new Journal(), queue: "emails", partition, presence };
  }

  /** Runs work as the object does: in a savepoint of a transaction that ends with the tally. Then holds the counts against the rows. */
  commit<T>(work: (tx: Tx) => T): T {
    const tx = this.tx();
    this.logged = [];
    let value: { readonly of: T } | null = null;
    try {
      this.sql.transaction(() => {
        const ended = standingAtEnd(tx);
        const before = this.sql.rowsWritten;
        this.sql.transaction(() => {
          value = { of: work(tx) };
        });
        this.rows = this.sql.rowsWritten - before;
        const kept = this.rows > 0 || !tx.journal.isEmpty || tx.journal.tallyChanged;
        this.turned = kept ? turnMinute(tx, ended) : 0;
        tx.journal.addTo(this.tally, this.now);
        if (!kept) return;
        this.logged = logChanges(tx, this.followed);
        this.tally.commits++;
        saveTally(this.sql, this.tally);
        this.saved += 1 + this.turned + this.logged.length;
      });
    } catch (error) {
      this.tally = loadTally(this.sql);
      throw error;
    }
    this.journal = tx.journal;
    this.check();
    return (value as { readonly of: T } | null)?.of as T;
  }

  /** What must hold after every commit, whatever it did. */
  check(): void {
    const counts = noCounts();
    for (const row of this.sql.all<{ status: number; n: number }>(
      "SELECT status, count(*) AS n FROM task GROUP BY status",
    )) {
      const status = STATUSES[row.status];
      if (status) counts[status] = row.n;
    }
    expect(loadTally(this.sql).counts).toEqual(counts);
    const doubled = "SELECT idem_key FROM task WHERE freed = 0 GROUP BY idem_key, group_key HAVING count(*) > 1";
    expect(this.sql.all(doubled)).toEqual([]);
  }

  /** Pushes while nobody waits. */
  push(...tasks: Partial<NewTask>[]): Pushed[] {
    return this.pushTo([], ...tasks).pushed;
  }

  pushTo<T extends Taker>(
    takers: readonly T[],
    ...tasks: Partial<NewTask>[]
  ): { pushed: Pushed[]; deliveries: Deliveries<T> } {
    return this.commit((tx) =>
      value(
        push(
          tx,
          tasks.map((task) => ({ args: "null", ...task })),
          takers,
        ),
      ),
    );
  }

  /** Pushes one task, and answers its id. */
  pushOne(task: Partial<NewTask> = {}): string {
    return this.push(task)[0]?.id ?? "";
  }

  /** A new session of a worker, heard now. */
  worker(name = "w"): SessionRow {
    const { session } = this.commit((tx) => value(register(tx, { worker: name })));
    this.heard.set(session.id, this.now);
    return session;
  }

  /** Claims for one worker; the rows in the order in which they should run. */
  claim(session: SessionRow, room = 1, autoStart = false): FullRow[] {
    const taker = this.taker(session, room, autoStart);
    return this.commit((tx) => claim(tx, [taker]).deliveries.get(taker) ?? []);
  }

  taker(session: SessionRow, room: number, autoStart = false): Taker {
    return { session: session.id, worker: session.worker, autoStart, room };
  }

  /** A task that is in nobody's way, for others to be compared with. */
  control(): string {
    return this.pushOne({ runAt: 8_640_000_000_000_000, args: '"control"', groupKey: "control" });
  }

  /** Pushes one task and has it claimed at once: its id. */
  leased(session: SessionRow, task: Partial<NewTask> = {}, autoStart = false): string {
    const [pushed] = this.pushTo([this.taker(session, 1, autoStart)], task).pushed;
    if (pushed?.status === "Pending") throw new Error("there is a backlog: the task was not delivered at once");
    return pushed?.id ?? "";
  }

  events(events: readonly HolderEvent[], session: SessionRow | null = null): EventAnswer[] {
    return this.commit((tx) => applyEvents(tx, events, session?.id ?? null));
  }

  event(event: HolderEvent, session: SessionRow | null = null): EventAnswer {
    return this.events([event], session)[0] ?? { id: "", error: { code: "internal", detail: "no answer" } };
  }

  sweep(): number {
    return this.commit((tx) => sweep(tx).taken);
  }

  configure(change: ConfigChange): void {
    this.config = changed(this.config, change);
    this.commit((tx) => saveConfig(tx.sql, this.config));
  }

  /** The row as the database has it, args included. */
  raw(id: string): RawRow {
    const [row] = this.sql.all<RawRow>("SELECT * FROM task WHERE seq = ?1", this.seqOf(id));
    if (!row) throw new Error(`there is no task ${id}`);
    return row;
  }

  row(id: string): FullRow {
    return value(fullRow(this.tx(), id));
  }

  view(id: string): TaskView {
    return viewOf(this.tx(), this.row(id));
  }

  /** The live lease of a task. */
  lease(id: string): string {
    return leaseOf(this.row(id));
  }

  /** The id of a row, or of no row at all, which is no id. */
  idOf(row: FullRow | undefined): string {
    return row ? idOf(this, row) : "";
  }

  seqOf(id: string): number {
    return seqOf(this, id) ?? 0;
  }

  /** The id of the task with that sequence. */
  idAt(seq: number): string {
    const [row] = this.sql.all<FullRow>("SELECT created_at, seq, random FROM task WHERE seq = ?1", seq);
    return this.idOf(row);
  }

  leaseOf(row: FullRow | undefined): string {
    return row ? leaseOf(row) : "";
  }

  /** Everything that stands, for comparison: tasks by sequence, sessions, settings. */
  dump(): Readonly<Record<string, readonly RawRow[]>> {
    return {
      task: this.sql.all<RawRow>("SELECT * FROM task ORDER BY seq"),
      session: this.sql.all<RawRow>("SELECT * FROM session ORDER BY id"),
      state: this.sql.all<RawRow>("SELECT * FROM state WHERE name <> 'tally' ORDER BY name"),
    };
  }

  /** Runs work that must change nothing at all. */
  untouched<T>(work: () => T): T {
    const before = this.dump();
    const result = work();
    expect(this.dump()).toEqual(before);
    return result;
  }

  /** Runs work that may change the named tasks alone: each other row stays as it is, byte for byte. */
  touching<T>(ids: readonly string[], work: () => T): T {
    const seqs = new Set(ids.map((id) => seqOf(this, id)));
    const others = () => (this.dump().task ?? []).filter((row) => !seqs.has(Number(row.seq)));
    const before = others();
    const result = work();
    expect(others()).toEqual(before);
    return result;
  }
}

/** The value of a result that must be one. */
export function value<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

/** A case of the suite, and how it is given its database. */
type StoreCase = (bench: StoreBench) => void;
export type StoreCases = Readonly<Record<string, StoreCase>>;
