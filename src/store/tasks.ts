/** One task by its id: read, change, reschedule, resume, cancel, delete. */

import { misfit, statePatch } from "../task/edit.ts";
import { placeOf } from "../task/machine.ts";
import { taskNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { TaskEvent, TaskState, Transition } from "../task/state.ts";
import type { TaskPatch } from "../task/task.ts";
import { isDead } from "./liveness.ts";
import { placeCode } from "./place.ts";
import { backoffText } from "./push.ts";
import { type FullRow, fullRow, rowsById, type TaskRow } from "./rows.ts";
import { save } from "./save.ts";
import { sessionById } from "./sessions.ts";
import type { Tx } from "./tx.ts";
import { apply, type Item, itemOf, itemsById } from "./work.ts";

/** Puts one event to one task. Answers what it did, or why not. */
function applyById(tx: Tx, id: string, eventOf: (item: Item) => TaskEvent): Result<Transition> {
  const item = itemsById(tx, [id]).get(id);
  if (!item) return taskNotFound(id);
  const outcome = apply(tx, item, eventOf(item));
  if (outcome.ok) save(tx, [item]);
  return outcome;
}

export const reschedule = (tx: Tx, id: string, runAt: number): Result<FullRow> => {
  const outcome = applyById(tx, id, () => ({ type: "reschedule", runAt }));
  return outcome.ok ? fullRow(tx, id) : outcome;
};

/** Resumes a task that is Failed, Killed, or leased to a worker that is dead; else answers false and changes nothing. */
export function resume(tx: Tx, id: string): Result<boolean> {
  const outcome = applyById(tx, id, (item) => ({ type: "resume", abandoned: isAbandoned(tx, item) }));
  return outcome.ok ? ok(outcome.value.changed) : outcome;
}

export function isAbandoned(tx: Tx, { row }: Item): boolean {
  const session = row.holder === null ? undefined : sessionById(tx, row.holder);
  return session !== undefined && isDead(tx, session);
}

export function cancel(tx: Tx, id: string): Result<boolean> {
  const outcome = applyById(tx, id, () => ({ type: "cancel" }));
  return outcome.ok ? ok(outcome.value.changed) : outcome;
}

export function remove(tx: Tx, id: string): Result<null> {
  const outcome = applyById(tx, id, () => ({ type: "delete" }));
  return outcome.ok ? ok(null) : outcome;
}

const EDIT = `
  UPDATE task SET priority = ?2, run_at = ?3, place = ?4, max_attempts = ?5, timeout_ms = ?6, backoff = ?7, meta = ?8,
    args = coalesce(?9, args), revision = revision + 1
  WHERE seq = ?1`;

/**
 * Changes what a user may change of a task that waits or was killed.
 *
 * @returns the task after it; `revision_conflict` when it changed since the caller read it, `wrong_status` while it is
 * leased or Done
 */
export function update(tx: Tx, id: string, patch: TaskPatch): Result<FullRow> {
  const row = rowsById(tx, [id]).get(id);
  if (!row) return taskNotFound(id);
  const item = itemOf(row);
  const refused = misfit(patch, { revision: row.revision, status: item.state.status, codec: row.codec });
  if (refused) return refused;
  const outcome = apply(tx, item, { type: "update", patch: statePatch(patch, tx.config.defaults) });
  if (!outcome.ok) return outcome;
  writeEdit(tx, row, item.state, patch);
  return fullRow(tx, id);
}

function writeEdit(tx: Tx, row: TaskRow, state: TaskState, patch: TaskPatch): void {
  tx.sql.all(
    EDIT,
    row.seq,
    patch.priority ?? row.priority,
    state.runAt,
    placeCode(placeOf(state, tx.now)),
    state.maxAttempts,
    state.timeoutMs,
    backoffText(state.backoff),
    metaText(row.meta, patch.meta),
    patch.args ?? null,
  );
}

function metaText(before: string | null, meta: TaskPatch["meta"]): string | null {
  if (meta === undefined) return before;
  return meta === null || Object.keys(meta).length === 0 ? null : JSON.stringify(meta);
}
