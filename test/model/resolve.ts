/** Makes calls of a step: what it chooses by number becomes a name that the system gave. */

import type { ModelQueue } from "./oracle/queue.ts";
import { isLeased, type ModelTask } from "./oracle/task.ts";
import type { Call, Event } from "./port.ts";
import type { Choice, Say, Step } from "./steps.ts";

/** Steps that are no calls: time, alarms, restarts, and what is made of several. */
type Plain = Exclude<Step["do"], "pass" | "alarm" | "restart" | "stall" | "wear" | "together">;
export type Calling = Extract<Step, { do: Plain }>;

/** @returns the call, or `null` when there is nothing that it could be about */
export function callOf(q: ModelQueue, step: Calling): Call | null {
  switch (step.do) {
    case "push":
      return { verb: "push", tasks: step.tasks, single: step.tasks.length === 1 };
    case "burst": {
      const tasks = Array.from({ length: step.count }, (_, n) => ({ args: n, priority: n % 3, delayMs: step.delayMs }));
      return { verb: "push", tasks, single: false };
    }
    case "poll": {
      const { worker, max, autoStart } = step;
      const session = step.session === null ? undefined : sessionOf(q, step.session, worker);
      return { verb: "poll", worker, ...given({ session }), max, autoStart, events: eventsOf(q, step.say) };
    }
    case "events":
      return report(q, step);
    case "register":
    case "configure":
    case "vacuum":
    case "purge":
    case "drop":
    case "resumeAbandoned": {
      const { do: verb, ...rest } = step;
      return { verb, ...rest } as Call;
    }
    case "heartbeat":
    case "goodbye": {
      const known = one(q.allSessions, step.session, (each) => q.session(each.session) !== undefined);
      return {
        verb: step.do,
        worker: known?.worker ?? "a",
        session: known?.session ?? guess(q.allSessions, step.session),
      };
    }
    default:
      return aboutTasks(q, step);
  }
}

type AboutTasks = Extract<
  Step,
  { do: "fetch" | "resume" | "cancel" | "delete" | "reschedule" | "update" | "bulk" | "list" | "status" }
>;

function aboutTasks(q: ModelQueue, step: AboutTasks): Call {
  switch (step.do) {
    case "reschedule": {
      const when = step.absolute ? { runAt: q.now + step.inMs - 1_000 } : { delayMs: step.inMs };
      return { verb: "reschedule", id: idOf(q, step.task, ({ status }) => status !== "Done"), ...when };
    }
    case "update": {
      const id = idOf(q, step.task, (task) => !isLeased(task) && task.status !== "Done");
      const known = q.tasks.get(id)?.revision ?? 1;
      const revision = { none: undefined, right: known, wrong: known + 1_000 }[step.revision];
      const { runAt, ...patch } = step.patch;
      const at = runAt === undefined ? undefined : q.now + runAt - 1_000;
      return { verb: "update", id, patch: { ...patch, ...given({ revision, runAt: at }) } };
    }
    case "bulk": {
      const { of, dryRun, filter, limit } = step;
      const ids = step.tasks?.map((pick) => idOf(q, pick, () => true));
      const rest = { dryRun, ...given({ limit: limit ?? undefined }) };
      const when = of === "reschedule" ? { delayMs: step.delayMs } : {};
      return ids ? { verb: "bulk", of, ids, ...rest, ...when } : { verb: "bulk", of, filter, ...rest, ...when };
    }
    case "list":
      return { verb: "list", query: { ...step.filter, order: step.order, limit: step.limit }, from: 0 };
    case "status":
      return { verb: "status", ids: step.tasks.map((pick) => idOf(q, pick, () => true)) };
    default:
      return { verb: step.do, id: idOf(q, step.task, fitFor[step.do]) };
  }
}

const fitFor: Readonly<Record<"fetch" | "resume" | "cancel" | "delete", (task: ModelTask) => boolean>> = {
  fetch: () => true,
  resume: ({ status }) => status === "Failed" || status === "Killed" || status === "Running",
  cancel: ({ status }) => status !== "Done" && status !== "Killed",
  delete: (task) => !isLeased(task),
};

function report(q: ModelQueue, { sender, say }: Extract<Step, { do: "events" }>): Call | null {
  const events = eventsOf(q, say);
  const [first] = events;
  if (!first) return null;
  const owner = q.allLeases.find(({ lease }) => lease === first.lease);
  const session = q.allSessions.find((one) => one.session === owner?.session);
  if (sender === "nobody" || !session) return { verb: "events", events };
  if (sender === "worker") return { verb: "events", worker: session.worker, events };
  if (sender === "owner") return { verb: "events", session: session.session, events };
  return { verb: "events", ...(q.allSessions.findLast((one) => one !== session) ?? session), events };
}

function eventsOf(q: ModelQueue, say: readonly Say[]): Event[] {
  return say.flatMap(({ lease: pick, own, event }) => {
    const live = (each: { id: string; lease: string }) => q.tasks.get(each.id)?.lease === each.lease;
    const chosen = one(q.allLeases, pick, live);
    const meant = chosen ?? q.allLeases[pick.n % Math.max(1, q.allLeases.length)];
    if (!meant) return [];
    const held = chosen ?? { ...meant, lease: otherwise(meant.lease, 0) };
    const id = own ? held.id : (q.allIds.find((other) => other !== held.id) ?? held.id);
    // What is said is told apart by when it was said.
    const progress = event.type === "progress" ? { progress: { at: q.now } } : {};
    return [{ ...event, ...progress, id, lease: held.lease } as Event];
  });
}

/** Mostly of this worker, and its present one; now and then whatever there is. */
function sessionOf(q: ModelQueue, pick: Choice, worker: string): string | undefined {
  const own = q.allSessions.filter((each) => each.worker === worker);
  if (pick.of === "fit") return q.presentSession(worker)?.token;
  return one(pick.of === "any" ? q.allSessions : own, pick, () => true)?.session ?? guess(own, pick);
}

function idOf(q: ModelQueue, pick: Choice, fits: (task: ModelTask) => boolean): string {
  if (pick.of === "nothing") return otherwise(q.allIds[pick.n % Math.max(1, q.allIds.length)] ?? NO_ID, -1);
  return (
    one(q.allIds, pick, (id) => {
      const task = q.tasks.get(id);
      return task !== undefined && fits(task);
    }) ?? NO_ID
  );
}

const NO_ID = "00000000000000000000000000";

/** Names are told apart by what nobody can guess: this is one that was never given, though most of it is right. */
function otherwise(name: string, at: number): string {
  const place = at < 0 ? name.length + at : at;
  return name.slice(0, place) + (name[place] === "1" ? "2" : "1") + name.slice(place + 1);
}

const guess = (sessions: readonly { readonly session: string }[], { n }: Choice): string =>
  otherwise(sessions[n % Math.max(1, sessions.length)]?.session ?? "1-none", -1);

const RECENT = 6;

function one<T>(all: readonly T[], { of, n }: Choice, fits: (each: T) => boolean): T | undefined {
  if (of === "nothing") return undefined;
  const fitting = of === "fit" ? all.filter(fits) : [];
  const from = fitting.length > 0 ? fitting : of === "any" ? all : all.slice(-RECENT);
  return from[n % Math.max(1, from.length)];
}

/** Without the fields that are not given. */
const given = <T extends object>(fields: T): { [F in keyof T]?: Exclude<T[F], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
