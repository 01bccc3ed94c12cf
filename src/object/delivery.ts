/** Delivery by credit: tasks go to whoever waits for them, in the transaction that made them claimable. */

import { leasedTaskText } from "../protocol/encode.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import { claim } from "../store/claim.ts";
import { heldTasks } from "../store/leased.ts";
import { type FullRow, leasedViewOf } from "../store/rows.ts";
import type { Deliveries, Taker } from "../store/takers.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Step } from "./step.ts";

/** A socket as a taker. */
export interface SocketTaker extends Taker {
  readonly connection: Connection;
}

/** Sockets that may be sent tasks now. Those whose token has ended are not among them. */
export function takers(step: Step, connections: Connections): SocketTaker[] {
  if (!connections.hasConsumers) return [];
  const found: SocketTaker[] = [];
  for (const connection of connections.consumers()) {
    const { consumer } = connection;
    const room = step.creditOf(connection) - connection.owed.length;
    if (!consumer || room <= 0 || connection.isExpired(step.tx.now) || step.endedSessions.has(consumer.session))
      continue;
    found.push({ connection, session: consumer.session, worker: consumer.worker, autoStart: consumer.autoStart, room });
  }
  return found;
}

/** Writes the frames of a delivery, and takes its credit. */
export function hand(step: Step, deliveries: Deliveries<SocketTaker>): void {
  for (const [{ connection }, rows] of deliveries) {
    handRows(step, connection, rows);
    if (connection.consumer?.poll) step.close(connection, 1000, "answered");
  }
}

function handRows(step: Step, connection: Connection, rows: readonly FullRow[]): void {
  const tasks = rows.map((row) => leasedTaskText(leasedViewOf(step.tx, row)));
  step.send(connection, serverFrameText({ type: "tasks", tasks }));
  step.setCredit(connection, Math.max(0, step.creditOf(connection) - rows.length));
  step.stirred.add(connection);
}

/**
 * Hands out what can be handed out, at the end of a transaction.
 *
 * @returns whether more is claimable at once
 */
export function deliver(step: Step, connections: Connections): boolean {
  for (const connection of connections.pending) step.stirred.add(connection);
  for (const connection of [...step.stirred]) if (connection.owed.length > 0) resend(step, connection);
  const waiting = step.tx.config.paused ? [] : takers(step, connections);
  const { deliveries, more } = claim(step.tx, waiting);
  hand(step, deliveries);
  if (!more) tellIdle(step);
  return more;
}

/** Sends again what the session holds and its worker does not know of, as far as its credit goes. */
function resend(step: Step, connection: Connection): void {
  const { consumer, owed } = connection;
  const due = owed.slice(0, step.creditOf(connection));
  if (consumer && due.length > 0) {
    // One frame each: they may be large, and this is rare.
    for (const row of heldTasks(step.tx, consumer.session, due)) handRows(step, connection, [row]);
  }
  step.after.push(() => {
    connection.owed = owed.slice(due.length);
  });
}

/** "Nothing claimable now", once after each delivery or new credit that leaves credit over. */
function tellIdle(step: Step): void {
  for (const connection of step.stirred) {
    if (!connection.consumer || connection.consumer.poll || step.creditOf(connection) <= 0) continue;
    step.send(connection, serverFrameText({ type: "idle" }));
  }
}
