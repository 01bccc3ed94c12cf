/** Waits: who wants to know what became of which tasks, and is told once. */

import { MAX_BODY_BYTES, MAX_WAITED_IDS } from "../limits.ts";
import { resultText } from "../protocol/encode.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import { resultViewOf, rowsById, rowsBySeq, statusOf, type TaskRow, taskNotFound } from "../store/rows.ts";
import { parseId } from "../task/id.ts";
import { fail, ok, type Result } from "../task/result.ts";
import { isTerminal } from "../task/status.ts";
import type { Connection, Wait } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Step } from "./step.ts";

interface WaitOrder {
  readonly ref: string;
  readonly ids: readonly string[];
  readonly progress: boolean;
}

/**
 * Begins a wait: what is terminal is told at once, what is unknown is told as such, and the rest is kept.
 *
 * @param used whether the queue was ever used, and has tables to look in
 * @returns `too_many_requests` when the socket waits for more than it can remember
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
    const detail = `The task ${elsewhere} is of another partition than ${tx.partition}: wait for it on a socket of its own.`;
    return fail("wrong_partition", detail, { path: "ids" });
  }
  if (connection.waits.some((wait) => wait.ref === order.ref)) {
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
  const full = refusal(connection, wait);
  if (full) return full;
  const unknown = ids.filter((id) => !known.has(id)).map(goneEntry);
  sendResults(step, connection, order.ref, [...finished.map((row) => resultText(resultViewOf(tx, row))), ...unknown]);
  if (wait.seqs.size === 0) return ok(null);
  step.changed.add(connection);
  step.after.push(() => {
    connection.waits.push(wait);
    connections.index(connection, wait);
  });
  return ok(null);
}

function refusal(connection: Connection, wait: Wait): ReturnType<typeof fail> | null {
  const waited = connection.waits.reduce((sum, one) => sum + one.seqs.size, wait.seqs.size);
  if (waited <= MAX_WAITED_IDS && connection.fits({ waits: [wait] })) return null;
  return fail("too_many_requests", `A socket waits for at most ${MAX_WAITED_IDS} tasks: open another one.`, {
    retryAfterMs: 1_000,
  });
}

export function endWait(step: Step, connections: Connections, connection: Connection, ref: string): void {
  step.changed.add(connection);
  step.after.push(() => {
    for (const wait of connection.waits) if (wait.ref === ref) connections.forget(connection, wait);
    connection.waits = connection.waits.filter((wait) => wait.ref !== ref);
  });
}

const goneEntry = (id: string): string => {
  const { code, detail } = taskNotFound(id).error;
  return JSON.stringify({ id, error: { code, detail } });
};

/** In frames of at most 8 MiB, counting three bytes a character: a result may be large. */
function sendResults(step: Step, connection: Connection, ref: string, results: readonly string[]): void {
  let batch: string[] = [];
  let size = 0;
  const flush = () => {
    if (batch.length > 0) step.send(connection, serverFrameText({ type: "result", ref, results: batch }));
    batch = [];
    size = 0;
  };
  for (const result of results) {
    if (size + result.length * 3 > MAX_BODY_BYTES) flush();
    batch.push(result);
    size += result.length * 3;
  }
  flush();
}

/** Tells all who wait what a transaction brought: ends, progress, disappearance. */
export function tellWaiting(step: Step, connections: Connections): void {
  const { journal } = step.tx;
  const awaited = (seq: number) => connections.waitingFor(seq).length > 0;
  const finished = [...new Set(journal.finished.filter(awaited))];
  const gone = journal.gone.filter(({ seq }) => awaited(seq));
  tellProgress(step, connections, journal.progressed.filter(awaited));
  if (finished.length + gone.length === 0) return;
  const entries = new Map<number, string>();
  for (const row of rowsBySeq(step.tx, finished)) {
    if (isTerminal(statusOf(row.status))) entries.set(row.seq, resultText(resultViewOf(step.tx, row)));
  }
  for (const { seq, id } of gone) if (!entries.has(seq)) entries.set(seq, goneEntry(id));
  tell(step, connections, entries);
}

function tell(step: Step, connections: Connections, entries: ReadonlyMap<number, string>): void {
  const batches = new Map<Connection, Map<string, string[]>>();
  for (const [seq, entry] of entries) {
    for (const connection of connections.waitingFor(seq)) {
      for (const wait of connection.waits) {
        if (!wait.seqs.has(seq)) continue;
        const refs = batches.get(connection) ?? new Map<string, string[]>();
        batches.set(connection, refs);
        refs.set(wait.ref, [...(refs.get(wait.ref) ?? []), entry]);
      }
    }
  }
  for (const [connection, refs] of batches) {
    for (const [ref, results] of refs) sendResults(step, connection, ref, results);
    step.changed.add(connection);
  }
  step.after.push(() => {
    for (const seq of entries.keys()) connections.told(seq);
  });
}

function tellProgress(step: Step, connections: Connections, seqs: readonly number[]): void {
  for (const row of rowsBySeq(step.tx, [...new Set(seqs)])) {
    for (const connection of connections.waitingFor(row.seq)) tellOne(step, connection, row);
  }
}

function tellOne(step: Step, connection: Connection, row: TaskRow): void {
  const { id } = resultViewOf(step.tx, row);
  for (const wait of connection.waits) {
    if (!wait.progress || !wait.seqs.has(row.seq) || row.progress === null) continue;
    step.send(connection, serverFrameText({ type: "progress", ref: wait.ref, id, progress: row.progress }));
  }
}
