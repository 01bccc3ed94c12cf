/** All queues of one place in this process. */

import type { Filter, QueueInfo, RunningWorker, Totals } from "../backend/expose.ts";
import type { DirectoryPort, TaskViewPage } from "../backend/port.ts";
import { decodeCursor, encodeCursor } from "../protocol/cursor.ts";
import { PriniaError } from "../task/errors.ts";
import { totalsOf } from "../task/totals.ts";
import type { TaskView } from "../task/view.ts";
import { listInput, pageInput } from "./inputs.ts";
import type { LocalQueue } from "./queue.ts";
import { accepted } from "./refusal.ts";

/** Nothing is reported or remembered: the queues are asked, in the order of their names. */
export class LocalDirectory implements DirectoryPort {
  readonly #queues: () => readonly LocalQueue[];

  constructor(queues: () => readonly LocalQueue[]) {
    this.#queues = queues;
  }

  async queues(page: { readonly limit?: number | undefined; readonly cursor?: string | undefined }): Promise<{
    readonly queues: readonly QueueInfo[];
    readonly nextCursor?: string;
  }> {
    const { limit, cursor } = pageInput(page);
    const after = cursor === undefined ? undefined : accepted(decodeCursor(cursor)).queue;
    const following = (await this.#infos()).filter(({ name }) => after === undefined || name > after);
    const queues = following.slice(0, limit);
    const last = queues.at(-1);
    if (!last || following.length === queues.length) return { queues };
    return { queues, nextCursor: encodeCursor({ queue: last.name }) };
  }

  /** Queue by queue. */
  async tasks(filter: Filter): Promise<TaskViewPage> {
    const { limit, cursor, ...rest } = listInput(filter);
    const from = cursor === undefined ? undefined : accepted(decodeCursor(cursor));
    const tasks: TaskView<unknown>[] = [];
    let before = from?.queue;
    for (const queue of this.#sorted()) {
      const inside = queue.queue === from?.queue ? from.inside : undefined;
      if (from !== undefined && inside === undefined && queue.queue <= from.queue) continue;
      if (before !== undefined && tasks.length === limit) return { tasks, nextCursor: encodeCursor({ queue: before }) };
      const page = await queue.list({ ...rest, limit: limit - tasks.length, cursor: inside });
      tasks.push(...page.tasks);
      const { nextCursor } = page;
      if (nextCursor !== undefined) {
        return { tasks, nextCursor: encodeCursor({ queue: queue.queue, inside: nextCursor }) };
      }
      before = queue.queue;
    }
    return { tasks };
  }

  async workers(): Promise<readonly RunningWorker[]> {
    return (await Promise.all(this.#sorted().map((queue) => queue.workers()))).flat();
  }

  async stats(): Promise<Totals> {
    return totalsOf(await this.#infos());
  }

  #sorted(): LocalQueue[] {
    return [...this.#queues()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  async #infos(): Promise<QueueInfo[]> {
    return (await Promise.all(this.#sorted().map(infoOf))).flat();
  }
}

/** None of a queue that was never used. */
async function infoOf(queue: LocalQueue): Promise<QueueInfo[]> {
  try {
    return [await queue.info()];
  } catch (error) {
    if (error instanceof PriniaError && error.code === "queue_not_found") return [];
    throw error;
  }
}
