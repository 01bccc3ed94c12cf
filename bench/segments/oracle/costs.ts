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

  /** Beside a row that it may get, the segment's state; or its two rows, when nothing is left of it. */
  override write(): void {
    super.write();
    this.task += 2 * this.#touched.size;
    this.#touched.clear();
  }

  override begin(): void {
    super.begin();
    this.#touched?.clear();
  }
}
