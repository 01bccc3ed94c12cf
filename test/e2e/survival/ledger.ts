/** What handlers did, and what the queue says of it: nothing lost, nothing acknowledged twice. */

import { expect } from "vitest";
import { DurableBackend, http, socket, type Task, type Transport } from "../../../src/client/index.ts";

export const TRANSPORTS: Readonly<Record<string, (url: string) => Transport>> = {
  http: (url) => http({ url }),
  socket: (url) => socket({ url }),
};

let queues = 0;

/** A name that no other test has. */
export const queueName = (about: string): string => `${about}-${process.pid}-${queues++}`;

/** All tasks of a queue, page by page. */
export async function allTasks(backend: DurableBackend<unknown, unknown>): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await backend.listTasks({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
    tasks.push(...page.tasks);
    if (page.nextCursor === undefined) return tasks;
    cursor = page.nextCursor;
  }
}

/**
 * Holds a queue against what was pushed: each task is Done, with the value that its handler gave, and just one of its runs
 * was acknowledged. Read directly from the server, past any proxy.
 */
export async function expectAllDone(url: string, queue: string, ids: readonly string[]): Promise<void> {
  const backend = new DurableBackend<unknown, unknown>(queue, http({ url }));
  const tasks = await allTasks(backend);
  expect(tasks.map((task) => task.id).sort()).toEqual([...ids].sort());
  const wrong = tasks.filter((task) => {
    const done = task.runs.filter((run) => run.outcome === "done");
    return task.status !== "Done" || done.length !== 1;
  });
  expect(wrong).toEqual([]);
  const { counts } = await backend.fetchByQueue();
  expect(counts).toEqual({ Pending: 0, Queued: 0, Running: 0, Done: ids.length, Failed: 0, Killed: 0 });
}
