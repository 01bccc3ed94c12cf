/** The partition: memory, database, sockets and alarm of one object, kept in step by transactions. */

import { REPORT_INTERVAL_MS } from "../limits.ts";
import { hasBacklog, nextDueAt } from "../store/backlog.ts";
import { isAsWritten, loadSettings, refit, type Settings, unset } from "../store/config.ts";
import type { SqlDriver } from "../store/driver.ts";
import { HeldRows } from "../store/held.ts";
import { standingAtEnd, turnMinute } from "../store/history.ts";
import { loadKeyed } from "../store/keyed.ts";
import { isOpened, migrate } from "../store/schema.ts";
import { nextDeadline } from "../store/sweep.ts";
import { loadTally, newTally, saveTally, type Tally } from "../store/tally.ts";
import type { Tx } from "../store/tx.ts";
import { cryptoChance } from "../task/chance.ts";
import type { ConfigChange } from "../task/config.ts";
import { earliest } from "../task/instant.ts";
import type { Standing } from "../task/queue-history.ts";
import type { QueueConfig } from "../task/task.ts";
import { AlarmClock, type AlarmStorage } from "./alarm-clock.ts";
import { type CommitHost, GroupCommit } from "./commit.ts";
import type { Connections } from "./connections.ts";
import { deliver } from "./delivery.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { EventLog } from "./event-log.ts";
import { EventTurns } from "./event-turns.ts";
import { Feed } from "./feed.ts";
import { tellLosses } from "./losses.ts";
import { consumersOf } from "./roll.ts";
import { Step } from "./step.ts";
import { tellWaiting } from "./waiting.ts";
import type { Watchers } from "./watchers.ts";

export interface PartitionParts {
  readonly queue: string;
  readonly partition: number;
  readonly sql: SqlDriver;
  readonly storage: AlarmStorage;
  readonly connections: Connections;
  readonly dispatcher: Dispatcher;
  readonly watchers: Watchers;
  /** The settings that code has. */
  readonly code: ConfigChange;
  /** Tells the directory, which is due to hear of changes. */
  readonly announce: () => void;
}

export class Partition implements CommitHost {
  readonly #parts: PartitionParts;
  readonly group: GroupCommit = new GroupCommit(this);
  /** Whether the queue was ever used: until then there are no tables. */
  opened = false;
  tally: Tally = newTally();
  /** Whether the directory is being told just now. */
  reporting = false;
  config: QueueConfig;
  #keyed = 1;
  readonly alarm: AlarmClock;
  readonly log: EventLog;
  readonly #held = new HeldRows();
  readonly #turns = new EventTurns();
  readonly #feed: Feed;
  #rowsBefore = 0;
  /** How the queue stood when the minute noted ended; `null` while it goes on. */
  #ended: Standing | null = null;
  /** Whether there are tables at the end of the transaction under way. */
  #stands = false;

  constructor(parts: PartitionParts) {
    this.#parts = parts;
    // Until the first use there is no row that says otherwise, and the first task is pushed by these already.
    this.config = unset(parts.code).config;
    this.alarm = new AlarmClock(parts.storage);
    this.log = new EventLog(parts);
    this.#feed = new Feed(parts.connections);
  }

  /** Reads what stands, and sees to it that no deadline was left without an alarm. */
  async start(): Promise<void> {
    const { sql } = this.#parts;
    this.opened = isOpened(sql);
    await this.alarm.load();
    if (!this.opened) return;
    sql.transaction(() => migrate(sql));
    this.reload();
    const now = Date.now();
    const { code } = this.#parts;
    if (!isAsWritten(sql, this.config)) void this.group.do((step) => refit(step.tx, code));
    await this.rearm(now);
    // An instance that ended between a commit and the next look at it left tasks to those who wait.
    if (this.#anyRoom && !this.config.paused && hasBacklog(this.read(now))) {
      void this.group.do(() => undefined);
    }
  }

  /** Sets the alarm by what the rows say: at the start, and after each alarm. */
  async rearm(now: number): Promise<void> {
    if (this.opened) await this.alarm.set(this.nextWake(this.read(now)), now);
  }

