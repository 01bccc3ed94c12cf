/** A target that is the code of another Worker: one call of its entrypoint for each batch. */

import { check } from "../protocol/validate.ts";
import type { HolderEvent } from "../task/task.ts";
import { answerSchema, type ConsumerAnswer, type ConsumerBatch, type ConsumerResult } from "./consumer-call.ts";
import type { ConsumerBinding, ConsumerSettings } from "./consumer-options.ts";
import { numbersOf } from "./numbers.ts";
import { setbackOf } from "./results.ts";
import { sentTask } from "./sent-task.ts";
import type { Delivery, Receipt, Target } from "./target.ts";

type Leased = Delivery["tasks"][number];

/** @param binding is asked for at each call: one that the code forgot is an error of the call, which says so */
export function consumerTarget(settings: ConsumerSettings, binding: () => ConsumerBinding): Target {
  return {
    worker: CONSUMER,
    ...numbersOf(settings),
    deliver: (delivery) => deliver(delivery, binding, settings.timeoutMs),
  };
}

/** Its name in lists of workers. */
const CONSUMER = "consumer";

async function deliver(delivery: Delivery, binding: () => ConsumerBinding, timeoutMs: number): Promise<Receipt> {
  const consumer = binding();
  if (typeof consumer?.consume !== "function") {
    throw new TypeError(
      `The consumer of the queue ${JSON.stringify(delivery.queue)} has no method \`consume\`: look at its binding in the Worker's configuration, and at \`entrypoint\`.`,
    );
  }
  const { signal } = delivery;
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => abort(), { once: true });
  try {
    const answer = await consumer.consume(batchOf(delivery, timeoutMs, () => aborted));
    return { events: eventsOf(delivery.tasks, answer) };
  } finally {
    // Whoever waits for it on the other side waits no longer.
    abort();
  }
}

const batchOf = ({ queue, tasks }: Delivery, timeoutMs: number, aborted: () => Promise<void>): ConsumerBatch => ({
  queue,
  deadline: Date.now() + timeoutMs,
  aborted,
  tasks: tasks.map((task) => ({
    ...sentTask(task),
    ...(task.timeoutMs === undefined ? {} : { timeoutMs: task.timeoutMs }),
  })),
});

function eventsOf(tasks: readonly Leased[], answer: unknown): HolderEvent[] {
  const checked = check(answerSchema, answer);
  if (!checked.ok) {
    throw new TypeError(`The consumer answered what is no list of results: ${checked.error.detail}`);
  }
  const results = new Map((checked.value as ConsumerAnswer).results.map((result) => [result.id, result]));
  return tasks.flatMap((task) => {
    const result = results.get(task.id);
    return result === undefined ? [] : [eventOf(task, result)];
  });
}

function eventOf(task: Leased, result: ConsumerResult): HolderEvent {
  const { logs } = result;
  if (!("ok" in result)) return setbackOf(task, result, logs);
  return { type: "ack", id: task.id, lease: task.lease, logs, result: jsonOf(result.ok) };
}

/** What is no JSON is a failure of its task, and of no other. */
function jsonOf(value: unknown): { ok: string } | { err: string } {
  try {
    return { ok: JSON.stringify(value ?? null) ?? "null" };
  } catch (error) {
    return { err: `The result cannot be written as JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}
