/** Drops a queue: rows, tables, alarm and directory entry. */

import { serverFrameText } from "../protocol/server-frames.ts";
import { leasesToDrop, mayDrop } from "../store/drop.ts";
import { idOf, rowsBySeq } from "../store/rows.ts";
import { dropTables } from "../store/schema.ts";
import { ok, type Result } from "../task/result.ts";
import type { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import { consumersOf, socketsOf } from "./roll.ts";
import type { Step } from "./step.ts";
import { tellWaiting } from "./waiting.ts";

/**
 * The part inside the transaction, which it has to itself.
 *
 * @returns `wrong_status` while something is leased, unless forced
 */
export function dropQueue(desk: Desk, step: Step, force: boolean): Result<null> {
  const allowed = mayDrop(step.tx, force);
  if (!allowed.ok) return allowed;
  for (const [session, leases] of leasesToDrop(step.tx)) {
    for (const connection of socketsOf(step, desk.connections, session.id)) {
      if (!step.recall(connection).consumer?.poll) step.send(connection, serverFrameText({ type: "lost", leases }));
    }
  }
  forgetWaits(step, desk.connections);
  dropTables(step.tx.sql);
  // A worker that comes back registers anew, and so begins the queue again: that is its own wish.
  for (const connection of consumersOf(step, desk.connections)) {
    step.close(connection, 1012, "the queue was dropped");
    step.remember(connection, { consumer: null, owed: [] });
  }
  // What the log would say of it goes with the log: who follows comes back, and is told of a gap.
  for (const connection of desk.connections.following) step.close(connection, 1012, "the queue was dropped");
  // Watchers of an empty queue see that it is one.
  step.tx.journal.workersChanged = true;
  return ok(null);
}

/** All who wait are told that their tasks are gone. */
function forgetWaits(step: Step, connections: Connections): void {
  const awaited = [...connections.all].flatMap((connection) =>
    connection.memory.waits.flatMap((wait) => [...wait.seqs]),
  );
  for (const row of rowsBySeq(step.tx, [...new Set(awaited)])) {
    step.tx.journal.gone.push({ seq: row.seq, id: idOf(step.tx, row) });
  }
  tellWaiting(step, connections);
}