  reload(): void {
    this.#held.clear();
    this.opened = isOpened(this.#parts.sql);
    this.tally = this.opened ? loadTally(this.#parts.sql) : newTally();
    this.config = this.settings.config;
    this.#keyed = this.opened ? loadKeyed(this.#parts.sql) : 1;
  }

  /** The settings, as they came to be. */
  get settings(): Settings {
    const { sql, code } = this.#parts;
    return this.isUsed() ? loadSettings(sql, code) : unset(code);
  }

  /** The settings that code has. */
  get code(): ConfigChange {
    return this.#parts.code;
  }

  /** Whether what comes now finds the line full, and is refused. */
  turnsAway(): boolean {
    const { isFull } = this.group;
    if (isFull) this.log.refused(Date.now());
    return isFull;
  }

  get queue(): string {
    return this.#parts.queue;
  }

  /** Which one this is, from 0. */
  get number(): number {
    return this.#parts.partition;
  }

  /** How many partitions of the queue take keys; `null` until its first use. */
  get keyed(): number | null {
    return this.opened ? this.#keyed : null;
  }

  /** That number is fixed. */
  keep(keyed: number): void {
    this.#keyed = keyed;
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
      held: this.#held,
    };
  }

  /** The same, of a queue that was used; `null` of one that was not, which has no tables to read. */
  readIfUsed(now: number): Omit<Tx, "journal"> | null {
    return this.opened ? this.read(now) : null;
  }

  transaction<T>(body: () => T extends PromiseLike<unknown> ? never : T): T {
    return this.#parts.sql.transaction(body);
  }

  begin(): Step {
    this.#feed.begin();
    this.#rowsBefore = this.#parts.sql.rowsWritten;
    const tx = this.read(Date.now());
    this.#ended = this.opened ? standingAtEnd(tx) : null;
    return new Step(tx);
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
    const { connections, dispatcher, sql } = this.#parts;
    // Tables are made by a transaction, and go with one.
    this.#stands = isOpened(sql);
    // A queue that was dropped, or never used: nothing to deliver, and nothing to write down.
    if (!this.#stands) return;
    tellLosses(step, connections);
    dispatcher.loseIn(step);
    if (deliver(step, this.#parts)) step.again = true;
    tellWaiting(step, connections);
    const { tally } = this;
    const { journal, now } = step.tx;
    const written = sql.rowsWritten - this.#rowsBefore;
    const changed = written > 0 || !journal.isEmpty;
    if (changed) tally.reportAt ??= firstReport(tally, now);
    const kept = changed || journal.tallyChanged;
    const turned = kept ? turnMinute({ sql, tally, now }, this.#ended) : 0;
    journal.addTo(tally, now);
    const waiting =
      dispatcher.waits(step.tx.config) || consumersOf(step, connections).some((one) => step.recall(one).credit > 0);
    // A report that is due follows this transaction: no alarm need be set for it.
    const reportAt = tally.reportAt !== null && tally.reportAt > now ? tally.reportAt : null;
    // The journal is in the tally by now: it must not count twice.
    const dueAt = this.#dueAt({ sql, now, tally, config: step.tx.config }, waiting);
    const wanted = earliest(journal.wakeAt, tally.retentionAt, tally.tickAt, reportAt, dueAt);
    if (this.alarm.stage(wanted, now)) tally.alarmsSet++;
    if (!kept) return;
    tally.commits++;
    tally.rowsWritten += written + turned + this.#feed.log(step) + 1;
    saveTally(sql, tally);
  }

  /** When a task will be due for somebody who waits; without such a one nobody need wake for it. */
  #dueAt(tx: Pick<Tx, "sql" | "now" | "tally" | "config">, waiting: boolean): number | null {
    if (!waiting || tx.config.paused) return null;
    const at = nextDueAt(tx);
    // What is due already is left only while nobody can take it: it is no reason to wake again and again.
    return at !== null && at > tx.now ? at : null;
  }

  /** Whether somebody waits for tasks. */
  get #anyRoom(): boolean {
    return this.#parts.connections.anyRoom || this.#parts.dispatcher.waits(this.config);
  }

  /** The earliest of all reasons to wake, read from the rows. */
  nextWake(tx: Omit<Tx, "journal">): number | null {
    return earliest(
      nextDeadline(tx),
      this.tally.retentionAt,
      this.tally.tickAt,
      this.reporting ? null : this.tally.reportAt,
      this.#dueAt(tx, this.#anyRoom),
    );
  }

  publish(step: Step): void {
    const { connections, dispatcher, watchers, announce } = this.#parts;
    this.#held.settle();
    if (step.config) this.config = step.config;
    this.alarm.settle(true);
    this.log.committed(step.tx, [this.opened, this.#stands]);
    this.opened = this.#stands;
    for (const connection of step.remembering) connections.update(connection, step.recall(connection));
    for (const change of step.after) change();
    for (const connection of step.changed) connection.save();
    for (const post of step.posts) post();
    dispatcher.begin();
    watchers.note(step.tx.journal);
    this.#feed.tell(step.tx.now);
    if (this.opened && !this.reporting && (this.tally.reportAt ?? Number.POSITIVE_INFINITY) <= step.tx.now) announce();
    if (step.again) void this.group.do(() => undefined);
  }

  turn(): Promise<void> {
    return this.#turns.next();
  }

  undone(): void {
    this.#held.clear();
  }

  abandon(): void {
    this.alarm.settle(false);
    this.reload();
  }
}

/** When the directory is to hear of a change: at once of the first, of all others gathered. */
const firstReport = (tally: Tally, now: number): number =>
  tally.reportedAt === 0 ? now : Math.max(tally.reportedAt + REPORT_INTERVAL_MS, now + REPORT_DELAY_MS);

/** A push and its ack a moment later are one report. */
const REPORT_DELAY_MS = 1_000;
