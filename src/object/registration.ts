/** Registering over a socket: a session begins, or goes on with the leases that it has. */

import { serverFrameText } from "../protocol/server-frames.ts";
import type { ClientFrame } from "../protocol/types.ts";
import { type HeldLease, heldLeases } from "../store/leased.ts";
import { lostLeases } from "../store/lost.ts";
import { type SessionRow, sessionToken } from "../store/sessions.ts";
import { register } from "../store/workers.ts";
import { countsOf, UNDIVIDED } from "../task/layout.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { LostLease } from "../task/task.ts";
import type { Connection, Memory } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Desk } from "./desk.ts";
import { tellLost } from "./losses.ts";
import { socketsOf } from "./roll.ts";
import type { Step } from "./step.ts";

type RegisterFrame = Extract<ClientFrame, { type: "register" }>;

export function registerSocket(desk: Desk, step: Step, connection: Connection, frame: RegisterFrame): Result<null> {
  if (step.recall(connection).consumer)
    return fail("bad_request", "This socket is a worker already: open another one for another worker.", {
      path: "type",
    });
  desk.partition.open();
  const registered = register(step.tx, frame);
  if (!registered.ok) {
    step.refuse(connection, registered.error);
    step.close(connection, 4001, "superseded");
    return ok(null);
  }
  const { session, superseded } = registered.value;
  if (superseded) tellSuperseded(step, desk.connections, superseded);
  for (const older of socketsOf(step, desk.connections, session.id)) {
    if (!step.recall(older).consumer?.poll) step.close(older, 4000, "replaced by a newer socket of the same session");
  }
  welcome(desk, step, connection, frame, session);
  return ok(null);
}

/** The frames of a welcome, and what the session holds that its worker does not know of. */
function welcome(desk: Desk, step: Step, connection: Connection, frame: RegisterFrame, session: SessionRow): void {
  const live = heldLeases(step.tx, session.id);
  const held = new Set(frame.held);
  step.send(
    connection,
    serverFrameText({ ...greeting(desk, step, connection, session), resumed: live.map(publicLease) }),
  );
  const known = new Set(live.map((lease) => lease.lease));
  const dead = [...held].filter((lease) => !known.has(lease));
  tellLost(step, connection, lostLeases(step.tx, dead));
  const owed = live.filter((lease) => !held.has(lease.lease)).map((lease) => lease.seq);
  const consumer = { worker: session.worker, session: session.id, autoStart: frame.autoStart, poll: false };
  remember(step, connection, { ...step.recall(connection), consumer, credit: frame.credit, owed });
  step.stirred.add(connection);
}

/** What does not fit the attachment is not sent again: the worker has read of it in `resumed`, and may still end it. */
function remember(step: Step, connection: Connection, memory: Memory): void {
  let { owed } = memory;
  while (owed.length > 0 && !connection.fits({ ...memory, owed })) owed = owed.slice(0, owed.length >> 1);
  step.remember(connection, { ...memory, owed });
}

const greeting = ({ partition }: Desk, step: Step, { caller }: Connection, session: SessionRow) => ({
  type: "registered" as const,
  worker: session.worker,
  session: sessionToken(session),
  orphanAfterMs: step.tx.config.orphanAfterMs,
  ...countsOf(caller.layout ?? UNDIVIDED, partition.keyed ?? 1),
  hash: "fnv1a32" as const,
});

const publicLease = ({ id, lease, status }: HeldLease) => ({ id, lease, status });

/**
 * The session that had the name is told what was taken back, and let go: its socket with 4001, its polls with nothing.
 * What it runs is not taken back, since it may still end that.
 */
export function tellSuperseded(step: Step, connections: Connections, session: SessionRow): void {
  const leases = step.tx.journal.lost
    .filter((lost) => lost.session === session.id)
    .map(({ id, lease }): LostLease => ({ id, lease, reason: "superseded" }));
  for (const connection of socketsOf(step, connections, session.id)) {
    if (step.recall(connection).consumer?.poll) endPoll(step, connection);
    else {
      step.send(connection, serverFrameText({ type: "lost", leases }));
      step.close(connection, 4001, "superseded");
    }
  }
}

/** Lets go of all sockets of a session that said goodbye. */
export function dismiss(step: Step, connections: Connections, session: number): void {
  for (const connection of socketsOf(step, connections, session)) {
    if (step.recall(connection).consumer?.poll) endPoll(step, connection);
    else step.close(connection, 1000, "goodbye");
  }
}

/** Answers a long poll with nothing. */
export function endPoll(step: Step, connection: Connection): void {
  step.send(connection, serverFrameText({ type: "tasks", tasks: [] }));
  step.close(connection, 1000, "answered");
}
