/** One session of a worker that polls: what it holds, and what is to be said of that. */

import type { HolderEvent } from "../../task/task.ts";
import type { LeasedTaskView } from "../../task/view.ts";
import { isEnd } from "../report.ts";
import { Reports, type ReportsPorts } from "../reports.ts";
import type { Held } from "./lost-lease.ts";

export class PollSession {
  readonly worker: string;
  readonly token: string;
  readonly reports: Reports;
  /** Whether the queue knows it. If not, the leases must speak for themselves. */
  isKnown = true;
  /** The last answer to what the session sent, ms since the epoch. */
  heardAt: number;
  /** By lease: what has not ended, and is not lost. */
  readonly #held = new Map<string, Held>();

  constructor(worker: string, token: string, now: number, ports: ReportsPorts) {
    this.worker = worker;
    this.token = token;
    this.heardAt = now;
    this.reports = new Reports(ports);
  }

  took(tasks: readonly LeasedTaskView<unknown>[]): void {
    for (const { id, lease, status, attempt } of tasks) this.#held.set(lease, { id, lease, status, attempt });
  }

  report(event: HolderEvent): void {
    if (isEnd(event)) this.#held.delete(event.lease);
    this.reports.add(event);
  }

  /** Nothing is to be said of a lease that is gone. */
  lost(lease: string): void {
    this.#held.delete(lease);
    this.reports.outbox.drop(lease);
  }

  holds(lease: string): boolean {
    return this.#held.has(lease);
  }

  get held(): Iterable<Held> {
    return this.#held.values();
  }

  get holdsAny(): boolean {
    return this.#held.size > 0;
  }

  /** Whether all is said, and nothing is left to be done. */
  get isOver(): boolean {
    return this.#held.size === 0 && this.reports.outbox.isEmpty;
  }

  /** Who sends events. */
  get sender(): { readonly worker?: string; readonly session?: string } {
    return this.isKnown ? { worker: this.worker, session: this.token } : {};
  }

  get ref(): { readonly worker: string; readonly session: string } {
    return { worker: this.worker, session: this.token };
  }
}
