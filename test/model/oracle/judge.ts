/** Holds an answer against the model, which moves on as the call says. Refusals change nothing. */

import type { Answer, Call, CallOf } from "../port.ts";
import { must } from "../violation.ts";
import { given, refused } from "./answer.ts";
import { compare } from "./compare.ts";
import { bulk, purge, vacuum } from "./many.ts";
import { judgePush } from "./push.ts";
import type { ModelQueue } from "./queue.ts";
import { judgeConfig, judgeList, judgeStatus } from "./reads.ts";
import { isLeased, type ModelTask } from "./task.ts";
import { cancel, remove, reschedule, resume, update, updateRefusals } from "./verbs.ts";
import { judgeGoodbye, judgeHeartbeat, judgePoll, judgeReport } from "./work.ts";
import { open, sweep } from "./workers.ts";

type Rules = { readonly [V in Call["verb"]]: (q: ModelQueue, call: CallOf<V>, answer: Answer) => void };

const RULES: Rules = {
  push: (q, call, answer) => judgePush(q, call, given(answer)),
  poll: judgePoll,
  events: judgeReport,
  register: (q, call, answer) => open(q, call.worker, given<{ session: string }>(answer).session),
  heartbeat: judgeHeartbeat,
  goodbye: judgeGoodbye,
  fetch: (q, call, answer) => byId(q, call.id, answer, (task) => compare(task, given(answer), q)),
  resume: (q, call, answer) => byId(q, call.id, answer, (task) => told(answer, { resumed: resume(q, task) })),
  cancel: (q, call, answer) => byId(q, call.id, answer, (task) => told(answer, { cancelled: cancel(q, task) })),
  delete: (q, call, answer) => byId(q, call.id, answer, (task) => judgeDelete(q, task, answer)),
  reschedule: (q, call, answer) => byId(q, call.id, answer, (task) => judgeReschedule(q, task, call, answer)),
  update: (q, call, answer) => byId(q, call.id, answer, (task) => judgeUpdate(q, task, call, answer)),
  bulk: (q, call, answer) => bulk(q, call, given(answer)),
  vacuum: (q, call, answer) => vacuum(q, call, given(answer)),
  purge: (q, _, answer) => purge(q, given(answer)),
  resumeAbandoned: (q, _, answer) => told(answer, { resumed: sweep(q) }),
  drop: (q, call, answer) => judgeDrop(q, call.force, answer),
  configure: (q, call, answer) => judgeConfig(q, call.change, given(answer)),
  list: (q, call, answer) => judgeList(q, call, given(answer)),
  status: (q, call, answer) => judgeStatus(q, call.ids, given(answer)),
};

/** @throws Violation when the answer is another than the contract's */
export function judge(q: ModelQueue, call: Call, answer: Answer): void {
  const rule = RULES[call.verb] as (q: ModelQueue, call: Call, answer: Answer) => void;
  rule(q, call, answer);
}

function byId(q: ModelQueue, id: string, answer: Answer, rule: (task: ModelTask) => void): void {
  const task = q.tasks.get(id);
  if (task) rule(task);
  else refused(answer, ["task_not_found"]);
}

/** The answer is just this. */
function told(answer: Answer, due: Readonly<Record<string, unknown>>): void {
  const shown = given<Readonly<Record<string, unknown>>>(answer);
  for (const [field, value] of Object.entries(due)) must(shown[field] === value, `${field} is ${value}`, answer);
}

/** As never used; while something is leased only by force. */
function judgeDrop(q: ModelQueue, force: boolean, answer: Answer): void {
  if (!force && q.oldestFirst().some(isLeased)) refused(answer, ["wrong_status"]);
  else {
    given(answer);
    q.forget();
  }
}

function judgeDelete(q: ModelQueue, task: ModelTask, answer: Answer): void {
  if (remove(q, task)) given(answer);
  else refused(answer, ["wrong_status"], task);
}

function judgeReschedule(q: ModelQueue, task: ModelTask, call: CallOf<"reschedule">, answer: Answer): void {
  const isAllowed = reschedule(q, task, call.runAt ?? q.now + (call.delayMs ?? 0));
  if (isAllowed) compare(task, given(answer), q);
  else refused(answer, ["wrong_status"], task);
}

function judgeUpdate(q: ModelQueue, task: ModelTask, { patch }: CallOf<"update">, answer: Answer): void {
  const refusals = updateRefusals(q, task, patch);
  if (refusals.length > 0) refused(answer, refusals, task);
  else {
    update(q, task, patch);
    compare(task, given(answer), q);
  }
}
