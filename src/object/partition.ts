/** The partition: memory, database, sockets and alarm of one object, kept in step by transactions. */

import { REPORT_INTERVAL_MS } from "../limits.ts";
import { nextDueAt } from "../store/backlog.ts";
import { loadConfig } from "../store/config.ts";
import type { SqlDriver } from "../store/driver.ts";
import { isOpened, migrate } from "../store/schema.ts";
import { nextDeadline } from "../store/sweep.ts";
import { loadTally, newTally, saveTally, type Tally } from "../store/tally.ts";
import { cryptoChance, type Tx } from "../store/tx.ts";
import { DEFAULT_CONFIG, type QueueConfig } from "../task/task.ts";
import { type CommitHost, GroupCommit } from "./commit.ts";
import type { Connections } from "./connections.ts";
import { deliver, takers } from "./delivery.ts";
import { tellLosses } from "./registration.ts";
import { Step } from "./step.ts";
import { tellWaiting } from "./waiting.ts";
import type { Watchers } from "./watchers.ts";

/** The part of the storage that alarms need. */
type AlarmStorage = Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;

export interface PartitionParts {
  readonly queue: string;
  readonly partition: number;
  readonly sql: SqlDriver;
  readonly storage: AlarmStorage;
  readonly connections: Connections;
  readonly watchers: Watchers;
  /** Tells the directory at once: the queue was used for the first time. */
  readonly announce: () => void;
}

export class Partition implements CommitHost {
  readonly #parts: PartitionParts;
  readonly group: GroupCommit = new GroupCommit(this);
  /** Whether the queue was ever used: until then there are no tables. */
  opened = false;
  tally: Tally = newTally();
  config: QueueConfig = DEFAULT_CONFIG;
  /** The alarm that is set, ms. It cannot be asked for inside a transaction. */
  alarmAt: number | null = null;
  #rowsBefore = 0;
  #alarmWanted: number | null = null;

  constructor(parts: PartitionParts) {
    this.#parts = parts;
  }

  /** Reads what stands, and sees to it that no deadline was left without an alarm. */
  async start(): Promise<void> {
    const { sql, storage } = this.#parts;
    this.opened = isOpened(sql);
    this.alarmAt = await storage.getAlarm();
    if (!this.opened) return;
    sql.transaction(() => migrate(sql));
    this.reload();
    const now = Date.now();
    const wanted = this.nextWake(this.read(now));
    if (wanted !== null && this.#isWorse(wanted, now)) await this.setAlarm(Math.max(wanted, now));
  }

  reload(): void {
    this.opened = isOpened(this.#parts.sql);
    this.tally = this.opened ? loadTally(this.#parts.sql) : newTally();
    this.config = this.opened ? loadConfig(this.#parts.sql) : DEFAULT_CONFIG;
  }

  /** What reading operations are given. */
  read(now: number): Omit<Tx, "journal"> {
    const { sql, queue, partition, connections } = this.#parts;
    return {
      sql,
      now,
      chance: cryptoChance,
      tally: this.tally,
      config: this.config,
      queue,
      partition,
      presence: connections,
    };
  }

  transaction<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    return this.#parts.sql.transaction(body);
  }

  begin(): Step {
    this.#rowsBefore = this.#parts.sql.rowsWritten;
    return new Step(this.read(Date.now()));
  }

  /** Creates the tables before the first write. That they stand is believed once the transaction does. */
  open(): void {
    if (!this.opened) migrate(this.#parts.sql);
  }

  /** Whether there are tables to read: also within the transaction that makes them. */
  isUsed(): boolean {
    return this.opened || isOpened(this.#parts.sql);
  }

  conclude(step: Step): void {
    const { connections, sql } = this.#parts;
    this.#alarmWanted = null;
    // A queue that was dropped, or never used: nothing to deliver, and nothing to write down.
    if (!isOpened(sql)) return;
    tellLosses(step, connections);
    if (deliver(step, connections)) step.again = true;
    tellWaiting(step, connections);
    const { journal, now } = step.tx;
    const written = sql.rowsWritten - this.#rowsBefore;
    if (!journal.isEmpty || written > 0) this.tally.unreported = true;
    journal.addTo(this.tally, now);
    this.#wantAlarm(step);
    if (written === 0 && journal.isEmpty && !step.tallyChanged) return;
    this.tally.commits++;
    this.tally.rowsWritten += written + 1;
    if (this.#alarmWanted !== null) this.tally.alarmsSet++;
    saveTally(sql, this.tally);
  }

  /** Only ever earlier: an alarm that fires for nothing costs less than one that is moved each time. */
  #wantAlarm(step: Step): void {
    const { now, journal } = step.tx;
    const instants = [journal.wakeAt, this.tally.retentionAt, this.#dueAt(step), this.reportAt(now)];
    const wanted = instants.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null);
    if (wanted === null || !this.#isWorse(wanted, now)) return;
    this.#alarmWanted = Math.max(wanted, now);
    // Inside the transaction: an alarm that is set by a write that is undone is undone with it.
    void this.#parts.storage.setAlarm(this.#alarmWanted);
  }

  /** Whether the alarm that is set would come too late, or has passed. */
  #isWorse(wanted: number, now: number): boolean {
    return this.alarmAt === null || wanted < this.alarmAt || this.alarmAt <= now;
  }

  /** A task that will be due matters only if somebody waits for it. */
  #dueAt(step: Step): number | null {
    if (step.tx.config.paused || takers(step, this.#parts.connections).length === 0) return null;
    return nextDueAt(step.tx);
  }

  /** When the directory is to hear of changes: a while after they began, all at once; `null` when it knows all. */
  reportAt(now: number): number | null {
    if (!this.tally.unreported) return null;
    return Math.max(this.tally.reportedAt + REPORT_INTERVAL_MS, now + REPORT_DELAY_MS);
  }

  /** The earliest of all reasons to wake, read from the rows: for the start and for the alarm. */
  nextWake(tx: Omit<Tx, "journal">): number | null {
    const instants = [nextDeadline(tx), this.tally.retentionAt, this.reportAt(tx.now)].filter((at) => at !== null);
    return instants.length === 0 ? null : Math.min(...instants);
  }

  async setAlarm(at: number): Promise<void> {
    await this.#parts.storage.setAlarm(at);
    this.alarmAt = at;
  }

  publish(step: Step): void {
    const { connections, watchers, announce } = this.#parts;
    if (step.config) this.config = step.config;
    if (this.#alarmWanted !== null) this.alarmAt = this.#alarmWanted;
    if (!this.opened) this.opened = isOpened(this.#parts.sql);
    connections.pending.clear();
    for (const [connection, credit] of step.credits) connection.credit = credit;
    for (const change of step.after) change();
    for (const connection of step.changed) connection.save();
    for (const post of step.posts) {
      if ("text" in post) post.to.send(post.text);
      else post.to.close(post.close, post.reason);
    }
    watchers.note(step.tx.journal);
    if (this.opened && this.tally.reportedAt === 0 && this.tally.unreported) announce();
    if (step.again || connections.pending.size > 0) void this.group.do(() => undefined);
  }

  abandon(): void {
    this.reload();
  }
}

/** A push and its ack a moment later are one report. */
const REPORT_DELAY_MS = 1_000;
