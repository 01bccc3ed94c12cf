/** The rows of one page of a list, as they stand and as they change: bounded, however much changes in the queue. */

import { signal } from "@preact/signals";
import type { TaskChange } from "../types.ts";
import type { View } from "./queue-query.ts";
import type { Page, Row, Status } from "./task-model.ts";

/** Newcomers that are told apart; beyond, it is only said that there are more. */
export const MOST_NEWCOMERS = 999;

/** Changes that are kept while a page is read; of more, those that came first are forgotten. */
const MOST_MEANWHILE = 2_000;

/** Calls once, at the next frame that is drawn. */
type Schedule = (draw: () => void) => void;

export class LiveRows {
  readonly rows = signal<readonly Row[]>([]);
  /** Tasks that belong on this page and are not shown yet. */
  readonly newcomers = signal(0);
  /** What the page is of. */
  view: View;
  readonly #schedule: Schedule;
  readonly #changes = new Map<string, TaskChange>();
  readonly #newcomers = new Set<string>();
  /** What was heard since the page was asked for; `null` while none is. */
  #meanwhile: Map<string, TaskChange> | null = null;
  #shown = new Set<string>();
  #isWhole = true;
  #isScheduled = false;

  constructor(view: View, schedule: Schedule) {
    this.view = view;
    this.#schedule = schedule;
  }

  /** A page is asked for: what is heard from now on may be newer than its answer. */
  asked(): void {
    this.#meanwhile = new Map();
  }

  /** A page as it was read; `isKnown` when it is one of before, and the answer is still to come. */
  show({ rows, nextCursor }: Page, isKnown = false): void {
    this.#changes.clear();
    this.#newcomers.clear();
    this.#shown = new Set(rows.map(({ id }) => id));
    this.#isWhole = nextCursor === undefined;
    this.rows.value = rows;
    this.newcomers.value = 0;
    const meanwhile = this.#meanwhile;
    if (isKnown || meanwhile === null) return;
    this.#meanwhile = null;
    this.hear([...meanwhile.values()]);
  }

  /** Takes changes down; they are seen together at the next frame. */
  hear(changes: readonly TaskChange[]): void {
    for (const change of changes) {
      if (this.#meanwhile !== null) keep(this.#meanwhile, change);
      if (this.#shown.has(change.id)) this.#changes.set(change.id, change);
      else if (this.#belongs(change)) this.#add(change.id);
      else this.#newcomers.delete(change.id);
    }
    const isStill = this.#changes.size === 0 && this.#newcomers.size === this.newcomers.peek();
    if (isStill || this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#draw());
  }

  #draw(): void {
    this.#isScheduled = false;
    this.newcomers.value = this.#newcomers.size;
    if (this.#changes.size === 0) return;
    this.rows.value = this.rows.peek().map((row) => {
      const change = this.#changes.get(row.id);
      return change === undefined ? row : changed(row, change);
    });
    this.#changes.clear();
  }

  #add(id: string): void {
    if (this.#newcomers.size < MOST_NEWCOMERS) this.#newcomers.add(id);
  }

  /** Whether a task that is not shown would be, were the page read anew. Keys are not told, so with those nobody knows. */
  #belongs({ id, gone, status }: TaskChange): boolean {
    const { view } = this;
    if (gone || view.cursor !== null || view.groupKey !== null || view.idempotencyKey !== null) return false;
    if (view.before !== null) return false;
    if (view.status !== null && view.status !== status) return false;
    if (this.#isWhole && view.after === null) return true;
    const last = this.rows.peek().at(-1);
    // Ids go up with the time of creation.
    return last === undefined || (view.order === "newest" ? id > last.id : id < last.id);
  }
}

function keep(meanwhile: Map<string, TaskChange>, change: TaskChange): void {
  const [oldest] = meanwhile.keys();
  if (meanwhile.size >= MOST_MEANWHILE && oldest !== undefined) meanwhile.delete(oldest);
  // The last of a task is the one that counts, and is the last to be forgotten.
  meanwhile.delete(change.id);
  meanwhile.set(change.id, change);
}

function changed(row: Row, change: TaskChange): Row {
  if (change.gone) return { ...row, isGone: true };
  const { status = row.status, attempt = row.attempt, priority = row.priority, runAt = row.runAt } = change;
  return { ...row, status: status as Status, attempt, priority, runAt };
}
