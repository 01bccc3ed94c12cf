/** `prinia list`: tasks of a queue, or of all. */

import { QueueBackend } from "../../backend/queue-backend.ts";
import type { Task } from "../../backend/task.ts";
import { MAX_PAGE } from "../../limits.ts";
import { integerOf } from "../arguments.ts";
import { JSON_ARG, SERVER_ARGS, transportOf } from "../client.ts";
import { command } from "../command.ts";
import { type Column, instant, print } from "../output.ts";
import { FILTER_ARGS, filterOf } from "./filter.ts";

/** The most that are asked for: whoever wants more has a program. */
const MOST = 1_000_000;

export const list = command({
  name: "list",
  description: "List tasks, newest first",
  args: {
    queue: { type: "positional", required: false, description: "The queue's name; all queues when left out" },
    ...FILTER_ARGS,
    key: { type: "string", valueHint: "text", description: "Only the one with this idempotency key" },
    oldest: { type: "boolean", description: "Oldest first" },
    limit: { type: "string", valueHint: "n", description: "At most so many; 20 when left out" },
    ...JSON_ARG,
    ...SERVER_ARGS,
  },
  run: async (args, terminal) => {
    const limit = integerOf(args.limit, "--limit", 1, MOST) ?? 20;
    const order = args.oldest ? "oldest" : "newest";
    const filter = {
      ...filterOf(args),
      ...(args.key === undefined ? {} : { idempotencyKey: args.key }),
      order,
    } as const;
    const transport = transportOf(args, terminal);
    const backend = new QueueBackend(args.queue ?? "all", transport);
    const tasks: Task[] = [];
    let cursor: string | undefined;
    do {
      const asked = { ...filter, limit: Math.min(limit - tasks.length, MAX_PAGE), cursor };
      const page = args.queue === undefined ? await backend.listAllTasks(asked) : await backend.listTasks(asked);
      tasks.push(...page.tasks);
      cursor = page.nextCursor;
    } while (cursor !== undefined && tasks.length < limit && !terminal.interrupted.aborted);
    const columns = args.queue === undefined ? [QUEUE, ...COLUMNS] : COLUMNS;
    print(terminal, tasks, { json: args.json === true, columns, none: "There are no such tasks." });
    if (!args.json && cursor !== undefined) terminal.err(`There are more: see --limit.`);
  },
});

const QUEUE: Column<Task> = { head: "QUEUE", of: ({ queue }) => queue, cut: true };

const COLUMNS: readonly Column<Task>[] = [
  { head: "ID", of: ({ id }) => id },
  { head: "STATUS", of: ({ status }) => status },
  { head: "TRIES", of: ({ attempt, maxAttempts }) => `${attempt}/${maxAttempts}`, right: true },
  { head: "PRIO", of: ({ priority }) => String(priority), right: true },
  { head: "DUE", of: ({ runAt }) => instant(runAt) },
  { head: "ARGS", of: ({ args }) => JSON.stringify(args), cut: true },
  { head: "LAST RESULT", of: resultOf, cut: true },
];

function resultOf({ lastResult }: Task): string {
  if (!lastResult) return "";
  return "ok" in lastResult ? JSON.stringify(lastResult.ok) : lastResult.err;
}
