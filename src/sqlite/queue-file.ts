/** An open file, and what memory knows of it: numbers, settings, who was heard, when to look next. */

import type { Occasion } from "../local/store.ts";
import { loadConfig } from "../store/config.ts";
import { Journal } from "../store/journal.ts";
import type { NodeDriver } from "../store/node.ts";
import { nextDeadline } from "../store/sweep.ts";
import { isUsed, loadTally, marksOf, newTally, saveTally, type Tally } from "../store/tally.ts";
import type { Tx } from "../store/tx.ts";
import { type Chance, cryptoChance } from "../task/chance.ts";
import { PriniaError } from "../task/errors.ts";
import { earliest } from "../task/instant.ts";
import { DEFAULT_CONFIG, type QueueConfig } from "../task/task.ts";
import { GroupCommit, type GroupHost, type Soon } from "./group-commit.ts";
import { tell } from "./tell.ts";

export type Reading = Omit<Tx, "journal">;

export class QueueFile implements GroupHost {
  readonly #queue: string;
  readonly #sql: NodeDriver;
  readonly #chance: Chance;
  readonly #group: GroupCommit;
  /** Signs of life that this process has had, by session. */
  readonly #heard = new Map<number, number>();
  #tally: Tally;
  #config: QueueConfig;
  #isUsed: boolean;
  #isClosed = false;
  /** Whether the tally is to be written with the transaction that is open. */
  #isTallied = false;
  /** Not later than when the first lease must be looked at; unknown until the rows are asked. */
  #deadline: number | null | undefined;

  constructor(queue: string, sql: NodeDriver, soon: Soon, chance: Chance = cryptoChance) {
    this.#queue = queue;
    this.#sql = sql;
    this.#chance = chance;
    this.#group = new GroupCommit(sql, this, soon);
    this.#tally = loadTally(sql);
    this.#config = loadConfig(sql);
    this.#isUsed = isUsed(sql);
  }

  get config(): QueueConfig {
    return this.#config;
  }

  set config(config: QueueConfig) {
    this.#config = config;
  }

  /** Whether anything was ever done to the queue. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /**
   * What reading operations are given.
   *
   * @throws PriniaError `unreachable` once the file was closed
   */
  read({ now }: Pick<Occasion, "now">): Reading {
    if (this.#isClosed) {
      throw new PriniaError({ code: "unreachable", detail: `The queue ${JSON.stringify(this.#queue)} was closed.` });
    }
    return {
      sql: this.#sql,
      now,
      chance: this.#chance,
      tally: this.#tally,
      config: this.#config,
      queue: this.#queue,
      partition: 0,
      presence: { heardAt: (session) => this.#heard.get(session) ?? null },
    };
  }

  /** One operation, whole or not at all: what follows from it is told to the occasion. */
  write<T>(on: Occasion, work: (tx: Tx) => T): T {
    const tx: Tx = { ...this.read(on), journal: new Journal() };
    const marks = marksOf(tx.tally);
    let answer: { readonly of: T } | undefined;
    try {
      this.#group.do(() => {
        answer = { of: work(tx) };
        tell(on, tx);
      });
    } catch (error) {
      Object.assign(tx.tally, marks);
      throw error;
    }
    this.#note(tx);
    return (answer as unknown as { readonly of: T }).of;
  }

  #note({ journal, now }: Tx): void {
    if (this.#deadline !== undefined) this.#deadline = earliest(this.#deadline, journal.wakeAt);
    if (journal.isEmpty && !journal.tallyChanged) return;
    journal.addTo(this.#tally, now);
    this.#isTallied = true;
    this.#isUsed = true;
  }

  /** A sign of life. */
  hear(session: number, now: number): void {
    if (now > (this.#heard.get(session) ?? 0)) this.#heard.set(session, now);
  }

  forget(session: number): void {
    this.#heard.delete(session);
  }

  /** The tables were made anew: the queue was never used. */
  beginAnew(): void {
    this.#tally = newTally();
    this.#config = DEFAULT_CONFIG;
    this.#heard.clear();
    this.#isUsed = false;
    this.#isTallied = false;
    this.#deadline = null;
  }

  /** When a lease must be looked at next, or a retention ends. May be early, and never late. */
  nextDeadline(on: Pick<Occasion, "now">): number | null {
    // To read each lease after each write would be dear: what is noted is at worst too early.
    if (this.#deadline === undefined) this.#deadline = nextDeadline(this.read(on));
    return earliest(this.#deadline, this.#tally.retentionAt);
  }

  /**
   * All that was due has been looked at. Only then are the rows asked for the next time: who is missing has a new deadline
   * each time that one asks, until the look has written down since when.
   */
  looked(): void {
    this.#deadline = undefined;
  }

  get flushed(): Promise<void> {
    return this.#group.flushed;
  }

  conclude(): void {
    if (this.#isTallied) saveTally(this.#sql, this.#tally);
    this.#isTallied = false;
  }

  abandon(): void {
    this.#tally = loadTally(this.#sql);
    this.#config = loadConfig(this.#sql);
    this.#isUsed = isUsed(this.#sql);
    this.#isTallied = false;
    this.#deadline = undefined;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#group.flush();
    this.#isClosed = true;
    this.#sql.close();
  }
}
