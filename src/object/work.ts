/** Long work in slices: each its own part of a transaction, so that nobody waits long behind it. */

import { MAX_BULK, MAX_SLICES } from "../limits.ts";
import type { BulkInput, VacuumInput } from "../protocol/types.ts";
import { type BulkSlice, bulkSlice } from "../store/bulk.ts";
import { sweep } from "../store/sweep.ts";
import { purgeSlice, vacuumSlice } from "../store/vacuum.ts";
import { ok, type Result } from "../task/result.ts";
import type { Desk } from "./desk.ts";

/**
 * A bulk verb. The limit counts what changes, so that a call that is repeated gets on with what the one before has left,
 * and is not held up by tasks that the verb does not apply to. `runAt` is settled at the start, for all slices alike.
 */
export async function bulk(
  desk: Desk,
  input: BulkInput,
  now: number,
): Promise<Result<{ matched: number; changed: number; more: boolean }>> {
  const runAt = input.runAt ?? now + (input.delayMs ?? 0);
  const order = { verb: input.verb, ids: input.ids, filter: input.filter, dryRun: input.dryRun, runAt };
  const limit = input.limit ?? MAX_BULK;
  let matched = 0;
  let changed = 0;
  let cursor: number | null = null;
  for (let slices = 0; slices < MAX_SLICES; slices++) {
    const from: number | null = cursor;
    const room = limit - changed;
    const slice: BulkSlice = await desk.partition.group.do((step) => bulkSlice(step.tx, order, from, room));
    matched += slice.matched;
    changed += slice.changed;
    cursor = slice.cursor;
    if (cursor === null) return ok({ matched, changed, more: false });
    if (changed >= limit) break;
  }
  return ok({ matched, changed, more: true });
}

/**
 * Removes terminal tasks, and looks on after the last until it knows whether there is more. A call that runs out of its
 * slices leaves a mark, at which the next goes on.
 */
export async function vacuum(desk: Desk, input: VacuumInput): Promise<Result<{ vacuumed: number; more: boolean }>> {
  const { group, tally } = desk.partition;
  const limit = input.limit ?? Number.MAX_SAFE_INTEGER;
  const begun = tally.vacuumCursor;
  let vacuumed = 0;
  let cursor = begun;
  for (let slices = 0; slices < MAX_SLICES; slices++) {
    const from = cursor;
    const slice = await group.do((step) => vacuumSlice(step.tx, input, from, limit - vacuumed));
    vacuumed += slice.removed;
    cursor = slice.cursor;
    if (slice.full && vacuumed >= limit) return ok({ vacuumed, more: true });
    if (slice.end) {
      await mark(desk, 0);
      return ok({ vacuumed, more: begun > 0 });
    }
  }
  await mark(desk, cursor);
  return ok({ vacuumed, more: true });
}

async function mark(desk: Desk, cursor: number): Promise<void> {
  if (desk.partition.tally.vacuumCursor === cursor) return;
  await desk.partition.group.do((step) => {
    step.tx.tally.vacuumCursor = cursor;
    step.tallyChanged = true;
  });
}

export async function purge(desk: Desk): Promise<Result<{ purged: number; more: boolean }>> {
  let purged = 0;
  for (let slices = 0; slices < MAX_SLICES; slices++) {
    const slice = await desk.partition.group.do((step) => purgeSlice(step.tx));
    purged += slice.removed;
    if (!slice.more) return ok({ purged, more: false });
  }
  return ok({ purged, more: true });
}

/** The sweep, now, over all that is leased. */
export async function resumeAbandoned(desk: Desk): Promise<Result<{ resumed: number }>> {
  let resumed = 0;
  for (;;) {
    const slice = await desk.partition.group.do((step) => sweep(step.tx));
    resumed += slice.taken;
    if (!slice.more) return ok({ resumed });
  }
}
