/** What holds of a store at every time, whatever was done to it. */

import { expect } from "vitest";
import type { FullRow } from "../../../src/store/rows.ts";
import { parseId } from "../../../src/task/id.ts";
import type { StoreBench } from "../../support/store.ts";

/** The order of the contract. */
export const comesBefore = (a: FullRow, b: FullRow): boolean =>
  (b.priority - a.priority || a.run_at - b.run_at || a.seq - b.seq) < 0;

/** What holds of every row at every time. */
export function invariants(bench: StoreBench): void {
  const wrong = (condition: string) =>
    expect(bench.sql.all(`SELECT seq FROM task WHERE ${condition}`), condition).toEqual([]);
  wrong("attempt > max_attempts");
  wrong(`place = 1 AND run_at > ${bench.now}`);
  const { lineFrom, leasedFrom, leasedTo } = bench.tally;
  wrong(`place = 2 AND (status <> 0 OR priority <> 0 OR run_at > ${bench.now} OR seq < ${lineFrom})`);
  wrong(
    "place = 2 AND run_at < (SELECT max(run_at) FROM task AS other WHERE other.place = 2 AND other.seq < task.seq)",
  );
  wrong(`lease IS NOT NULL AND place IS NULL AND (seq < ${leasedFrom} OR seq >= ${leasedTo})`);
  wrong(
    "lease IS NULL AND (holder IS NOT NULL OR lock_at IS NOT NULL OR started_at IS NOT NULL OR deadline IS NOT NULL)",
  );
  wrong("lease IS NOT NULL AND (holder NOT IN (SELECT id FROM session) OR lock_at IS NULL OR past_lease IS NOT NULL)");
  wrong("(status = 2) <> (started_at IS NOT NULL)");
  wrong("json_array_length(coalesce(runs, '[]')) > 20");
  wrong("idem_key IS NULL AND freed IS NOT NULL");
  wrong("idem_key IS NOT NULL AND freed <> (idem_until = 'terminal' AND status IN (3, 5))");
  expect(parseId(bench.idAt(bench.tally.nextSeq))).toBe(null);
}
