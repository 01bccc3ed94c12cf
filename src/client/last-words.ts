/** What a superseded worker still has to say of what it runs: its socket is gone, but each lease is right enough. */

import type { QueuePort } from "../backend/port.ts";
import type { Reports } from "../backend/reports.ts";
import { Timer } from "../backend/timer.ts";

export class LastWords {
  readonly #reports: Reports;
  readonly #tell: QueuePort["events"];
  #saying: Promise<void> | undefined;

  constructor(reports: Reports, tell: QueuePort["events"]) {
    this.#reports = reports;
    this.#tell = tell;
  }

  /** Says what there is, soon; resolves once that was answered, or nobody answers. */
  say(): Promise<void> {
    if (!this.#saying && !this.#reports.outbox.hasMore) return Promise.resolve();
    this.#saying ??= this.#say().finally(() => {
      this.#saying = undefined;
      void this.say();
    });
    return this.#saying;
  }

  async #say(): Promise<void> {
    const { outbox } = this.#reports;
    // What ends in one turn goes in one request.
    await new Promise<void>((resolve) => new Timer().set(0, resolve));
    for (let batch = outbox.take(); batch.length > 0; batch = outbox.take()) {
      const ref = outbox.sent(batch);
      try {
        this.#reports.answered(ref, await this.#tell(batch.map(({ event }) => event)));
      } catch {
        // Its leases run out, and the tasks are taken back.
        outbox.answered(ref);
      }
    }
  }
}
