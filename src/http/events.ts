/** Events of holders, each to the partition of its task, and the answers in the order in which they came. */

import type { EventsInput } from "../protocol/types.ts";
import { taskNotFound } from "../task/refusals.ts";
import { refusedEvent } from "../task/report.ts";
import { fail, ok, type Result } from "../task/result.ts";
import type { EventAnswer } from "../task/task.ts";
import { aFewAtATime } from "./fan-out.ts";
import { callPartition, FIRST_PARTITION, layoutOf, partitionOfId, type Reach } from "./objects.ts";

type Answered = Result<{ events: EventAnswer[] }>;

/** @returns `worker_not_found` when the sender is named and not known; then nothing was applied */
export async function reportEvents(reach: Reach, queue: string, input: EventsInput): Promise<Answered> {
  const report = (partition: number, part: EventsInput) =>
    callPartition(reach, queue, partition, (stub) => stub.events(part));
  if (layoutOf(reach, queue).partitions === 1) return report(FIRST_PARTITION, input);
  const { events, ...sender } = input;
  const places = Map.groupBy(events.keys(), (at) => partitionOfId(reach, queue, events[at]?.id ?? ""));
  const strangers = places.get(null) ?? [];
  places.delete(null);
  // Whoever says who they are must be right, though all their tasks be unknown.
  if (places.size === 0 && (sender.worker !== undefined || sender.session !== undefined))
    places.set(FIRST_PARTITION, []);
  const parts = [...places].flatMap(([partition, own]) => (partition === null ? [] : [{ partition, own }]));
  const eventsAt = (own: readonly number[]) => own.flatMap((at) => events[at] ?? []);
  const answers = await aFewAtATime(parts, ({ partition, own }) =>
    report(partition, { ...sender, events: eventsAt(own) }),
  );
  const known = answers.some((answer) => answer.ok);
  const all: EventAnswer[] = [];
  for (const [index, { partition, own }] of parts.entries()) {
    let answer = answers[index] ?? fail("internal", "No answer came.");
    // One partition knows the sender, so the others may take its word: the leases are right enough.
    if (known && !answer.ok && answer.error.code === "worker_not_found")
      answer = await report(partition, { events: eventsAt(own) });
    if (!answer.ok) return answer;
    for (const [place, at] of own.entries()) {
      const one = answer.value.events[place];
      if (one) all[at] = one;
    }
  }
  for (const at of strangers) {
    const id = events[at]?.id ?? "";
    all[at] = refusedEvent(id, taskNotFound(id).error);
  }
  return ok({ events: all });
}
