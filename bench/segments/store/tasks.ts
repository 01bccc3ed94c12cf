/** One task by its id: a change to one in a segment takes it out first. */

import { READY } from "../../../src/store/place.ts";
import * as present from "../../../src/store/tasks.ts";
import type { Tx } from "../../../src/store/tx.ts";
import { misfit } from "../../../src/task/edit.ts";
import type { Result } from "../../../src/task/result.ts";
import type { TaskPatch } from "../../../src/task/task.ts";
import { leave } from "./leave.ts";
import { type FullRow, homeOf, type PlacedRow, rowsById, statusOf } from "./rows.ts";
import { saveSegment, settleHead } from "./shelf.ts";

export { cancel, isAbandoned, remove, reschedule, resume } from "../../../src/store/tasks.ts";

export function update(tx: Tx, id: string, patch: TaskPatch): Result<FullRow> {
  const row = rowsById(tx, [id]).get(id);
  const place = row ? homeOf(row) : null;
  // One that may not be changed stays where it is.
  if (row && place && row.status === 0 && !misfit(patch, { ...row, status: statusOf(row.status) })) {
    leave(tx, [[row as PlacedRow, { place: READY }]]);
    place.segment.slots[place.index] = "left";
    saveSegment(tx, place.segment);
    settleHead(tx, [place.segment]);
  }
  return present.update(tx, id, patch);
}
