/** Rows that an operation may write at most, on segments: what leaves one costs more, once. */

import * as present from "../../../test/model/oracle/costs.ts";
import type { ModelTask } from "../../../test/model/oracle/task.ts";

export class Costs extends present.Costs {
  readonly #touched = new Set<ModelTask>();

  override touch(task: ModelTask): void {
    this.#touched.add(task);
    super.touch(task);
  }

  /** The last of a segment takes two rows with it. */
  override gone(task: ModelTask): void {
    this.#touched.delete(task);
    this.task += 1;
    super.gone(task);
  }

  /** Beside its row: the segment's state, or two rows when nothing is left of it; and a change writes the new row again. */
  override write(): void {
    super.write();
    this.task += 3 * this.#touched.size;
    this.#touched.clear();
  }

  override begin(): void {
    super.begin();
    this.#touched?.clear();
  }
}
