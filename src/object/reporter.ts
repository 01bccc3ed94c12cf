/** Tells the directory of the queue: at its first use, and then seldom. */

import { queueView } from "../store/info.ts";
import { listWorkers } from "../store/workers.ts";
import type { DirectoryApi, Snapshot } from "./api.ts";
import type { Partition } from "./partition.ts";

export class Reporter {
  readonly #partition: Partition;
  readonly #directory: () => Pick<DirectoryApi, "report">;
  #underWay = false;

  constructor(partition: Partition, directory: () => Pick<DirectoryApi, "report">) {
    this.#partition = partition;
    this.#directory = directory;
  }

  isDue(now: number): boolean {
    const at = this.#partition.reportAt(now);
    return at !== null && at <= now;
  }

  /**
   * Reports the queue as it stands. What changes meanwhile is for the next report; a report that fails leaves the queue
   * unreported, which is a reason to wake again.
   */
  async report(): Promise<void> {
    if (this.#underWay || !this.#partition.opened) return;
    this.#underWay = true;
    try {
      const snapshot = this.#snapshot();
      this.#partition.tally.unreported = false;
      await this.#directory().report(snapshot);
      await this.#partition.group.do((step) => {
        step.tx.tally.reportedAt = snapshot.at;
        step.tallyChanged = true;
      });
    } catch (error) {
      this.#partition.tally.unreported = true;
      console.error("the directory could not be told of this queue", error);
    } finally {
      this.#underWay = false;
    }
  }

  #snapshot(): Snapshot {
    const tx = this.#partition.read(Date.now());
    return { info: queueView(tx), workers: listWorkers(tx), at: tx.now };
  }
}
