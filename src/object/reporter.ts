/** Tells the directory of the queue: at its first use, and then seldom. */

import { REPORT_INTERVAL_MS } from "../limits.ts";
import { queueView } from "../store/info.ts";
import type { Tally } from "../store/tally.ts";
import { listWorkers } from "../store/workers.ts";
import type { DirectoryApi, Snapshot } from "./api.ts";
import type { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import { measuresOf } from "./measures.ts";
import type { Partition } from "./partition.ts";

export class Reporter {
  readonly #partition: Partition;
  readonly #connections: Pick<Connections, "count">;
  readonly #directory: () => Pick<DirectoryApi, "report">;

  constructor(
    { partition, connections }: Pick<Desk, "partition" | "connections">,
    directory: () => Pick<DirectoryApi, "report">,
  ) {
    this.#partition = partition;
    this.#connections = connections;
    this.#directory = directory;
  }

  /**
   * Reports the queue as it stands. What changes meanwhile is for the next report, and one that fails is made again: that
   * a report is due is only forgotten once the directory has it.
   */
  async report(): Promise<void> {
    const { tally, opened, reporting } = this.#partition;
    if (reporting || !opened) return;
    this.#partition.reporting = true;
    const { commits } = tally;
    const at = Date.now();
    try {
      const snapshot = this.#snapshot(at);
      await this.#directory().report(snapshot);
      await this.#note(tally, (now) => {
        now.reportedAt = at;
        now.reportAt = now.commits === commits ? null : at + REPORT_INTERVAL_MS;
      });
    } catch (error) {
      this.#partition.log.reportFailed(Date.now(), error);
      await this.#note(tally, (now) => {
        now.reportAt = at + REPORT_INTERVAL_MS;
      });
    }
  }

  #note(reported: Tally, change: (tally: Tally) => void): Promise<void> {
    return this.#partition.group.do((step) => {
      // If the queue was dropped meanwhile, its tally is a new one, which nobody was told of.
      if (step.tx.tally === reported) {
        change(reported);
        step.tx.journal.tallyChanged = true;
      }
      step.after.push(() => {
        this.#partition.reporting = false;
      });
    });
  }

  #snapshot(at: number): Snapshot {
    const tx = this.#partition.read(at);
    const measures = measuresOf(tx, this.#connections.count);
    return { info: queueView(tx), partition: tx.partition, workers: listWorkers(tx), at, measures };
  }
}
