/** A queue with one task of each kind, which hostile requests must leave as it is. */

import { expect } from "vitest";
import type { Task } from "../../../src/protocol/answers.ts";
import { formatId, parseId } from "../../../src/task/id.ts";
import type { Server } from "../../support/server.ts";
import { type Body, Queue } from "../contract/queue.ts";

export interface Scene {
  readonly server: Server;
  readonly queue: Queue;
  /** What `@name@` stands for in a corpus. */
  readonly names: ReadonlyMap<string, string>;
}

/** Arranges the queue: nothing in it changes by itself for a day. */
export async function arrange(server: Server, name: string): Promise<Scene> {
  const queue = new Queue(server, name);
  await queue.configure({ orphanAfterMs: 86_400_000, retention: { doneMs: null, killedMs: null } });
  const done = await queue.taskIn("Done", { idempotencyKey: "done" });
  const failed = await queue.taskIn("Failed");
  const killed = await queue.taskIn("Killed");
  const running = await queue.leased({ args: "running" }, { worker: "holder" });
  const { session } = await queue.poll({ worker: "holder", max: 1 });
  const packed = await queue.push({ args: "gaFhAQ==", codec: "msgpack", delayMs: 86_400_000 });
  const pending = await queue.push({ args: "control", idempotencyKey: "control", delayMs: 86_400_000 });
  const parts = parseId(pending);
  if (!parts) throw new Error("an id that is none");
  const names = {
    ...{ done: done.id, failed: failed.id, killed: killed.id, packed, pending, session },
    ...{ running: running.id, lease: running.lease, lower: pending.toLowerCase() },
    forged: formatId({ ...parts, random: parts.random ^ 1 }),
    elsewhere: formatId({ ...parts, partition: parts.partition + 1 }),
  };
  return { server, queue, names: new Map(Object.entries(names)) };
}

/** A text with its `@names@` filled in. */
export const filled = (text: string, { names }: Pick<Scene, "names">): string =>
  text.replaceAll(/@(\w+)@/g, (_, name: string) => {
    const value = names.get(name);
    if (value === undefined) throw new Error(`nothing in the queue is called ${name}`);
    return value;
  });

/** All that is stored of the queue. */
export async function stored({ queue }: Pick<Scene, "queue">): Promise<object> {
  const [listed, workers, stats] = await Promise.all([
    queue.get<{ tasks: Task[] }>("/tasks?limit=1000"),
    queue.get<{ workers: Body[] }>("/workers"),
    queue.get("/stats"),
  ]);
  expect([listed.status, workers.status, stats.status]).toEqual([200, 200, 200]);
  const { counts, config, partitions } = stats.body;
  return {
    tasks: listed.body.tasks,
    workers: workers.body.workers.map((worker) => ({ ...worker, heardAt: 0 })),
    ...{ counts, config, partitions },
  };
}
