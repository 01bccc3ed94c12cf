/** What the holder of a lease may say, and what it is answered. */

import type { Status } from "../../../src/task/status.ts";
import type { AckResult, Event, EventAnswer } from "../port.ts";
import { same, Violation } from "../violation.ts";
import { countUnsaid, dueNow, failed, finish, giveBack, start } from "./moves.ts";
import type { ModelQueue } from "./queue.ts";
import type { ModelSession, ModelTask } from "./task.ts";

interface Due {
  readonly status?: Status;
  readonly refused?: string;
  /** Where the contract leaves it open. */
  readonly or?: Due;
}

/** Applies the events in order, and holds each answer against what is due. */
export function judgeEvents(
  q: ModelQueue,
  events: readonly Event[],
  answers: readonly EventAnswer[],
  owner: ModelSession | null,
): void {
  if (answers.length !== events.length) throw new Violation("each event has one answer");
  for (const [at, event] of events.entries()) {
    const due = say(q, event, owner);
    const answer = answers[at];
    const statusBefore = q.tasks.get(event.id)?.status;
    const options = [due, due.or].filter((one) => one !== undefined);
    if (!options.some((one) => fits(one, event, answer, statusBefore))) {
      const was = `${JSON.stringify(event)} was answered ${JSON.stringify(answer)}`;
      throw new Violation(`${was}, and not ${JSON.stringify(due)}`);
    }
  }
  q.costs.write();
}

function fits(
  { status, refused }: Due,
  { id }: Event,
  answer: EventAnswer | undefined,
  now: Status | undefined,
): boolean {
  if (answer?.id !== id) return false;
  if ("status" in answer) return answer.status === status;
  return answer.error.code === refused && same(answer.error.taskStatus, now);
}

function say(q: ModelQueue, event: Event, owner: ModelSession | null): Due {
  const task = q.tasks.get(event.id);
  if (!task) return { refused: "task_not_found" };
  if (task.lease !== event.lease) return again(task, event, owner);
  // A lease belongs to who claimed it.
  if (owner !== null && task.holder !== owner) return { refused: "lease_lost" };
  switch (event.type) {
    case "start":
      if (task.status === "Queued") start(q, task);
      return { status: "Running" };
    case "extend":
      if (task.status !== "Running") return { refused: "wrong_status" };
      q.touch(task);
      task.deadline = q.now + event.timeoutMs;
      return { status: "Running" };
    case "progress":
      q.touch(task);
      task.progress = event.progress;
      return { status: task.status };
    default:
      return end(q, task, event);
  }
}

type Ending = Extract<Event, { type: "ack" | "snooze" | "release" }>;

const isEnding = (event: Event): event is Ending => ["ack", "snooze", "release"].includes(event.type);

/** The same event of the lease that ended gets its first answer, until the task is claimed anew; any other is too late. */
function again({ ended }: ModelTask, event: Event, owner: ModelSession | null): Due {
  const lost = { refused: "lease_lost" };
  if (!isEnding(event) || ended === null || ended.lease !== event.lease || ended.kind !== event.type) return lost;
  const first = { status: ended.status };
  // Whether a session that is not the lease's own may ask again is not said.
  return owner === null || owner === ended.by ? first : { ...first, or: lost };
}

function end(q: ModelQueue, task: ModelTask, event: Ending): Due {
  const by = task.holder as ModelSession;
  if (event.type === "snooze") giveBack(q, task, "snoozed", q.now + event.delayMs);
  else if (event.type === "release") giveBack(q, task, "released", dueNow(q, task));
  else ack(q, task, event.result, event.logs);
  task.ended = { lease: event.lease, kind: event.type, status: task.status, by };
  return { status: task.status };
}

function ack(q: ModelQueue, task: ModelTask, result: AckResult, logs: readonly string[] | undefined): void {
  q.touch(task);
  countUnsaid(task);
  if ("ok" in result) {
    task.lastResult = { ok: result.ok };
    finish(q, task, "Done", { outcome: "done", logs });
  } else if (result.abort) finish(q, task, "Killed", { outcome: "killed", error: result.err, logs });
  else failed(q, task, { outcome: "failed", error: result.err, logs }, result.retryAfterMs);
}
