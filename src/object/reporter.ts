/** Tells the directory of the queue: at its first use, and then seldom. */

import { REPORT_INTERVAL_MS } from "../limits.ts";
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
    const { reportAt } = this.#partition.tally;
    return reportAt !== null && reportAt <= now;
  }

  /**
   * Reports the queue as it stands. What changes meanwhile is for the next report; one that fails is tried again by the
   * alarm.
   */
  async report(): Promise<void> {
    const { tally, opened, group } = this.#partition;
    if (this.#underWay || !opened) return;
    this.#underWay = true;
    try {
      const snapshot = this.#snapshot();
      tally.reportAt = null;
      await this.#directory().report(snapshot);
      await group.do((step) => {
        step.tx.tally.reportedAt = snapshot.at;
        step.tallyChanged = true;
      });
    } catch (error) {
      tally.reportAt = Date.now() + REPORT_INTERVAL_MS;
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
