/** A poll over all partitions of a queue: one after the other from any of them on, until there is enough. */

import { MAX_BODY_BYTES } from "../limits.ts";
import { listText } from "../protocol/encode.ts";
import type { PollInput } from "../protocol/types.ts";
import { type Failure, ok, type Result } from "../task/result.ts";
import type { EventAnswer } from "../task/task.ts";
import { byteLength } from "../task/text.ts";
import { reportEvents } from "./events.ts";
import { partitionsOf, sum } from "./fan-out.ts";
import { release } from "./long-poll.ts";
import { callPartition, FIRST_PARTITION, layoutOf, type Reach, toldLayout } from "./objects.ts";

export interface Polled {
  readonly session: string;
  /** Leased tasks, as JSON texts. */
  readonly tasks: string[];
  readonly events: EventAnswer[];
}

/** Events first, then a claim, wherever there is something. It does not wait. */
export async function pollQueue(reach: Reach, queue: string, input: PollInput): Promise<Result<Polled>> {
  if (layoutOf(reach, queue).partitions === 1) return pollOne(reach, queue, FIRST_PARTITION, input);
  const { worker, session, events } = input;
  const known = session === undefined ? await introduced(reach, queue, worker) : ok({ session });
  if (!known.ok) return known;
  // A poll that names no session is given one, but its leases may be those of an older one.
  const sender = session === undefined ? {} : { worker, session };
  const reported = events.length === 0 ? ok({ events: [] }) : await reportEvents(reach, queue, { ...sender, events });
  if (!reported.ok) return reported;
  const claimed = await claim(reach, queue, { ...input, ...known.value, events: [] });
  if (!claimed.ok && (events.length === 0 || claimed.error.code === "worker_not_found")) return claimed;
  return ok({ ...known.value, tasks: claimed.ok ? claimed.value : [], events: reported.value.events });
}

const pollOne = (reach: Reach, queue: string, partition: number, input: PollInput): Promise<Result<Polled>> =>
  callPartition(reach, queue, partition, (stub) => stub.poll(input, ...toldLayout(reach, queue)));

const introduced = (reach: Reach, queue: string, worker: string): Promise<Result<{ session: string }>> =>
  callPartition(reach, queue, FIRST_PARTITION, (stub) => stub.introduce({ worker }, ...toldLayout(reach, queue)));

/** All partitions, from any of them on: none is the first too often. */
function rotation(reach: Reach, queue: string): number[] {
  const all = partitionsOf(reach, queue);
  const start = Math.floor(reach.timing.random() * all.length);
  return [...all.slice(start), ...all.slice(0, start)];
}

/** @returns the refusal, when nothing was claimed and the session may not claim, or no partition could be asked */
async function claim(reach: Reach, queue: string, input: PollInput): Promise<Result<string[]>> {
  const tasks: string[] = [];
  let bytes = 0;
  let answered = false;
  let refusal: Failure | undefined;
  for (const partition of rotation(reach, queue)) {
    if (tasks.length >= input.max || refusal?.code === "worker_not_found") break;
    const polled = await pollOne(reach, queue, partition, { ...input, max: input.max - tasks.length });
    if (!polled.ok) {
      refusal = polled.error;
      continue;
    }
    answered = true;
    const more = polled.value.tasks;
    bytes += sum(more.map(byteLength));
    if (tasks.length > 0 && bytes > MAX_BODY_BYTES) {
      await release(reach, queue, listText(more));
      break;
    }
    tasks.push(...more);
  }
  const isRefused = refusal !== undefined && (!answered || refusal.code === "worker_not_found");
  return isRefused && tasks.length === 0 && refusal ? { ok: false, error: refusal } : ok(tasks);
}
