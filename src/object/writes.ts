/** What changes a queue over RPC, each call in its own part of the group's transaction. */

import type { ConfigPatch, EventsInput, PollInput, RegisterInput } from "../protocol/types.ts";
import * as calls from "../store/calls.ts";
import { configure } from "../store/config.ts";
import { unknownTasks } from "../store/events.ts";
import { presentSession, type SessionRow, sessionToken } from "../store/sessions.ts";
import { openSession, register } from "../store/workers.ts";
import { workerNotFound } from "../task/refusals.ts";
import { ok, type Result } from "../task/result.ts";
import type { EventAnswer, QueueConfig } from "../task/task.ts";
import type { Registered, TaskText } from "./api.ts";
import type { Desk } from "./desk.ts";
import { leasedTexts } from "./leased-texts.ts";
import { dismiss, tellSuperseded } from "./registration.ts";
import type { Step } from "./step.ts";

export interface Polled {
  readonly session: string;
  readonly tasks: TaskText[];
  readonly events: EventAnswer[];
}

/** Events first, then a claim: one request per cycle. */
export function poll(desk: Desk, step: Step, input: PollInput): Result<Polled> {
  if (!desk.partition.isUsed() && input.session !== undefined) return workerNotFound(input.worker);
  desk.partition.open();
  const polled = calls.poll(step.tx, input);
  if (!polled.ok) return polled;
  const { session, rows, events } = polled.value;
  desk.connections.leases.add(session.id, rows.length);
  heard(desk, step, session);
  return ok({ session: sessionToken(session), tasks: leasedTexts(step.tx, rows), events });
}

/** The answer of a partition that was never used. */
export const pollOfNothing = ({ session = "", events }: PollInput): Polled => ({
  session,
  tasks: [],
  events: unknownTasks(events),
});

/** A sign of life is known once the transaction stands. */
function heard(desk: Desk, step: Step, session: SessionRow): void {
  step.after.push(() => desk.connections.hear(session.id, step.tx.now));
}

export function events(desk: Desk, step: Step, input: EventsInput): Result<{ events: EventAnswer[] }> {
  if (!desk.partition.isUsed()) {
    // Of several partitions, another knows the sender.
    const nobody = step.tx.partition > 0 || (input.worker === undefined && input.session === undefined);
    return nobody ? ok({ events: unknownTasks(input.events) }) : calls.unknownSender(input);
  }
  const reported = calls.report(step.tx, input, input.events);
  if (!reported.ok) return reported;
  const { session, answers } = reported.value;
  if (session) heard(desk, step, session);
  return ok({ events: answers });
}

export function registerWorker(desk: Desk, step: Step, input: RegisterInput): Result<Registered> {
  desk.partition.open();
  const registered = register(step.tx, input);
  if (!registered.ok) return registered;
  const { session, superseded } = registered.value;
  if (superseded) tellSuperseded(step, desk.connections, superseded);
  heard(desk, step, session);
  const { orphanAfterMs } = step.tx.config;
  return ok({ worker: session.worker, session: sessionToken(session), orphanAfterMs, partitions: 1, protocol: 1 });
}

/** The session that a worker speaks with which names none. */
export function introduce(desk: Desk, step: Step, worker: string): Result<{ session: string }> {
  desk.partition.open();
  const session = presentSession(step.tx, worker) ?? openSession(step.tx, worker, [], null);
  heard(desk, step, session);
  return ok({ session: sessionToken(session) });
}

interface Named {
  readonly worker: string;
  readonly session: string;
}

export function heartbeat(desk: Desk, step: Step, input: Named): Result<{ orphanAfterMs: number }> {
  if (!desk.partition.isUsed()) return workerNotFound(input.worker);
  const session = calls.heartbeat(step.tx, input);
  if (!session.ok) return session;
  heard(desk, step, session.value);
  return ok({ orphanAfterMs: step.tx.config.orphanAfterMs });
}

export function sayGoodbye(desk: Desk, step: Step, input: Named): Result<{ released: number }> {
  if (!desk.partition.isUsed()) return workerNotFound(input.worker);
  const left = calls.leave(step.tx, input);
  if (!left.ok) return left;
  const { session, released } = left.value;
  dismiss(step, desk.connections, session.id);
  return ok({ released });
}

export function configureQueue(desk: Desk, step: Step, patch: ConfigPatch): Result<QueueConfig> {
  desk.partition.open();
  const config = configure(step.tx, patch, desk.partition.code);
  step.config = config;
  return ok(config);
}
