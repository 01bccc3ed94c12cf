/** Rows that an operation may write at most: the table of docs/design/rows.md, for what the model saw change. */

import type { Status } from "../../../src/task/status.ts";
import type { ModelTask } from "./task.ts";

/** By the status that a task ends in, when that is another: its row, and each index that it enters. */
const ENTERING: Readonly<Record<Status, number>> = { Pending: 2, Queued: 2, Running: 2, Done: 1, Failed: 3, Killed: 2 };

export class Costs {
  task = 0;
  session = 0;
  /** Transactions, each of which writes the tally once. */
  commits = 1;
  /** Settings that were written. */
  settings = 0;
  /** Of the last transaction: one in a later minute writes the history once. */
  #minute: number | null = null;
  readonly #before = new Map<ModelTask, { readonly status: Status; readonly holdsKey: boolean }>();

  touch(task: ModelTask): void {
    if (!this.#before.has(task)) this.#before.set(task, { status: task.status, holdsKey: task.holdsKey });
  }

  pushed(task: ModelTask): void {
    this.task += task.key === null ? 2 : 3;
  }

  gone(task: ModelTask): void {
    this.#before.delete(task);
    this.task += 1;
  }

  /** What was touched so far is written; what comes now is written again. */
  write(): void {
    for (const [task, before] of this.#before) {
      this.task += rows(task, before.status);
      if (task.holdsKey !== before.holdsKey) this.task += 1;
    }
    this.#before.clear();
  }

  /** Rows of the history that a transaction at this instant may write. */
  history(now: number): number {
    return this.#minute !== null && Math.floor(now / 60_000) > this.#minute ? 1 : 0;
  }

  /** Something was written at this instant. */
  wrote(now: number): void {
    this.#minute = Math.max(this.#minute ?? 0, Math.floor(now / 60_000));
  }

  begin(): void {
    Object.assign(this, { task: 0, session: 0, commits: 1, settings: 0 });
    this.#before.clear();
  }
}

function rows({ status, lease }: ModelTask, before: Status): number {
  // It stays leased, or only a field of it changed: the row alone; where its place in the order did, that too.
  if (lease !== null && (before === "Queued" || before === "Running")) return 1;
  return ENTERING[status];
}
