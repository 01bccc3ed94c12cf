/** What changes a queue over RPC, each call in its own part of the group's transaction. */

import type { ConfigPatch, EventsInput, PollInput, RegisterInput } from "../protocol/types.ts";
import { claim } from "../store/claim.ts";
import { saveConfig } from "../store/config.ts";
import { applyEvents, unknownTasks } from "../store/events.ts";
import { hear } from "../store/liveness.ts";
import {
  namedSession,
  presentSession,
  type SessionRow,
  sessionByToken,
  sessionToken,
  workerNotFound,
} from "../store/sessions.ts";
import { restartRetention } from "../store/vacuum.ts";
import { goodbye, openSession, register } from "../store/workers.ts";
import { changed } from "../task/config.ts";
import { ok, type Result } from "../task/result.ts";
import type { EventAnswer, QueueConfig } from "../task/task.ts";
import type { Registered, TaskText } from "./api.ts";
import type { Desk } from "./desk.ts";
import { leasedOf } from "./reads.ts";
import { dismiss, tellSuperseded } from "./registration.ts";
import type { Step } from "./step.ts";

export interface Polled {
  readonly session: string;
  readonly tasks: TaskText[];
  readonly events: EventAnswer[];
}

/** Events first, then a claim: one request per cycle. Refused as a whole when the session may not claim. */
export function poll(desk: Desk, step: Step, input: PollInput): Result<Polled> {
  if (!desk.partition.isUsed() && input.session !== undefined) return workerNotFound(input.worker);
  desk.partition.open();
  const session = pollSession(step, input);
  if (!session.ok) return session;
  heard(desk, step, session.value);
  const { id, worker } = session.value;
  // Unless the poll names its session, the lease of each event is right enough: it may be one of an older session.
  const events = applyEvents(step.tx, input.events, input.session === undefined ? null : id);
  const taker = { session: id, worker, autoStart: input.autoStart, room: input.max };
  const rows = step.tx.config.paused ? [] : (claim(step.tx, [taker]).deliveries.get(taker) ?? []);
  return ok({ session: sessionToken(session.value), tasks: rows.map((row) => leasedOf(step.tx, row)), events });
}

function pollSession(step: Step, { worker, session }: PollInput): Result<SessionRow> {
  if (session === undefined) return ok(presentSession(step.tx, worker) ?? openSession(step.tx, worker, [], null));
  const named = namedSession(step.tx, worker, session);
  return named.ok && named.value.superseded === 1 ? workerNotFound(worker) : named;
}

/** A sign of life: in memory once the transaction stands, in its row now and then. */
function heard(desk: Desk, step: Step, session: SessionRow): void {
  hear(step.tx, session);
  step.after.push(() => desk.connections.hear(session.id, step.tx.now));
}

export function events(desk: Desk, step: Step, input: EventsInput): Result<{ events: EventAnswer[] }> {
  const sender = desk.partition.isUsed() ? eventSession(step, input) : unknownSender(input);
  if (!sender.ok) return sender;
  if (sender.value) heard(desk, step, sender.value);
  if (!desk.partition.isUsed()) return ok({ events: unknownTasks(input.events) });
  const session = input.session === undefined ? null : (sender.value?.id ?? null);
  return ok({ events: applyEvents(step.tx, input.events, session) });
}

/** Who sends, where that is said; it must be true. */
function eventSession(step: Step, { worker, session }: EventsInput): Result<SessionRow | null> {
  if (session !== undefined) {
    const row = sessionByToken(step.tx, session);
    return row && (worker === undefined || row.worker === worker)
      ? ok(row)
      : workerNotFound(worker ?? "of this session");
  }
  if (worker === undefined) return ok(null);
  const present = presentSession(step.tx, worker);
  return present ? ok(present) : workerNotFound(worker);
}

const unknownSender = ({ worker, session }: EventsInput): Result<SessionRow | null> =>
  worker === undefined && session === undefined ? ok(null) : workerNotFound(worker ?? "of this session");

export function registerWorker(desk: Desk, step: Step, input: RegisterInput): Result<Registered> {
  desk.partition.open();
  const registered = register(step.tx, input);
  if (!registered.ok) return registered;
  const { session, superseded } = registered.value;
  if (superseded) tellSuperseded(step, desk.connections, superseded);
  step.after.push(() => desk.connections.hear(session.id, step.tx.now));
  const { orphanAfterMs } = step.tx.config;
  return ok({ worker: session.worker, session: sessionToken(session), orphanAfterMs, partitions: 1, protocol: 1 });
}

interface Named {
  readonly worker: string;
  readonly session: string;
}

export function heartbeat(desk: Desk, step: Step, input: Named): Result<{ orphanAfterMs: number }> {
  const session = known(desk, step, input);
  if (!session.ok) return session;
  heard(desk, step, session.value);
  return ok({ orphanAfterMs: step.tx.config.orphanAfterMs });
}

export function sayGoodbye(desk: Desk, step: Step, input: Named): Result<{ released: number }> {
  const session = known(desk, step, input);
  if (!session.ok) return session;
  const released = goodbye(step.tx, session.value);
  dismiss(step, desk.connections, session.value.id);
  return ok({ released });
}

const known = (desk: Desk, step: Step, { worker, session }: Named): Result<SessionRow> =>
  desk.partition.isUsed() ? namedSession(step.tx, worker, session) : workerNotFound(worker);

/** Settings are merged; those that bring a deadline nearer take effect at once, by an alarm that finds out what is due. */
export function configure(desk: Desk, step: Step, patch: ConfigPatch): Result<QueueConfig> {
  desk.partition.open();
  const config = changed(step.tx.config, patch);
  saveConfig(step.tx.sql, config);
  step.config = config;
  if (patch.retention) restartRetention(step.tx);
  if (patch.orphanAfterMs !== undefined) step.tx.journal.wake(step.tx.now);
  return ok(config);
}
