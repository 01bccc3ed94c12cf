/** Workers come and go: register, resume, say goodbye, be listed. */

import { FORGET_SESSION_MS } from "../limits.ts";
import { supersededWorker } from "../task/abandoned.ts";
import { nameTaken } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { TaskEvent } from "../task/state.ts";
import { abandonment, deathOf, isAlive, lastHeard, missing } from "./liveness.ts";
import { save } from "./save.ts";
import {
  allSessions,
  deleteSession,
  holdsLeases,
  insertSession,
  leaseCounts,
  leasesOf,
  presentSession,
  type SessionRow,
  sessionByToken,
  sessionsBefore,
  writeSession,
} from "./sessions.ts";
import type { Tx } from "./tx.ts";
import { apply, itemsBySeq } from "./work.ts";

export interface Registration {
  readonly worker: string;
  readonly session?: string | undefined;
  readonly layers?: readonly string[] | undefined;
  readonly info?: unknown;
}

export interface Registering {
  readonly session: SessionRow;
  /** The session that had the name, if another takes it. */
  readonly superseded: SessionRow | null;
}

/**
 * Opens a session for a name, or goes on with the one that is named and still stands. A session that had the name before
 * loses what it has not started; what it runs, it may end.
 *
 * @returns `superseded` when the named session has lost the name to another
 */
export function register(tx: Tx, input: Registration): Result<Registering> {
  const named = input.session === undefined ? undefined : sessionByToken(tx, input.session);
  if (named && named.worker === input.worker) {
    if (!named.superseded) return ok({ session: renewed(tx, named), superseded: null });
    return nameTaken(input.worker);
  }
  const before = presentSession(tx, input.worker) ?? null;
  if (before) supersede(tx, before);
  const info = input.info === undefined ? null : JSON.stringify(input.info);
  return ok({ session: openSession(tx, input.worker, input.layers ?? [], info), superseded: before });
}

/** Back in time: whatever was written down about its absence is over. */
function renewed(tx: Tx, session: SessionRow): SessionRow {
  if (session.missing_at === null) return session;
  tx.sql.all("UPDATE session SET heard_at = max(heard_at, ?2), missing_at = NULL WHERE id = ?1", session.id, tx.now);
  tx.journal.workersChanged = true;
  return { ...session, missing_at: null };
}

/**
 * Takes in a session that another partition of the queue has begun, and vouches for. The later of two sessions has the
 * name, whichever of them is heard of first.
 *
 * @returns the session that had the name here, if it has lost it
 */
export function adopt(tx: Tx, card: SessionRow): SessionRow | null {
  const before = presentSession(tx, card.worker) ?? null;
  const isOld = card.superseded === 1 || (before !== null && isLater(before, card));
  if (before && !isOld) supersede(tx, before);
  writeSession(tx, { ...card, superseded: isOld ? 1 : 0 });
  return isOld ? null : before;
}

const isLater = (a: SessionRow, b: SessionRow): boolean =>
  a.started_at === b.started_at ? a.id > b.id : a.started_at > b.started_at;

function supersede(tx: Tx, session: SessionRow): void {
  const error = supersededWorker(session.worker);
  takeBack(tx, session.id, 1, { type: "orphan", error, strike: true, reason: "superseded" });
  tx.sql.all("UPDATE session SET superseded = 1 WHERE id = ?1", session.id);
  tx.journal.workersChanged = true;
}

/** Applies an event to all leases of a session, of one status or of any; answers how many there were. */
function takeBack(tx: Tx, session: number, status: 1 | 2 | null, event: TaskEvent): number {
  const items = itemsBySeq(tx, leasesOf(tx, session, status, Number.MAX_SAFE_INTEGER));
  for (const item of items) apply(tx, item, event);
  save(tx, items);
  return items.length;
}

/** A new session. With it go those that nobody will come back to, now that somebody pays for a write anyway. */
export function openSession(tx: Tx, worker: string, layers: readonly string[], info: string | null): SessionRow {
  for (const session of sessionsBefore(tx, tx.now - FORGET_SESSION_MS)) forgetIfSilent(tx, session);
  tx.journal.workers.push({ worker, event: "registered" });
  return insertSession(tx, worker, layers, info);
}

/** After a restart nobody was heard yet: a session must first be seen missing, here as for its leases. */
function forgetIfSilent(tx: Tx, session: SessionRow): void {
  const death = deathOf(tx, session);
  if ((!death.missing && death.at + FORGET_SESSION_MS > tx.now) || holdsLeases(tx, session.id)) return;
  if (death.missing) missing(tx, session.id, session.heard_at, tx.now);
  else deleteSession(tx, session.id);
}

/**
 * The worker leaves: what it has not started goes back unburned, what it runs is orphaned at once.
 *
 * @returns how many went back unburned
 */
export function goodbye(tx: Tx, session: SessionRow): number {
  const released = releaseQueued(tx, session.id);
  const error = abandonment(tx, session);
  takeBack(tx, session.id, 2, { type: "orphan", error, strike: false, reason: "orphaned" });
  deleteSession(tx, session.id);
  tx.journal.workers.push({ worker: session.worker, event: "left" });
  return released;
}

function releaseQueued(tx: Tx, session: number): number {
  const items = itemsBySeq(tx, leasesOf(tx, session, 1, Number.MAX_SAFE_INTEGER));
  for (const item of items) apply(tx, item, { type: "release", token: item.row.lease ?? 0 });
  save(tx, items);
  return items.length;
}

export interface WorkerView {
  readonly id: string;
  readonly queue: string;
  readonly startedAt: number;
  readonly heardAt: number;
  readonly layers: string[];
  readonly leases: number;
  readonly alive: boolean;
}

/**
 * Workers that live or hold leases, one entry a name: a name that was taken again counts the leases that its old session
 * still runs.
 */
export function listWorkers(tx: Pick<Tx, "sql" | "tally" | "presence" | "now" | "config" | "queue">): WorkerView[] {
  const leases = leaseCounts(tx);
  const byName = new Map<string, WorkerView>();
  for (const session of allSessions(tx)) {
    const held = leases.get(session.id) ?? 0;
    const alive = isAlive(tx, session) && session.superseded === 0;
    if (!alive && held === 0) continue;
    const before = byName.get(session.worker);
    byName.set(session.worker, {
      id: session.worker,
      queue: tx.queue,
      startedAt: session.started_at,
      heardAt: Math.max(lastHeard(tx, session), before?.heardAt ?? 0),
      layers: JSON.parse(session.layers) as string[],
      leases: held + (before?.leases ?? 0),
      alive: alive || (before?.alive ?? false),
    });
  }
  return [...byName.values()];
}
