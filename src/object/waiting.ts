/** Waits: who wants to know what became of which tasks, and is told once. */

import { MAX_AWAITED, MAX_WAITED_IDS, RETRY_AFTER_MS } from "../limits.ts";
import { resultText } from "../protocol/encode.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import { resultViewOf, rowsById, rowsBySeq, statusOf, type TaskRow } from "../store/rows.ts";
import { parseId } from "../task/id.ts";
import { countsOf } from "../task/layout.ts";
import { taskNotFound } from "../task/refusals.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { isTerminal } from "../task/status.ts";
import { batches } from "./batches.ts";
import type { Connection, Wait } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { waiters } from "./roll.ts";
import type { Step } from "./step.ts";

interface WaitOrder {
  readonly ref: string;
  readonly ids: readonly string[];
  readonly progress: boolean;
}

/**
 * Begins a wait: what is terminal is told at once, what is unknown is told as such, and the rest is kept.
 *
 * @param connections all of the object's, which wait for so much together
 * @param used whether the queue was ever used, and has tables to look in
 * @returns `too_many_requests` when the socket, or all of them, would wait for more than can be remembered
 */
export function beginWait(
  step: Step,
  connections: Connections,
  connection: Connection,
  order: WaitOrder,
  used: boolean,
): Result<null> {
  const { tx } = step;
  const elsewhere = order.ids.find((id) => (parseId(id)?.partition ?? tx.partition) !== tx.partition);
  if (elsewhere !== undefined) {
    const { layout } = connection.caller;
    const detail = `The task ${elsewhere} is of another partition than ${tx.partition}: wait for it on a socket of its own.`;
    return fail("wrong_partition", detail, { path: "ids", ...(layout && countsOf(layout)) });
  }
  if (step.recall(connection).waits.some((wait) => wait.ref === order.ref)) {
    return fail(
      "bad_request",
      `This socket waits under the ref ${JSON.stringify(order.ref)} already: choose another.`,
      { path: "ref" },
    );
  }
  const ids = [...new Set(order.ids)];
  const known = used ? rowsById(tx, ids) : new Map<string, TaskRow>();
  const rows = ids.flatMap((id) => known.get(id) ?? []);
  const finished = rows.filter((row) => isTerminal(statusOf(row.status)));
  const open = rows.filter((row) => !isTerminal(statusOf(row.status)));
  const wait: Wait = { ref: order.ref, progress: order.progress, seqs: new Set(open.map((row) => row.seq)) };
  if (wait.seqs.size > 0) {
    const kept = keep(step, connections, connection, wait);
    if (!kept.ok) return kept;
  }
  const unknown = ids.filter((id) => !known.has(id)).map(goneEntry);
  sendResults(step, connection, order.ref, [...finished.map((row) => resultText(resultViewOf(tx, row))), ...unknown]);
  return ok(null);
}

function keep(step: Step, connections: Connections, connection: Connection, wait: Wait): Result<null> {
  if (connections.awaited + step.awaiting + wait.seqs.size > MAX_AWAITED) {
    const detail = `The sockets of this queue wait for ${MAX_AWAITED} tasks together, which is the most: try again later.`;
    return fail("too_many_requests", detail, { retryAfterMs: RETRY_AFTER_MS });
  }
  const memory = step.recall(connection);
  const waits = [...memory.waits, wait];
  const waited = waits.reduce((sum, one) => sum + one.seqs.size, 0);
  if (waited > MAX_WAITED_IDS || !connection.fits({ ...memory, waits })) {
    return fail("too_many_requests", `A socket waits for at most ${MAX_WAITED_IDS} tasks: open another one.`, {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
  step.remember(connection, { waits });
  step.awaits(wait.seqs.size);
  return ok(null);
}

export function endWait(step: Step, connection: Connection, ref: string): void {
  step.remember(connection, { waits: step.recall(connection).waits.filter((wait) => wait.ref !== ref) });
}

const goneEntry = (id: string): string => {
  const { code, detail } = taskNotFound(id).error;
  return JSON.stringify({ id, error: { code, detail } });
};

function sendResults(step: Step, connection: Connection, ref: string, results: readonly string[]): void {
  for (const batch of batches(results)) {
    step.send(connection, serverFrameText({ type: "result", ref, results: batch }));
  }
}

/** Tells all who wait what a transaction brought: ends, progress, disappearance. */
export function tellWaiting(step: Step, connections: Connections): void {
  const { journal } = step.tx;
  const waitersOf = waiters(step, connections);
  const awaited = (seq: number) => waitersOf(seq).length > 0;
  const finished = [...new Set(journal.finished)].filter(awaited);
  const gone = journal.gone.filter(({ seq }) => awaited(seq));
  for (const row of rowsBySeq(step.tx, [...new Set(journal.progressed)].filter(awaited))) {
    for (const connection of waitersOf(row.seq)) tellProgress(step, connection, row);
  }
  if (finished.length + gone.length === 0) return;
  const entries = new Map<number, string>();
  for (const row of rowsBySeq(step.tx, finished)) {
    if (isTerminal(statusOf(row.status))) entries.set(row.seq, resultText(resultViewOf(step.tx, row)));
  }
  for (const { seq, id } of gone) if (!entries.has(seq)) entries.set(seq, goneEntry(id));
  for (const connection of new Set([...entries.keys()].flatMap(waitersOf))) tell(step, connection, entries);
}

/** Each wait is told of what it waits for, and waits for it no longer. */
function tell(step: Step, connection: Connection, entries: ReadonlyMap<number, string>): void {
  const waits: Wait[] = [];
  for (const wait of step.recall(connection).waits) {
    const told = [...wait.seqs].filter((seq) => entries.has(seq));
    if (told.length === 0) {
      waits.push(wait);
      continue;
    }
    sendResults(
      step,
      connection,
      wait.ref,
      told.flatMap((seq) => entries.get(seq) ?? []),
    );
    const seqs = wait.seqs.difference(new Set(told));
    if (seqs.size > 0) waits.push({ ...wait, seqs });
  }
  step.remember(connection, { waits });
}

function tellProgress(step: Step, connection: Connection, row: TaskRow): void {
  const { id } = resultViewOf(step.tx, row);
  for (const wait of step.recall(connection).waits) {
    if (!wait.progress || !wait.seqs.has(row.seq) || row.progress === null) continue;
    step.send(connection, serverFrameText({ type: "progress", ref: wait.ref, id, progress: row.progress }));
  }
}
