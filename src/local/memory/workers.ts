/** What workers ask: tasks, reports, signs of life, a name, goodbye. */

import { silentFor, supersededWorker } from "../../task/abandoned.ts";
import { parseLease } from "../../task/id.ts";
import { nameTaken, taskNotFound, workerNotFound } from "../../task/refusals.ts";
import { luggageOf, notYours, refusedEvent, ruleEvent, unfit } from "../../task/report.ts";
import { ok, type Result } from "../../task/result.ts";
import type { Transition } from "../../task/state.ts";
import type { EventAnswer, HolderEvent } from "../../task/task.ts";
import type { ClaimInput, Sender } from "../store.ts";
import { hear, type Session } from "./sessions.ts";
import type { MemoryTask } from "./task.ts";
import type { Memory, Work } from "./work.ts";

export interface Claimed {
  readonly session: Session;
  /** In the order in which they should run. */
  readonly tasks: readonly MemoryTask[];
  readonly events: readonly EventAnswer[];
}

/** Events first, then a claim. Refused as a whole when the session may not claim. */
export function claim(work: Work, input: ClaimInput): Result<Claimed> {
  const { memory, on } = work;
  const found = claimer(memory, input, on.now);
  if (!found.ok) return found;
  const session = found.value;
  hear(session, on.now);
  // Unless the session is named, the lease of each event is right enough: it may be one of an older session.
  const events = applyEvents(work, input.events, input.session === undefined ? null : session);
  work.settle();
  const tasks = memory.config.paused ? [] : take(work, session, input);
  return ok({ session, tasks, events });
}

function claimer(memory: Memory, { worker, session: token }: ClaimInput, now: number): Result<Session> {
  if (token === undefined) return ok(memory.sessions.present(worker) ?? open(memory, worker, [], now));
  const session = memory.sessions.named(token);
  return session?.worker === worker && !session.superseded ? ok(session) : workerNotFound(worker);
}

function open(memory: Memory, worker: string, layers: readonly string[], now: number): Session {
  memory.isUsed = true;
  return memory.sessions.open(worker, layers, memory.chance.secret(), now, memory.config.orphanAfterMs);
}

function take(work: Work, session: Session, { max, autoStart }: ClaimInput): MemoryTask[] {
  const { places, chance } = work.memory;
  const { now } = work.on;
  if (max === 0) return [];
  places.promote(now);
  const tasks: MemoryTask[] = [];
  const token = places.next(now) ? chance.token() : 0;
  for (let task = places.next(now); task && tasks.length < max; task = places.next(now)) {
    work.lease(task, session, token, autoStart);
    tasks.push(task);
  }
  return tasks;
}

/** With a session, the leases must be its own. A named sender must be true, and has given a sign of life. */
export function report(work: Work, sender: Sender, events: readonly HolderEvent[]): Result<readonly EventAnswer[]> {
  const { worker, session: token } = sender;
  if (worker === undefined && token === undefined) return ok(applyEvents(work, events, null));
  const { sessions } = work.memory;
  const session = token === undefined ? sessions.present(worker ?? "") : sessions.named(token);
  if (!session || (worker !== undefined && session.worker !== worker)) {
    return workerNotFound(worker ?? "of this session");
  }
  hear(session, work.on.now);
  return ok(applyEvents(work, events, token === undefined ? null : session));
}

/** In order, several of one task included; each is answered, and a refused one spoils no other. */
const applyEvents = (work: Work, events: readonly HolderEvent[], session: Session | null): EventAnswer[] =>
  events.map((event) => {
    const outcome = applyOne(work, event, session);
    return outcome.ok ? { id: event.id, status: outcome.value.answer } : refusedEvent(event.id, outcome.error);
  });

function applyOne(work: Work, event: HolderEvent, session: Session | null): Result<Transition> {
  const task = work.memory.tasks.byId(event.id);
  if (!task) return taskNotFound(event.id);
  const lease = parseLease(event.lease);
  // No live lease is zero, so one that cannot be read, or is another task's, is refused by the rules as any stale one.
  const token = lease?.seq === task.seq ? lease.token : 0;
  if (session !== null && task.state.token === token && task.holder !== session) return notYours(task.state);
  return unfit(event, token, task.state, task.codec) ?? work.apply(task, ruleEvent(event, token), luggageOf(event));
}

export interface Registration {
  readonly worker: string;
  readonly session?: string | undefined;
  readonly layers?: readonly string[] | undefined;
}

/**
 * Opens a session for a name, or goes on with the one that is named and still stands. A session that had the name before
 * loses what it has not started; what it runs, it may end.
 */
export function register(work: Work, { worker, session: token, layers = [] }: Registration): Result<Session> {
  const { memory, on } = work;
  const named = token === undefined ? undefined : memory.sessions.named(token);
  if (named?.worker === worker) {
    if (named.superseded) return nameTaken(worker);
    hear(named, on.now);
    return ok(named);
  }
  const before = memory.sessions.present(worker);
  if (before) supersede(work, before);
  return ok(open(memory, worker, layers, on.now));
}

function supersede(work: Work, session: Session): void {
  const error = supersededWorker(session.worker);
  for (const task of leasesOf(session, "Queued")) {
    work.apply(task, { type: "orphan", error, strike: true, reason: "superseded" });
  }
  session.superseded = true;
  work.on.superseded.add(session.token);
}

const leasesOf = ({ leases }: Session, status: "Queued" | "Running"): MemoryTask[] =>
  [...leases].filter((task) => task.state.status === status);

interface Named {
  readonly worker: string;
  readonly session: string;
}

export function heartbeat(work: Work, sender: Named): Result<null> {
  const session = namedBy(work.memory, sender);
  if (session.ok) hear(session.value, work.on.now);
  return session.ok ? ok(null) : session;
}

/** The worker leaves: what it has not started goes back unburned and is counted, what it runs is orphaned at once. */
export function goodbye(work: Work, sender: Named): Result<{ released: number }> {
  const named = namedBy(work.memory, sender);
  if (!named.ok) return named;
  const session = named.value;
  const queued = leasesOf(session, "Queued");
  for (const task of queued) work.apply(task, { type: "release", token: task.state.token ?? 0 });
  const error = silentFor(session.worker, work.on.now - session.heardAt);
  for (const task of leasesOf(session, "Running")) {
    work.apply(task, { type: "orphan", error, strike: false, reason: "orphaned" });
  }
  work.memory.sessions.delete(session);
  return ok({ released: queued.length });
}

function namedBy({ sessions }: Memory, { worker, session: token }: Named): Result<Session> {
  const session = sessions.named(token);
  return session?.worker === worker ? ok(session) : workerNotFound(worker);
}
