/** What cases of handlers have in common. */

import type { Handler } from "../../../src/backend/layer.ts";
import type { Task } from "../../../src/backend/task.ts";
import { leased, type Status } from "./arrange.ts";
import type { Bench } from "./bench.ts";
import { until } from "./expecting.ts";

export const BACKEND = ["Backend"] as const;
export type Stage = Bench<"Backend">;

/** Runs a handler on a fresh task, and gives the task once it has the status. */
export async function ran(
  bench: Stage,
  handler: Handler<unknown, unknown>,
  status: Status,
  task: object = {},
): Promise<Task> {
  const consumer = bench.consumer();
  const claimed = await leased(bench, { args: { n: 1 }, ...task }, consumer);
  await consumer.run(claimed, handler);
  return until(bench, claimed.id, status);
}

export const raise = (error: unknown) => () => {
  throw error;
};
