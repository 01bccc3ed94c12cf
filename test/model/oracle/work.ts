/** What workers ask: polls, reports, signs of life, goodbyes. */

import type { Answer, CallOf, EventAnswer, LeasedTask } from "../port.ts";
import { must, same } from "../violation.ts";
import { given, refused } from "./answer.ts";
import { compare } from "./compare.ts";
import { judgeEvents } from "./holder.ts";
import { start } from "./moves.ts";
import type { ModelQueue } from "./queue.ts";
import { type ModelSession, type ModelTask, runAtOf } from "./task.ts";
import { hear, leave, open } from "./workers.ts";

/** The session that is spoken of; `null` where there is none such. */
function named(q: ModelQueue, { worker, session }: { worker?: string; session?: string }): ModelSession | null {
  const found = session === undefined ? q.presentSession(worker ?? "") : q.session(session);
  return found && (worker === undefined || found.worker === worker) ? found : null;
}

interface Polled {
  readonly session: string;
  readonly tasks: readonly LeasedTask[];
  readonly events: readonly EventAnswer[];
}

/** Events first, then a claim. A session that lost its name may not claim. */
export function judgePoll(q: ModelQueue, call: CallOf<"poll">, answer: Answer): void {
  const known = named(q, call);
  if (call.session !== undefined && (!known || known.superseded)) {
    refused(answer, ["worker_not_found"]);
    return;
  }
  const polled = given<Polled>(answer);
  const session = known ?? open(q, call.worker, polled.session);
  must(polled.session === session.token, "the poll goes by the present session", polled.session);
  judgeEvents(q, call.events, polled.events, call.session === undefined ? null : session);
  const due = q.config.paused ? [] : q.inOrder().slice(0, call.max);
  const [ids, dueIds] = [polled.tasks.map(({ id }) => id), due.map(({ id }) => id)];
  must(same(ids, dueIds), "(h) what is due is claimed, in order", { claimed: ids, due: dueIds });
  for (const [at, task] of due.entries()) claim(q, task, session, call.autoStart, polled.tasks[at] as LeasedTask);
  hear(q, session);
}

function claim(q: ModelQueue, task: ModelTask, session: ModelSession, autoStart: boolean, seen: LeasedTask): void {
  const { lease, ...view } = seen;
  must(!q.allLeases.some((one) => one.lease === lease), "(i) a lease is new at every claim", seen);
  must(task.lease === null && runAtOf(task) <= q.now, "(a) a task has one live lease", seen);
  q.move(task, "Queued");
  Object.assign(task, { lease, holder: session, lockAt: q.now, ended: null });
  if (autoStart) start(q, task);
  q.allLeases.push({ id: task.id, lease, session: session.token });
  compare(task, view, q);
}

/** The lease is right enough; a sender that is named must be true, and has given a sign of life. */
export function judgeReport(q: ModelQueue, call: CallOf<"events">, answer: Answer): void {
  const isNamed = call.worker !== undefined || call.session !== undefined;
  const sender = isNamed ? named(q, call) : null;
  if (isNamed && !sender) {
    refused(answer, ["worker_not_found"]);
    return;
  }
  if (sender) hear(q, sender);
  const { events } = given<{ events: readonly EventAnswer[] }>(answer);
  judgeEvents(q, call.events, events, call.session === undefined ? null : sender);
}

export function judgeHeartbeat(q: ModelQueue, call: CallOf<"heartbeat">, answer: Answer): void {
  const session = named(q, call);
  if (!session) {
    refused(answer, ["worker_not_found"]);
    return;
  }
  hear(q, session);
  const { orphanAfterMs } = given<{ orphanAfterMs: number }>(answer);
  must(orphanAfterMs === q.config.orphanAfterMs, "the deadline is told", answer);
}

export function judgeGoodbye(q: ModelQueue, call: CallOf<"goodbye">, answer: Answer): void {
  const session = named(q, call);
  if (!session) {
    refused(answer, ["worker_not_found"]);
    return;
  }
  const released = leave(q, session);
  must(given<{ released: number }>(answer).released === released, `${released} go back unburned`, answer);
}
