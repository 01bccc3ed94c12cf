/** The tally, and in it where the segments begin to matter: no index says so, and no further row. */

import type { SqlDriver } from "../../../src/store/driver.ts";
import * as present from "../../../src/store/tally.ts";
import type { Tx } from "../../../src/store/tx.ts";

export { isUsed, saveTally } from "../../../src/store/tally.ts";

interface Tail {
  readonly first: number;
  readonly n: number;
  /** UTF-16 units of its args and meta. */
  readonly size: number;
}

export interface Tally extends present.Tally {
  /** The first sequence that waits in a segment; `null` when none does. */
  head: number | null;
  /** No segment before this one has leased tasks; `null` when none has. */
  low: number | null;
  /** The last segment, to which small pushes are added while it is short. */
  tail: Tail | null;
  /** The `runAt` of the last task in a segment: they must not go back, or the head would not be the oldest. */
  lastRunAt: number;
}

const none = (): Pick<Tally, "head" | "low" | "tail" | "lastRunAt"> => ({
  head: null,
  low: null,
  tail: null,
  lastRunAt: 0,
});

export const newTally = (): Tally => ({ ...present.newTally(), ...none() });

export const loadTally = (sql: SqlDriver): Tally => ({ ...none(), ...present.loadTally(sql) });

/** As they stand, to be put back when the operation that moved them is undone. */
export const marksOf = (tally: present.Tally): Partial<Tally> => {
  const { head, low, tail, lastRunAt } = tally as Tally;
  return { ...present.marksOf(tally), head, low, tail, lastRunAt };
};

/** The tally of this layout. */
export const tallyOf = ({ tally }: Pick<Tx, "tally">): Tally => tally as Tally;
