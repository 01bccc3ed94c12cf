/** Sessions: one for each registration of a worker's name. A lease belongs to the session that claimed it. */

import { workerNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import { formatSession, parseSession } from "../task/session.ts";
import { readLeases } from "./span.ts";
import type { Tx } from "./tx.ts";

type Reading = Pick<Tx, "sql" | "tally">;

export interface SessionRow {
  readonly id: number;
  readonly secret: string;
  readonly worker: string;
  /** 1 once another session took the name: it may still end what it runs, but not claim. */
  readonly superseded: 0 | 1;
  readonly started_at: number;
  /** A sign of life, written now and then. What the process knows is fresher. */
  readonly heard_at: number;
  /** When it was first seen missing, while it is; its silence counts from then, whatever instance looks. */
  readonly missing_at: number | null;
  readonly layers: string;
  readonly info: string | null;
}

const COLUMNS = "id, secret, worker, superseded, started_at, heard_at, missing_at, layers, info";

/** The session as its worker knows it. */
export const sessionToken = (row: Pick<SessionRow, "id" | "secret">): string => formatSession(row);

export function sessionById(tx: Pick<Tx, "sql">, id: number): SessionRow | undefined {
  return tx.sql.all<SessionRow>(`SELECT ${COLUMNS} FROM session WHERE id = ?1`, id)[0];
}

/** The session that a token names, of whatever worker. */
export function sessionByToken(tx: Pick<Tx, "sql">, token: string): SessionRow | undefined {
  const parsed = parseSession(token);
  const row = parsed ? sessionById(tx, parsed.id) : undefined;
  return row && row.secret === parsed?.secret ? row : undefined;
}

/** The present session of a name. */
export function presentSession(tx: Pick<Tx, "sql">, worker: string): SessionRow | undefined {
  return tx.sql.all<SessionRow>(`SELECT ${COLUMNS} FROM session WHERE worker = ?1 AND superseded = 0`, worker)[0];
}

export function allSessions(tx: Pick<Tx, "sql">): SessionRow[] {
  return tx.sql.all<SessionRow>(`SELECT ${COLUMNS} FROM session ORDER BY id`);
}

/** Sessions whose row was written before an instant; they may have been heard since. */
export function sessionsBefore(tx: Pick<Tx, "sql">, at: number): SessionRow[] {
  return tx.sql.all<SessionRow>(`SELECT ${COLUMNS} FROM session WHERE heard_at < ?1`, at);
}

/** Sessions that hold leases. */
export function holders(tx: Reading): SessionRow[] {
  return readLeases(
    tx,
    "holder",
    (leases) => `SELECT ${COLUMNS} FROM session WHERE id IN (SELECT holder FROM ${leases})`,
  );
}

/** How many leases each session holds. */
export function leaseCounts(tx: Reading): Map<number, number> {
  const rows = readLeases<{ holder: number; n: number }>(
    tx,
    "holder",
    (leases) => `SELECT holder, count(*) AS n FROM ${leases} GROUP BY holder`,
  );
  return new Map(rows.map((row) => [row.holder, row.n]));
}

/** How many leases a session holds. */
export function openLeases(tx: Reading, session: number): number {
  const ofSession = (leases: string) => `SELECT count(*) AS n FROM ${leases} WHERE holder = ?3`;
  return readLeases<{ n: number }>(tx, "holder", ofSession, session)[0]?.n ?? 0;
}

export const holdsLeases = (tx: Reading, session: number): boolean =>
  readLeases(tx, "holder", (leases) => `SELECT 1 FROM ${leases} WHERE holder = ?3 LIMIT 1`, session).length > 0;

/** Sequences of a session's leases, by status when one is given. */
export function leasesOf(tx: Reading, session: number, status: 1 | 2 | null, limit: number): number[] {
  const rows = readLeases<{ seq: number }>(
    tx,
    "seq, status, holder",
    (leases) => `SELECT seq FROM ${leases} WHERE holder = ?3 AND (?4 IS NULL OR status = ?4) ORDER BY seq LIMIT ?5`,
    session,
    status,
    limit,
  );
  return rows.map((row) => row.seq);
}

/**
 * The session that a worker speaks with.
 *
 * @returns `worker_not_found` when the token names none of this worker
 */
export function namedSession(tx: Pick<Tx, "sql">, worker: string, token: string): Result<SessionRow> {
  const row = sessionByToken(tx, token);
  return row && row.worker === worker ? ok(row) : workerNotFound(worker);
}

export function insertSession(tx: Tx, worker: string, layers: readonly string[], info: string | null): SessionRow {
  const [row] = tx.sql.all<SessionRow>(
    `INSERT INTO session (id, secret, worker, started_at, heard_at, layers, info) VALUES (?6, ?1, ?2, ?3, ?3, ?4, ?5)
     RETURNING ${COLUMNS}`,
    tx.chance.secret(),
    worker,
    tx.now,
    JSON.stringify(layers),
    info,
    tx.tally.nextSession++,
  );
  if (!row) throw new Error("an insert returned no row");
  tx.journal.workersChanged = true;
  return row;
}

export function deleteSession(tx: Tx, id: number): void {
  tx.sql.all("DELETE FROM session WHERE id = ?1", id);
  tx.journal.workersChanged = true;
}
