/** Registering over a socket: a session begins, or goes on with the leases that it has. */

import { serverFrameText } from "../protocol/server-frames.ts";
import type { ClientFrame } from "../protocol/types.ts";
import { type HeldLease, heldLeases } from "../store/leased.ts";
import { lostLeases } from "../store/lost.ts";
import { type SessionRow, sessionToken } from "../store/sessions.ts";
import { register } from "../store/workers.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { LostLease } from "../task/task.ts";
import type { Connection, Consumer } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import { sendError } from "./refusal.ts";
import type { Step } from "./step.ts";

type RegisterFrame = Extract<ClientFrame, { type: "register" }>;

export function registerSocket(desk: Desk, step: Step, connection: Connection, frame: RegisterFrame): Result<null> {
  if (connection.consumer)
    return fail("bad_request", "This socket is a worker already: open another one for another worker.", {
      path: "type",
    });
  desk.partition.open();
  const registered = register(step.tx, frame);
  if (!registered.ok) {
    sendError(step, connection, registered.error);
    step.close(connection, 4001, "superseded");
    return ok(null);
  }
  const { session, superseded } = registered.value;
  if (superseded) tellSuperseded(step, desk.connections, superseded);
  for (const older of desk.connections.ofSession(session.id)) {
    if (!older.consumer?.poll) step.close(older, 4000, "replaced by a newer socket of the same session");
  }
  welcome(desk, step, connection, frame, session);
  return ok(null);
}

/** The frames of a welcome, and what the session holds that its worker does not know of. */
function welcome(desk: Desk, step: Step, connection: Connection, frame: RegisterFrame, session: SessionRow): void {
  const live = heldLeases(step.tx, session.id);
  const held = new Set(frame.held);
  step.send(connection, serverFrameText({ ...greeting(step, session), resumed: live.map(publicLease) }));
  const known = new Set(live.map((lease) => lease.lease));
  tellLost(
    step,
    connection,
    lostLeases(
      step.tx,
      frame.held.filter((lease) => !known.has(lease)),
    ),
  );
  const consumer: Consumer = { worker: session.worker, session: session.id, autoStart: frame.autoStart, poll: false };
  step.setCredit(connection, frame.credit);
  step.after.push(() => {
    connection.owed = live.filter((lease) => !held.has(lease.lease)).map((lease) => lease.seq);
    desk.connections.consume(connection, consumer);
  });
}

const greeting = (step: Step, session: SessionRow) => ({
  type: "registered" as const,
  worker: session.worker,
  session: sessionToken(session),
  orphanAfterMs: step.tx.config.orphanAfterMs,
  partitions: 1,
  keyedPartitions: 1,
  hash: "fnv1a32" as const,
});

const publicLease = ({ id, lease, status }: HeldLease) => ({ id, lease, status });

function tellLost(step: Step, connection: Connection, leases: readonly LostLease[]): void {
  if (leases.length > 0) step.send(connection, serverFrameText({ type: "lost", leases }));
}

/**
 * The session that had the name is told what was taken back, and let go: its socket with 4001, its polls with nothing.
 * What it runs is not taken back, since it may still end that.
 */
export function tellSuperseded(step: Step, connections: Connections, session: SessionRow): void {
  const leases = step.tx.journal.lost
    .filter((lost) => lost.session === session.id)
    .map(({ id, lease }): LostLease => ({ id, lease, reason: "superseded" }));
  step.endedSessions.add(session.id);
  for (const connection of connections.ofSession(session.id)) {
    if (connection.consumer?.poll) {
      step.send(connection, serverFrameText({ type: "tasks", tasks: [] }));
      step.close(connection, 1000, "answered");
    } else {
      step.send(connection, serverFrameText({ type: "lost", leases }));
      step.close(connection, 4001, "superseded");
    }
  }
}

/** Tells sockets of all other leases that were taken back from their sessions. */
export function tellLosses(step: Step, connections: Connections): void {
  const bySession = new Map<number, LostLease[]>();
  for (const { session, id, lease, reason } of step.tx.journal.lost) {
    if (reason === "superseded") continue;
    bySession.set(session, [...(bySession.get(session) ?? []), { id, lease, reason }]);
  }
  for (const [session, leases] of bySession) {
    for (const connection of connections.ofSession(session)) {
      if (!connection.consumer?.poll) tellLost(step, connection, leases);
    }
  }
}
