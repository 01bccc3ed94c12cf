/** A poll: tasks now, or when there are some, or none when its time is over. */

import type { PollAnswer } from "../backend/poll-port.ts";
import type { PollInput } from "../protocol/types.ts";
import type { LeasedTaskView } from "../task/view.ts";
import type { Begun, Engine } from "./engine.ts";
import type { WaitingPoll } from "./polls.ts";
import { accepted } from "./refusal.ts";
import type { Claimed } from "./store.ts";
import { leasedValuesOf } from "./values.ts";

/** Rejects with the signal's reason when that fires while it waits; then it claims nothing. */
export async function poll(engine: Engine, input: PollInput, signal: AbortSignal): Promise<PollAnswer> {
  const { waitMs, ...rest } = input;
  // Who comes later than others goes to the end of the line.
  const isAlone = engine.polls.isEmpty;
  const begun = engine.begin((on) => engine.store.claim(on, { ...rest, max: isAlone ? input.max : 0 }));
  const isOver = !begun.result.ok || begun.result.value.tasks.length > 0 || (isAlone && waitMs === 0);
  if (isOver && begun.told) await begun.told;
  const { session, tasks, events } = accepted(begun.result);
  if (isOver) {
    return { session, events, tasks: tasks.map(leasedValuesOf) };
  }
  const waiting = engine.polls.add({ worker: input.worker, session, max: input.max, autoStart: input.autoStart });
  if (waitMs > 0) waiting.hold(engine.clock, waitMs, signal);
  else {
    engine.deliver();
    waiting.end([]);
  }
  return { session, events, tasks: await served(waiting, begun) };
}

async function served(waiting: WaitingPoll, { told }: Begun<Claimed>): Promise<readonly LeasedTaskView<unknown>[]> {
  try {
    const [tasks] = await Promise.all([waiting.tasks, told]);
    return tasks;
  } catch (error) {
    waiting.fail(error);
    throw error;
  }
}
