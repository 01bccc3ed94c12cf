/** Pushes: those that come together, over calls and sockets alike, are one insert. */

import { MAX_BATCH, MAX_FRAME_CHARACTERS } from "../limits.ts";
import { serverFrameText } from "../protocol/server-frames.ts";
import { push } from "../store/push.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { NewTask, Pushed } from "../task/task.ts";
import type { Kind } from "./commit.ts";
import type { Connection } from "./connection.ts";
import { hand, room } from "./delivery.ts";
import type { Desk } from "./desk.ts";
import type { Step } from "./step.ts";

/** One batch. */
export interface PushOrder {
  readonly tasks: readonly NewTask[];
  /** Whose frame it is; nothing for a call, which is answered by what the job returns. */
  readonly from?: { readonly connection: Connection; readonly ref: string };
}

export type Pushes = Kind<PushOrder, Result<Pushed[]>>;

/** Pushes batches in order, as if they were one; each is answered by itself. */
export const pushesOf = (desk: Desk): Pushes => ({
  run(step, orders) {
    const live = new Set(orders.filter(({ from }) => !from || step.admits(from.connection, from.ref)));
    const pushed =
      live.size === 0
        ? ok([])
        : pushInto(
            desk,
            step,
            [...live].flatMap(({ tasks }) => tasks),
          );
    let at = 0;
    return orders.map((order) => {
      if (!live.has(order)) return fail("unauthorized", "The token has ended.");
      const answer = pushed.ok ? ok(pushed.value.slice(at, at + order.tasks.length)) : pushed;
      at += order.tasks.length;
      tell(step, order, answer);
      return answer;
    });
  },
  /** As many as one batch may hold, and one frame can carry to who waits for them. */
  fitting(orders) {
    let tasks = 0;
    let characters = 0;
    const end = orders.findIndex((order) => {
      tasks += order.tasks.length;
      for (const { args } of order.tasks) characters += args.length;
      return tasks > MAX_BATCH || characters > MAX_FRAME_CHARACTERS;
    });
    return end < 0 ? orders.length : end;
  },
});

/** Pushes, and hands to whoever waits. */
export function pushInto(desk: Desk, step: Step, tasks: readonly NewTask[]): Result<Pushed[]> {
  desk.partition.open();
  const takers = step.tx.config.paused ? [] : room(step, desk.connections).takers;
  const pushed = push(step.tx, tasks, takers);
  if (!pushed.ok) return pushed;
  hand(step, desk.connections, pushed.value.deliveries);
  return ok(pushed.value.pushed);
}

function tell(step: Step, { from }: PushOrder, answer: Result<Pushed[]>): void {
  if (!from) return;
  const { connection, ref } = from;
  if (answer.ok) step.send(connection, serverFrameText({ type: "answer", ref, tasks: answer.value }));
  else step.refuse(connection, answer.error, ref);
}
