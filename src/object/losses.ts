/** Leases that were taken back: their holders are told. */

import { serverFrameText } from "../protocol/server-frames.ts";
import type { LostLease } from "../task/task.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { socketsOf } from "./roll.ts";
import type { Step } from "./step.ts";

export function tellLost(step: Step, connection: Connection, leases: readonly LostLease[]): void {
  if (leases.length > 0) step.send(connection, serverFrameText({ type: "lost", leases }));
}

/** Tells sockets of all other leases that were taken back from their sessions. */
export function tellLosses(step: Step, connections: Connections): void {
  const bySession = new Map<number, LostLease[]>();
  for (const { session, id, lease, reason } of step.tx.journal.lost) {
    if (reason === "superseded") continue;
    const leases = bySession.get(session) ?? [];
    bySession.set(session, leases);
    leases.push({ id, lease, reason });
  }
  for (const [session, leases] of bySession) {
    const orphaned = leases.some(({ reason }) => reason === "orphaned");
    for (const connection of socketsOf(step, connections, session)) {
      if (step.recall(connection).consumer?.poll) continue;
      tellLost(step, connection, leases);
      // One that was silent had its chance: it is given nothing more until it is heard.
      if (orphaned) step.remember(connection, { askedAt: connections.heardOn(connection) });
    }
  }
}
