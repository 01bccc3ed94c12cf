/** What is asked for in parts, until all of it has come. */

import type { QueueInfo } from "./expose.ts";
import type { DirectoryPort } from "./port.ts";

/** Does work that is done in parts, until no more is left. @returns how many in all */
export async function inAll(part: () => Promise<{ readonly count: number; readonly more: boolean }>): Promise<number> {
  let total = 0;
  for (;;) {
    const { count, more } = await part();
    total += count;
    if (!more) return total;
  }
}

/** All queues, page by page. */
export async function everyQueue(directory: Pick<DirectoryPort, "queues">): Promise<QueueInfo[]> {
  const all: QueueInfo[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await directory.queues(cursor === undefined ? {} : { cursor });
    all.push(...page.queues);
    if (page.nextCursor === undefined) return all;
    cursor = page.nextCursor;
  }
}
