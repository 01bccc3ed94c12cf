/** A call to a target, to its end: whatever happens, each of its tasks has an end. */

import { errorText } from "../task/errors.ts";
import type { HolderEvent } from "../task/task.ts";
import type { Delivery, Receipt, Target } from "./target.ts";

/** What a target made of a call, with exactly one end for each task. */
export interface Settled {
  readonly events: readonly HolderEvent[];
  readonly restMs?: number | undefined;
}

/** Never rejects. A call whose signal has fired is over, whatever becomes of it. */
export async function settled(target: Target, delivery: Delivery): Promise<Settled> {
  try {
    const receipt = await untilAborted(target, delivery);
    return { events: delivery.tasks.map(endIn(receipt, target)), restMs: receipt.restMs };
  } catch (error) {
    return { events: delivery.tasks.map(failing(errorText(error))) };
  }
}

function untilAborted(target: Target, delivery: Delivery): Promise<Receipt> {
  const { signal } = delivery;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const done = () => signal.removeEventListener("abort", abort);
    const called = async () => target.deliver(delivery);
    called().then(resolve, reject).finally(done);
  });
}

type Leased = Delivery["tasks"][number];

const endIn = ({ events }: Receipt, { worker }: Target) => {
  const ends = new Map(events.map((event) => [event.lease, event]));
  return (task: Leased): HolderEvent =>
    ends.get(task.lease) ??
    failing(`${worker} did not say what became of this task: its answer has no result for it`)(task);
};

const failing =
  (err: string) =>
  ({ id, lease }: Leased): HolderEvent => ({ type: "ack", id, lease, result: { err } });
