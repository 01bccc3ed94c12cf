/** A batch that needed several partitions, of which some did not take their part. */

import { type ErrorFields, PriniaError } from "../task/errors.ts";
import type { Pushed } from "../task/task.ts";

/** A part that was not pushed. */
export interface RefusedPart {
  /** Where its tasks stand in the batch. */
  readonly places: readonly number[];
  /** Why; a path in it counts within the part. */
  readonly error: unknown;
}

/** The fields are those of the first refusal. */
export class SplitPushError extends PriniaError {
  /** What the tasks became, in the order of the batch; nothing where a task was not pushed. */
  readonly pushed: readonly (Pushed | undefined)[];
  readonly refused: readonly RefusedPart[];

  constructor(fields: ErrorFields, pushed: readonly (Pushed | undefined)[], refused: readonly RefusedPart[]) {
    super(fields, { cause: refused[0]?.error });
    this.pushed = pushed;
    this.refused = refused;
  }
}
