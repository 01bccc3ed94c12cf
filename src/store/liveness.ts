/** Who is alive: what the process heard, what the rows remember, and from when silence counts. */

import { silentFor } from "../task/abandoned.ts";
import { holdsLeases, type SessionRow } from "./sessions.ts";
import type { Tx } from "./tx.ts";

/** The last sign of life, ms. */
export function lastHeard(tx: Pick<Tx, "presence" | "now">, session: SessionRow): number {
  return Math.max(session.heard_at, tx.presence.heardAt(session.id, tx.now) ?? 0);
}

export const isAlive = (tx: Pick<Tx, "presence" | "now" | "config">, session: SessionRow): boolean =>
  lastHeard(tx, session) + tx.config.orphanAfterMs > tx.now;

/**
 * When the session counts as dead, unless it is heard before.
 *
 * A process that never heard it knows only its row, which is old after a restart: live workers could not speak while the
 * server was down. So the session must first be seen missing, and its silence counts from that moment, which is written
 * down: else each new instance would grant a fresh grace, and a dead worker keep its leases for ever.
 *
 * @returns the instant, ms; `missing` is true when the moment has yet to be written down
 */
export function deathOf(
  tx: Pick<Tx, "presence" | "now" | "config">,
  session: SessionRow,
): { at: number; missing: boolean } {
  const at = Math.max(lastHeard(tx, session), tx.presence.askedAt?.(session.id) ?? 0) + tx.config.orphanAfterMs;
  if (tx.presence.heardAt(session.id, tx.now) !== null || at > tx.now) return { at, missing: false };
  if (session.missing_at === null) return { at: tx.now + tx.config.orphanAfterMs, missing: true };
  return { at: Math.max(at, session.missing_at + tx.config.orphanAfterMs), missing: false };
}

export function isDead(tx: Pick<Tx, "presence" | "now" | "config">, session: SessionRow): boolean {
  return deathOf(tx, session).at <= tx.now;
}

/** A sign of life over HTTP: written at most once per third of the deadline, and only for one that holds leases. */
export function hear(tx: Tx, session: SessionRow): void {
  const stale = tx.now - session.heard_at >= tx.config.orphanAfterMs / 3;
  if (session.missing_at === null && !(stale && holdsLeases(tx, session.id))) return;
  tx.sql.all("UPDATE session SET heard_at = max(heard_at, ?2), missing_at = NULL WHERE id = ?1", session.id, tx.now);
  tx.journal.workersChanged = true;
}

/** Writes down since when a session is missing. */
export function missing(tx: Tx, session: number, heardAt: number, since: number): void {
  tx.sql.all(
    "UPDATE session SET heard_at = max(heard_at, ?2), missing_at = ?3 WHERE id = ?1 AND missing_at IS NULL",
    session,
    heardAt,
    since,
  );
}

/** The error of an execution whose worker is gone. */
export const abandonment = (tx: Pick<Tx, "presence" | "now">, session: SessionRow): string =>
  silentFor(session.worker, tx.now - lastHeard(tx, session));

/** A new lease must be looked at when its holder would be dead, or too slow to start. */
export function wakeForLease(tx: Tx, session: number): void {
  const at = (tx.presence.heardAt(session, tx.now) ?? tx.now) + tx.config.orphanAfterMs;
  tx.journal.wake(at > tx.now ? at : tx.now + tx.config.orphanAfterMs);
}
