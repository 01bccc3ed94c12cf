/** What workers ask of a queue that has tables: polls, reports, signs of life, goodbyes. Each says first who asks. */

import { tooManyLeases, workerNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { EventAnswer, HolderEvent } from "../task/task.ts";
import { claim } from "./claim.ts";
import { applyEvents } from "./events.ts";
import { hear } from "./liveness.ts";
import type { FullRow } from "./rows.ts";
import { namedSession, presentSession, type SessionRow, sessionByToken } from "./sessions.ts";
import type { Tx } from "./tx.ts";
import { goodbye, openSession } from "./workers.ts";

export interface Poll {
  readonly worker: string;
  /** Left out, the worker's present session is used, or one is opened. */
  readonly session?: string | undefined;
  readonly max: number;
  readonly autoStart: boolean;
  readonly events: readonly HolderEvent[];
}

export interface Polled {
  readonly session: SessionRow;
  /** In the order in which they should run. */
  readonly rows: FullRow[];
  readonly events: EventAnswer[];
}

/** Events first, then a claim: one request per cycle. Refused as a whole when the session may not claim, or has no room. */
export function poll(tx: Tx, input: Poll): Result<Polled> {
  const session = pollSession(tx, input);
  if (!session.ok) return session;
  const { id, worker } = session.value;
  // Unless the poll names its session, the lease of each event is right enough: it may be one of an older session.
  const events = applyEvents(tx, input.events, input.session === undefined ? null : id);
  const leaseRoom = tx.presence.leaseRoom?.(tx, id) ?? Number.POSITIVE_INFINITY;
  // The answers to events that were applied are worth more than a refusal.
  if (leaseRoom === 0 && events.length === 0) {
    hear(tx, session.value);
    return tooManyLeases(worker);
  }
  const taker = { session: id, worker, autoStart: input.autoStart, room: Math.min(input.max, leaseRoom) };
  const rows = tx.config.paused ? [] : (claim(tx, [taker]).deliveries.get(taker) ?? []);
  // Only now does it hold what it was given: what follows in this transaction must not take it for dead.
  hear(tx, session.value);
  return ok({ session: session.value, rows, events });
}

function pollSession(tx: Tx, { worker, session }: Poll): Result<SessionRow> {
  if (session === undefined) return ok(presentSession(tx, worker) ?? openSession(tx, worker, [], null));
  const named = namedSession(tx, worker, session);
  return named.ok && named.value.superseded === 1 ? workerNotFound(worker) : named;
}

/** Who sends, where that is said. */
export interface Sender {
  readonly worker?: string | undefined;
  readonly session?: string | undefined;
}

/** Applies what holders of leases report. A sender that is named must be true, and has given a sign of life. */
export function report(
  tx: Tx,
  sender: Sender,
  events: readonly HolderEvent[],
): Result<{ readonly session: SessionRow | null; readonly answers: EventAnswer[] }> {
  const found = senderOf(tx, sender);
  if (!found.ok) return found;
  const session = found.value;
  if (session) hear(tx, session);
  const owner = sender.session === undefined ? null : (session?.id ?? null);
  return ok({ session, answers: applyEvents(tx, events, owner) });
}

function senderOf(tx: Tx, sender: Sender): Result<SessionRow | null> {
  const { worker, session } = sender;
  if (worker === undefined && session === undefined) return ok(null);
  const row = session === undefined ? presentSession(tx, worker ?? "") : sessionByToken(tx, session);
  return row && (worker === undefined || row.worker === worker) ? ok(row) : unknownSender(sender);
}

export const unknownSender = ({ worker }: Sender) => workerNotFound(worker ?? "of this session");

interface Named {
  readonly worker: string;
  readonly session: string;
}

/** A sign of life. */
export function heartbeat(tx: Tx, { worker, session }: Named): Result<SessionRow> {
  const named = namedSession(tx, worker, session);
  if (named.ok) hear(tx, named.value);
  return named;
}

/** The worker leaves: what it has not started goes back unburned and is counted, what it runs is orphaned at once. */
export function leave(
  tx: Tx,
  { worker, session }: Named,
): Result<{ readonly session: SessionRow; readonly released: number }> {
  const named = namedSession(tx, worker, session);
  return named.ok ? ok({ session: named.value, released: goodbye(tx, named.value) }) : named;
}
