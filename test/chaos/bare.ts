/** What workers without the SDK have in common: who they are, and what they do with a task. */

import type { Dice } from "../support/dice.ts";
import { type Args, fateOf, type Snoozed, work } from "./dealings.ts";
import type { History } from "./history.ts";
import type { WireEvent } from "./wiretap.ts";

export interface BareOptions {
  readonly url: string;
  readonly queue: string;
  readonly worker: string;
  readonly history: History;
  readonly dice: Dice;
  readonly snoozed: Snoozed;
}

export interface WireTask {
  readonly id: string;
  readonly lease: string;
  readonly attempt: number;
  readonly args: Args;
}

/** Runs it. */
export function begun({ history, worker, dice }: BareOptions, { id, lease }: WireTask): Promise<void> {
  history.add({ type: "execution", worker, id, lease });
  return work(dice);
}

/** How it ended, for the wire. */
export function eventOf({ snoozed }: BareOptions, task: WireTask, isCounted: boolean): WireEvent {
  const { id, lease, args } = task;
  const attempt = isCounted ? task.attempt : task.attempt + 1;
  const fate = fateOf(args.mark, attempt, lease, snoozed);
  switch (fate.type) {
    case "ok":
      return { type: "ack", id, lease, result: { ok: fate.value } };
    case "err":
      return { type: "ack", id, lease, result: { err: "not yet", ...fate.retry } };
    case "abort":
      return { type: "ack", id, lease, result: { err: "given up", abort: true } };
    case "snooze":
      return { type: "snooze", id, lease, delayMs: fate.delayMs };
    default:
      return fate satisfies never;
  }
}
