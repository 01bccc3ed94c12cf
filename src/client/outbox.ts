/** What a worker has to report: gathered, sent in frames, kept until it is answered, sent again on the next socket. */

import { MAX_BATCH, MAX_FRAME_CHARACTERS } from "../limits.ts";
import type { Report } from "./report.ts";

/** A frame that waits for its answer. */
export interface Sent {
  readonly ref: string;
  readonly reports: readonly Report[];
  /** The credit that went with it. */
  readonly credit: number;
}

export class Outbox {
  #unsent: Report[] = [];
  #unanswered = new Map<string, Sent>();
  #frames = 0;

  add(report: Report): void {
    // Of a task's progress only the latest is worth a row.
    const older = report.type === "progress" ? this.#unsent.findIndex((one) => isProgressOf(one, report)) : -1;
    if (older < 0) this.#unsent.push(report);
    else this.#unsent[older] = report;
  }

  get isEmpty(): boolean {
    return this.#unsent.length === 0 && this.#unanswered.size === 0;
  }

  /** Leases whose end is not known to have arrived: the worker still holds them. */
  leases(): string[] {
    return this.#all().map((report) => report.lease);
  }

  /** Takes the reports of the next frame, in order; none when all were sent. */
  take(): Report[] {
    let characters = 0;
    let count = 0;
    for (const { text } of this.#unsent) {
      characters += text.length;
      if (count === MAX_BATCH || (count > 0 && characters > MAX_FRAME_CHARACTERS)) break;
      count++;
    }
    return this.#unsent.splice(0, count);
  }

  get hasMore(): boolean {
    return this.#unsent.length > 0;
  }

  /** Remembers a frame until its answer, and says what to send. */
  sent(reports: readonly Report[], credit: number): string {
    const ref = (++this.#frames).toString(36);
    this.#unanswered.set(ref, { ref, reports, credit });
    const tail = credit > 0 ? `,"credit":${credit}` : "";
    return `{"type":"events","ref":"${ref}","events":[${reports.map(({ text }) => text).join()}]${tail}}`;
  }

  /** The frame that was answered, which is done with; nothing when it is of another socket. */
  answered(ref: string): Sent | undefined {
    const frame = this.#unanswered.get(ref);
    this.#unanswered.delete(ref);
    return frame;
  }

  /** The socket is gone: what was not answered is sent again, before all else, in its order. */
  rewind(): void {
    const all = this.#all();
    const ended = new Set(all.filter(isEnd).map((report) => report.lease));
    // How an ended task came to its end is nobody's business any more, and would be refused had the end arrived.
    this.#unsent = all.filter((report) => isEnd(report) || !ended.has(report.lease));
    this.#unanswered.clear();
  }

  /** Puts reports back in front. */
  unshift(reports: readonly Report[]): void {
    this.#unsent.unshift(...reports);
  }

  /** Forgets what is to be said about a lease that is lost; what is under way will be answered. */
  drop(lease: string): void {
    this.#unsent = this.#unsent.filter((report) => report.lease !== lease);
  }

  #all(): Report[] {
    return [...[...this.#unanswered.values()].flatMap(({ reports }) => reports), ...this.#unsent];
  }
}

const isEnd = ({ type }: Report): boolean => type === "ack" || type === "snooze" || type === "release";

const isProgressOf = (one: Report, other: Report): boolean => one.type === "progress" && one.lease === other.lease;
