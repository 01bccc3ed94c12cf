/** What a worker has to report: gathered, sent in batches, kept until it is answered, sent again after a break. */

import { MAX_BATCH, MAX_FRAME_CHARACTERS } from "../limits.ts";
import { isEnd, type Report } from "./report.ts";

/** A batch that waits for its answer. */
export interface Sent {
  readonly ref: string;
  readonly reports: readonly Report[];
  /** The credit that went with it. */
  readonly credit: number;
}

export class Outbox {
  #unsent: Report[] = [];
  #unanswered = new Map<string, Sent>();
  #batches = 0;

  add(report: Report): void {
    // Of a task's progress only the latest is worth a row.
    const older = report.type === "progress" ? this.#unsent.findIndex((one) => isProgressOf(one, report)) : -1;
    if (older < 0) this.#unsent.push(report);
    else this.#unsent[older] = report;
  }

  /** Whether everything was said, and answered. */
  get isEmpty(): boolean {
    return this.#unsent.length === 0 && this.#unanswered.size === 0;
  }

  /** Whether something was not sent yet. */
  get hasMore(): boolean {
    return this.#unsent.length > 0;
  }

  /** Leases of which something is not known to have arrived. */
  leases(): string[] {
    return this.#all().map((report) => report.lease);
  }

  /** Whether a report of this kind was not answered yet. */
  has(type: Report["type"]): boolean {
    return this.#all().some((report) => report.type === type);
  }

  /** Takes the reports of the next batch, in order; none when all were sent. */
  take(): Report[] {
    let characters = 0;
    let count = 0;
    for (const report of this.#unsent) {
      characters += report.characters;
      if (count === MAX_BATCH || (count > 0 && characters > MAX_FRAME_CHARACTERS)) break;
      count++;
    }
    return this.#unsent.splice(0, count);
  }

  /** Remembers a batch until its answer. @returns what the answer names it by */
  sent(reports: readonly Report[], credit = 0): string {
    const ref = (++this.#batches).toString(36);
    this.#unanswered.set(ref, { ref, reports, credit });
    return ref;
  }

  /** The batch that was answered, which is done with; nothing when it is not waited for. */
  answered(ref: string): Sent | undefined {
    const batch = this.#unanswered.get(ref);
    this.#unanswered.delete(ref);
    return batch;
  }

  /** The connection is gone: what was not answered is sent again, before all else, in its order. */
  rewind(): void {
    this.#unsent = this.#all();
    this.#unanswered.clear();
    this.#prune();
  }

  /** A batch was not answered: it is sent again, before what was not sent yet. */
  back(ref: string): void {
    this.#unsent.unshift(...(this.answered(ref)?.reports ?? []));
    this.#prune();
  }

  /** Puts reports back in front. */
  unshift(reports: readonly Report[]): void {
    this.#unsent.unshift(...reports);
  }

  /** Forgets what is to be said about a lease that is lost; what is under way will be answered. */
  drop(lease: string): void {
    this.#unsent = this.#unsent.filter((report) => report.lease !== lease);
  }

  /** How an ended task came to its end is nobody's business any more, and would be refused had the end arrived. */
  #prune(): void {
    const ended = new Set(
      this.#all()
        .filter(isEnd)
        .map((report) => report.lease),
    );
    this.#unsent = this.#unsent.filter((report) => isEnd(report) || !ended.has(report.lease));
  }

  #all(): Report[] {
    return [...[...this.#unanswered.values()].flatMap(({ reports }) => reports), ...this.#unsent];
  }
}

const isProgressOf = (one: Report, other: Report): boolean => one.type === "progress" && one.lease === other.lease;
