/** Delivery by credit: tasks go to whoever waits for them, in the transaction that made them claimable. */

import { serverFrameText } from "../protocol/server-frames.ts";
import { hasBacklog } from "../store/backlog.ts";
import { claim } from "../store/claim.ts";
import { heldTasks } from "../store/leased.ts";
import type { FullRow } from "../store/rows.ts";
import type { Deliveries, Taker } from "../store/takers.ts";
import { batches } from "./batches.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import type { CallTaker } from "./dispatcher.ts";
import { leasedTexts } from "./leased-texts.ts";
import { consumersOf } from "./roll.ts";
import type { Step } from "./step.ts";

/** A socket as a taker. */
interface SocketTaker extends Taker {
  readonly connection: Connection;
}

/** Whoever takes tasks by itself: a socket that waits, or the queue's own calls. */
export type AnyTaker = SocketTaker | CallTaker;

/** The parts of the object that tasks are given to. */
export type Givers = Pick<Desk, "connections" | "dispatcher">;

interface Room {
  readonly takers: readonly SocketTaker[];
  /** Whether there are sockets with credit that were silent for too long to be given tasks. */
  readonly silent: boolean;
}

/** Sockets that may be sent tasks now. Those whose token has ended are told so, and closed: they wait in vain. */
export function room(step: Step, connections: Connections): Room {
  const takers: SocketTaker[] = [];
  let silent = false;
  for (const connection of consumersOf(step, connections)) {
    const { consumer, credit, owed } = step.recall(connection);
    if (!consumer || credit <= owed.length) continue;
    if (connection.isExpired(step.tx.now)) step.expel(connection);
    else if (isSilent(step, connections, connection)) silent = true;
    else {
      const { session, worker, autoStart } = consumer;
      const room = Math.min(credit - owed.length, connections.leases.room(step.tx, session));
      // At its most it waits: each of its reports is another look.
      if (room > 0) takers.push({ connection, session, worker, autoStart, room });
    }
  }
  return { takers, silent };
}

/**
 * Whether a socket is half-dead: not heard for so long that its worker counts as dead. It is given tasks once, since it
 * may be well and have nothing to say; if it does not speak then, it gets no more until it does, or it would swallow
 * one task after the other.
 */
function isSilent(step: Step, connections: Connections, connection: Connection): boolean {
  const { consumer, askedAt } = step.recall(connection);
  const horizon = step.tx.now - step.tx.config.orphanAfterMs;
  if (consumer?.poll || Math.max(connection.heardAt, askedAt) > horizon) return false;
  const heard = connections.heardOn(connection);
  return heard <= horizon && askedAt >= heard;
}

/** Gives takers what was leased to them. */
export function hand(step: Step, desk: Givers, deliveries: Deliveries<AnyTaker>): void {
  // Who was given most was dealt to last, and so is served last the next time.
  const dealt = [...deliveries].sort(([, a], [, b]) => a.length - b.length);
  for (const [taker, rows] of dealt) {
    if ("target" in taker) desk.dispatcher.take(step, taker, rows);
    else handSocket(step, desk.connections, taker, rows);
  }
}

/** Writes the frames of a delivery, and takes its credit. */
function handSocket(step: Step, connections: Connections, { connection }: SocketTaker, rows: readonly FullRow[]): void {
  connections.served(connection);
  const { consumer } = step.recall(connection);
  if (consumer) connections.leases.add(consumer.session, rows.length);
  const heard = connections.heardOn(connection);
  const silent = heard + step.tx.config.orphanAfterMs <= step.tx.now;
  if (silent && step.recall(connection).askedAt < heard) step.remember(connection, { askedAt: step.tx.now });
  handRows(step, connection, rows);
}

function handRows(step: Step, connection: Connection, rows: readonly FullRow[]): void {
  const { consumer, credit } = step.recall(connection);
  const tasks = leasedTexts(step.tx, rows);
  // A poll is answered by one frame; what it is given is bounded by the claim.
  const frames = consumer?.poll ? [tasks] : batches(tasks);
  for (const frame of frames) step.send(connection, serverFrameText({ type: "tasks", tasks: frame }));
  step.remember(connection, { credit: Math.max(0, credit - rows.length) });
  step.stirred.add(connection);
  if (consumer?.poll) step.close(connection, 1000, "answered");
}

/**
 * Hands out what can be handed out, at the end of a transaction.
 *
 * @returns whether more is claimable at once
 */
export function deliver(step: Step, desk: Givers): boolean {
  const { connections, dispatcher } = desk;
  for (const connection of connections.unsettled) step.stirred.add(connection);
  step.after.push(() => connections.unsettled.clear());
  for (const connection of [...step.stirred]) resend(step, connection);
  if (step.tx.config.paused) return settle(step, connections, false);
  const { takers, silent } = room(step, connections);
  const calls = dispatcher.takerOfBacklog(step);
  const { deliveries, more } = claim<AnyTaker>(step.tx, calls ? [...takers, calls] : takers);
  hand(step, desk, deliveries);
  // Who was silent may be heard again without a word of it to us, since pings wake nobody: look again, now and then.
  if (silent && hasBacklog(step.tx)) step.tx.journal.wake(step.tx.now + step.tx.config.orphanAfterMs);
  return settle(step, connections, more);
}

/** Sends again what the session holds and its worker does not know of, as far as its credit goes. */
function resend(step: Step, connection: Connection): void {
  const { consumer, owed, credit } = step.recall(connection);
  const due = owed.slice(0, credit);
  if (!consumer || due.length === 0) return;
  step.remember(connection, { owed: owed.slice(due.length) });
  handRows(step, connection, heldTasks(step.tx, consumer.session, due));
}

/** "Nothing claimable now", once after each delivery or new credit that leaves credit over. */
function settle(step: Step, connections: Connections, more: boolean): boolean {
  for (const connection of step.stirred) {
    const { consumer, credit } = step.recall(connection);
    if (!consumer || consumer.poll || credit <= 0 || step.isClosing(connection)) continue;
    if (more) step.after.push(() => connections.unsettled.add(connection));
    else step.send(connection, serverFrameText({ type: "idle" }));
  }
  return more;
}
