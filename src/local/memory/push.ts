/** push: new tasks, all or none. */

import { newState } from "../../task/draft.ts";
import { formatId } from "../../task/id.ts";
import type { NewTask, Pushed } from "../../task/task.ts";
import type { MemoryTask } from "./task.ts";
import type { Memory } from "./work.ts";

/** A task whose idempotency key is held answers the holder's id; so does the second of one batch. */
export function push(memory: Memory, tasks: readonly NewTask[], now: number): Pushed[] {
  const { numbers } = memory;
  const createdAt = Math.max(now, memory.lastMs);
  const chance = memory.chance.bits30(tasks.length);
  const first = memory.nextSeq;
  const pushed = tasks.map((task, index): Pushed => {
    const holder = memory.keys.holder(task);
    if (holder) return { id: holder.id, status: holder.state.status, created: false };
    const { id, state } = add(memory, task, { createdAt, random: chance[index] ?? 0, now });
    return { id, status: state.status, created: true };
  });
  memory.isUsed = true;
  const count = memory.nextSeq - first;
  if (count === 0) return pushed;
  memory.lastMs = createdAt;
  numbers.pushed(count, now);
  return pushed;
}

interface Birth {
  readonly createdAt: number;
  readonly random: number;
  readonly now: number;
}

function add(memory: Memory, task: NewTask, { createdAt, random, now }: Birth): MemoryTask {
  const { defaults } = memory.config;
  const seq = memory.nextSeq++;
  const added: MemoryTask = {
    seq,
    id: formatId({ ms: createdAt, partition: 0, seq, random }),
    createdAt,
    groupKey: task.groupKey,
    codec: task.codec === undefined || task.codec === "json" ? null : task.codec,
    idempotencyKey: task.idempotencyKey,
    idempotencyUntil: (task.idempotencyKey === undefined ? undefined : task.idempotencyUntil) ?? "gone",
    state: newState(task, defaults, now),
    priority: task.priority ?? defaults.priority,
    args: task.args,
    meta: task.meta ?? {},
    holder: null,
    runs: [],
    result: null,
    progress: null,
    revision: 1,
    slot: -1,
    heap: null,
    gone: false,
  };
  memory.tasks.add(added);
  memory.keys.settle(added);
  memory.places.put(added, now);
  memory.numbers.moved(null, added.state.status, now);
  return added;
}
