/** Driver: the QueueObject itself, inside workerd, called as the router calls it. */

import { runInDurableObject } from "cloudflare:test";
import type { QueueObject } from "../../../src/index.ts";
import type { BulkInput, PollInput } from "../../../src/protocol/types.ts";
import type { Result } from "../../../src/task/result.ts";
import {
  type Answer,
  type Call,
  type CallOf,
  holderEvent,
  type SeenTask,
  type Sight,
  type System,
} from "../../model/port.ts";
import type { Lab } from "../object/lab.ts";
import { sightOf, WorkerdSystem } from "./workerd.ts";

export const openObject = (): Promise<System> =>
  WorkerdSystem.open((lab) => ({
    together: (calls) =>
      inside(lab, async (queue, storage) => {
        const answers = await Promise.all(calls.map((call) => answerOf(queue, call)));
        return { answers, sight: await see(queue, storage) };
      }),
    look: () => inside(lab, see),
  }));

const inside = <T>(lab: Lab, work: (queue: QueueObject, storage: DurableObjectStorage) => Promise<T>): Promise<T> =>
  runInDurableObject(lab.stub, (queue, { storage }) => work(queue, storage));

async function see(queue: QueueObject, storage: DurableObjectStorage): Promise<Sight> {
  const [page, stats, workers] = [await queue.list(EVERYTHING), await queue.stats(), await queue.workers()];
  const tasks = reading(page).tasks.map(parsed<SeenTask>);
  return sightOf(tasks, reading(stats), reading(workers).workers, await storage.getAlarm());
}

const EVERYTHING = { order: "oldest", limit: 1_000 } as const;

function reading<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`a reading was refused: ${result.error.detail}`);
  return result.value;
}

const parsed = <T>(text: string): T => JSON.parse(text) as T;

/** A result as an answer, its texts as values. */
async function answer<T>(result: Promise<Result<T>>, read: (value: T) => unknown = (value) => value): Promise<Answer> {
  const { ok, value, error } = (await result) as { ok: boolean; value: T; error: Extract<Answer, { ok: false }> };
  if (ok) return { ok, value: read(value) };
  const { code, taskStatus, path } = error;
  return { ok, code, ...(taskStatus ? { taskStatus } : {}), ...(path === undefined ? {} : { path }) };
}

const text = (value: unknown): string => JSON.stringify(value);

function answerOf(queue: QueueObject, call: Call): Promise<Answer> {
  switch (call.verb) {
    case "push": {
      const tasks = call.tasks.map((task) => ({ ...task, args: text(task.args) }));
      return answer(queue.push(tasks), (pushed) => ({ tasks: pushed }));
    }
    case "poll":
    case "events":
    case "register":
    case "heartbeat":
    case "goodbye":
      return work(queue, call);
    case "update": {
      const { args, ...patch } = call.patch;
      const changes = args === undefined ? patch : { ...patch, args: text(args) };
      return answer(queue.update({ id: call.id, patch: changes }), parsed);
    }
    case "configure":
      return answer(queue.configure(call.change as Parameters<QueueObject["configure"]>[0]));
    case "bulk": {
      const { verb: _, of, ...order } = call;
      return answer(queue.bulk({ verb: of, ...order } as BulkInput));
    }
    default:
      return ask(queue, call);
  }
}

function work(queue: QueueObject, call: CallOf<"poll" | "events" | "register" | "heartbeat" | "goodbye">) {
  switch (call.verb) {
    case "poll": {
      const { verb: _, events, ...rest } = call;
      const input: PollInput = { ...rest, waitMs: 0, events: events.map(holderEvent) };
      return answer(queue.poll(input), ({ tasks, ...polled }) => ({ ...polled, tasks: tasks.map(parsed) }));
    }
    case "events": {
      const { verb: _, events, ...sender } = call;
      return answer(queue.events({ ...sender, events: events.map(holderEvent) }));
    }
    case "register":
      return answer(queue.register({ worker: call.worker, layers: [] }));
    default:
      return call.verb === "heartbeat" ? answer(queue.heartbeat(call)) : answer(queue.goodbye(call));
  }
}

type Asked = Exclude<
  Call,
  CallOf<"push" | "poll" | "events" | "register" | "heartbeat" | "goodbye" | "update" | "configure" | "bulk">
>;

function ask(queue: QueueObject, call: Asked): Promise<Answer> {
  switch (call.verb) {
    case "fetch":
      return answer(queue.task(call.id), parsed);
    case "resume":
      return answer(queue.resume(call.id));
    case "cancel":
      return answer(queue.cancel(call.id));
    case "delete":
      return answer(queue.remove(call.id));
    case "reschedule":
      return answer(queue.reschedule(call), parsed);
    case "vacuum":
      return answer(queue.vacuum(call));
    case "purge":
      return answer(queue.purge());
    case "drop":
      return answer(queue.drop(call));
    case "resumeAbandoned":
      return answer(queue.resumeAbandoned());
    case "list":
      return answer(queue.list(call.query), ({ tasks, ...page }) => ({ ...page, tasks: tasks.map(parsed) }));
    case "status":
      return answer(queue.status(call.ids), ({ results, ...rest }) => ({ ...rest, results: results.map(parsed) }));
    default:
      return call satisfies never;
  }
}
