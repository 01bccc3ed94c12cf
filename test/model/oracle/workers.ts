/** Workers: who lives, who is gone, who takes whose name. */

import { must } from "../violation.ts";
import { dueNow, failed, giveBack, orphan } from "./moves.ts";
import type { ModelQueue } from "./queue.ts";
import { isLeased, type ModelSession, type ModelTask } from "./task.ts";

/** A sign of life. It is written down once in a third of the deadline, for one that holds leases. */
export function hear(q: ModelQueue, session: ModelSession): void {
  const isStale = q.now - session.writtenAt >= q.config.orphanAfterMs / 3;
  if (session.missingAt !== null || (isStale && q.heldBy(session).length > 0)) {
    session.writtenAt = q.now;
    session.missingAt = null;
    q.costs.session += 1;
  }
  session.heardAt = q.now;
}

const lastHeard = ({ heardAt, writtenAt }: ModelSession): number => Math.max(heardAt ?? 0, writtenAt);

/** When it is dead, unless it is heard before; `null` while it has yet to be found missing. */
export function deathAt(q: ModelQueue, session: ModelSession): number | null {
  const { orphanAfterMs } = q.config;
  const at = lastHeard(session) + orphanAfterMs;
  // One that this process never heard could not speak while the server was down.
  if (session.heardAt !== null || at > q.now) return at;
  return session.missingAt === null ? null : Math.max(at, session.missingAt + orphanAfterMs);
}

export function isDead(q: ModelQueue, session: ModelSession): boolean {
  const at = deathAt(q, session);
  return at !== null && at <= q.now;
}

export const isAlive = (q: ModelQueue, session: ModelSession): boolean =>
  !session.superseded && lastHeard(session) + q.config.orphanAfterMs > q.now;

/** A name is registered: a new session, and the old one may end what it runs, but not claim. */
export function open(q: ModelQueue, worker: string, token: string): ModelSession {
  must(!q.allSessions.some((one) => one.session === token), "a session is new", token);
  const before = q.presentSession(worker);
  if (before) supersede(q, before);
  const session = { token, worker, superseded: false, heardAt: q.now, writtenAt: q.now, missingAt: null };
  q.costs.session += 2;
  q.sessions.push(session);
  q.allSessions.push({ worker, session: token });
  return session;
}

function supersede(q: ModelQueue, session: ModelSession): void {
  session.superseded = true;
  q.costs.session += 1;
  for (const task of q.heldBy(session)) if (task.status === "Queued") orphan(q, task, true);
}

/** It leaves: what is Queued goes back unburned and is counted, what runs is orphaned at once. */
export function leave(q: ModelQueue, session: ModelSession): number {
  let released = 0;
  for (const task of q.heldBy(session)) {
    if (task.status === "Queued") {
      released++;
      // As if it had released each itself: said again, that is answered as the first time.
      const ended = { lease: task.lease ?? "", kind: "release", status: "Pending" as const, by: session };
      giveBack(q, task, "released", dueNow(q, task));
      task.ended = ended;
    } else orphan(q, task, false);
  }
  q.sessions.splice(q.sessions.indexOf(session), 1);
  q.costs.session += 1;
  return released;
}

/** Takes back what the dead hold, what was not started in time, and what ran too long. Answers how many leases. */
export function sweep(q: ModelQueue): number {
  let taken = 0;
  for (const session of [...q.sessions]) {
    if (q.heldBy(session).length === 0) continue;
    if (deathAt(q, session) === null) {
      session.missingAt = q.now;
      q.costs.session += 1;
    }
    if (!isDead(q, session)) continue;
    for (const task of q.heldBy(session)) {
      orphan(q, task, true);
      taken++;
    }
  }
  for (const task of q.oldestFirst()) if (isLeased(task) && takeOverdue(q, task)) taken++;
  return taken;
}

function takeOverdue(q: ModelQueue, task: ModelTask): boolean {
  if (task.status === "Running") {
    if (task.deadline === null || task.deadline > q.now) return false;
    failed(q, task, { outcome: "timeout", error: { begins: "timed out" } });
    return true;
  }
  if ((task.lockAt ?? 0) + q.config.orphanAfterMs > q.now) return false;
  orphan(q, task, !speaks(q, task.holder as ModelSession));
  return true;
}

/** Lives as far as one can tell, and is only slow. The contract gives no figure; half of the deadline is the choice made. */
const speaks = (q: ModelQueue, session: ModelSession): boolean =>
  session.missingAt === null && lastHeard(session) + q.config.orphanAfterMs / 2 > q.now;
